-- One row a line of a linked component and factor of the component that multiplies it, in the order of the plan, or one
-- with the sum of several; no row for a factor of 1. A line whose factor is unknown has a held row.
{%- set lines = lines_after_effects('int_pay_linked_gated_lines', 'gated_amount', ['int_pay_linked_limits_before']) %}
{{ multiplied_effects(lines, 'int_pay_linked_multiplier_factors', slice_order('component_multipliers')) }}
