-- One row a line and factor of its component that multiplies it, in the order of the plan, or one with the sum of
-- several; no row for a factor of 1. A line whose factor is unknown has a held row. Limits that apply before
-- multipliers come before these.
{%- set lines = lines_after_effects('int_pay_gated_lines', 'gated_amount', ['int_pay_limits_before']) %}
{{ multiplied_effects(lines, 'int_pay_multiplier_factors', slice_order('component_multipliers')) }}
