-- One row a line of a linked component and multiplier of the component that applies to it, with its factor; NULL while
-- it is unknown.
{{ factors_of_lines('int_pay_linked_gated_lines', 'component') }}
