-- One row a line that the gate of its component changes: what of it is locked, what an opening releases of an earlier
-- line, and what a closing takes back of it.
{{ gated_effects('int_pay_ruled_lines', 'curve_amount', 'component', slice_order('component_gate')) }}
