-- One row a line of a component or plan with rules, after its component's gate; lines that a gate releases or takes
-- back are here.
{{ lines_after_gates('int_pay_ruled_lines', 'curve_amount', 'int_pay_gates') }}
