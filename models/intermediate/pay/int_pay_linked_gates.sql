-- One row a line of a linked component that the component's gate changes: what of it is locked, what an opening
-- releases of an earlier line, and what a closing takes back of it.
{{ gated_effects('int_pay_links', 'linked_amount', 'component', slice_order('component_gate')) }}
