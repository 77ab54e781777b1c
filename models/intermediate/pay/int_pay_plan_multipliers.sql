-- One row a line and factor of its plan that multiplies it, in the order of the plan, or one with the sum of several;
-- no row for a factor of 1. A line whose factor is unknown has a held row.
{%- set lines = lines_after_effects('int_pay_plan_gated_lines', 'gated_amount', []) %}
{{ multiplied_effects(lines, 'int_pay_plan_multiplier_factors', slice_order('plan_multipliers')) }}
