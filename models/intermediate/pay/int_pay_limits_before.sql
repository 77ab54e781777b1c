-- One row a line and limit before multipliers that changes it: what accumulated pay is worth under it, less what it was
-- worth before the line. A held line has a held row.
{{
    limited_effects(
        'int_pay_gated_lines', 'gated_amount', [], steps_of_limits('before_multipliers'),
        slice_order('component_limits_before')
    )
}}
