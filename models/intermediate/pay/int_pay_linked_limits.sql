-- One row a line of a linked component and limit of the component that changes it.
{{
    limited_effects(
        'int_pay_linked_gated_lines', 'gated_amount', ['int_pay_linked_limits_before', 'int_pay_linked_multipliers'],
        steps_of_limits('after_multipliers'), slice_order('component_limits')
    )
}}
