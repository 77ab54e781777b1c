-- One row a line of a plan with rules of its own, after its gate; lines that it releases or takes back are here.
{{ lines_after_gates('int_pay_limited_lines', 'limited_amount', 'int_pay_plan_gates') }}
