-- One row a line and limit of its plan that changes it, of the pay period and then of the year: what pay accumulated
-- across the plan's components is worth under the limit, less what it was worth before the line.
{{
    limited_effects(
        'int_pay_plan_gated_lines', 'gated_amount', ['int_pay_plan_multipliers'], steps_of_limits('plan'),
        slice_order('plan_limits')
    )
}}
