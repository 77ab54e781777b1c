-- One row a line that the gate of its plan changes, after the limits of its component: what of it is locked, what an
-- opening releases of an earlier line, and what a closing takes back of it.
{{ gated_effects('int_pay_limited_lines', 'limited_amount', 'plan', slice_order('plan_gate')) }}
