-- One row a line of a linked component and limit before multipliers that changes it.
{{
    limited_effects(
        'int_pay_linked_gated_lines', 'gated_amount', [], steps_of_limits('before_multipliers'),
        slice_order('component_limits_before')
    )
}}
