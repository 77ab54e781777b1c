-- One row a line of a linked component, after the component's gate; lines that it releases or takes back are here.
{{ lines_after_gates('int_pay_links', 'linked_amount', 'int_pay_linked_gates') }}
