{#-
    The id of a credit: its event, who receives it by which component, and the kind of credit. None of the parts is ever
    NULL: so concat says the same as ||, and writes one text where each || would write another.

    Args: receiver: what `receiver_code` says of the enrolment, best made where rows are few.
-#}
{%- macro credit_id(event_kind, event_id, receiver, credit_kind) -%}
    concat({{ event_kind }}, ':', {{ event_id }}, ':', {{ receiver }}, ':', {{ credit_kind }})
{%- endmacro -%}

{#- The id of the credit of the sale that a reversal takes back; NULL where nobody knows the sale. -#}
{%- macro sale_credit_id(event_kind, origin_event_id, receiver, credit_kind) -%}
    case {{ event_kind }} when 'margin_reversal' then 'margin:' else 'invoice:' end
    || {{ origin_event_id }} || ':' || {{ receiver }} || ':' || {{ credit_kind }}
{%- endmacro -%}

{#- The part of the id of a credit that its enrolment decides. -#}
{%- macro receiver_code() -%} payee_id || ':' || plan_id || ':' || component_id {%- endmacro -%}
