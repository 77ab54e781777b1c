-- One row a line and limit of its component that changes it, in the order event, period, window, year: what accumulated
-- pay is worth under the limit, less what it was worth before the line. The event that reaches a cap gets the rest,
-- later ones nothing, and a return first gives back what lay above.
{{
    limited_effects(
        'int_pay_gated_lines', 'gated_amount', ['int_pay_limits_before', 'int_pay_multipliers'],
        steps_of_limits('after_multipliers'), slice_order('component_limits')
    )
}}
