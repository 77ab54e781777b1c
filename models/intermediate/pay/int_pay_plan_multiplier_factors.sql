-- One row a line and multiplier of its plan that applies to it, with its factor; NULL while it is unknown.
{{ factors_of_lines('int_pay_plan_gated_lines', 'plan') }}
