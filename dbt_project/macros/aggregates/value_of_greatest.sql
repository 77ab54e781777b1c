{#-
    Aggregate: the `value` of the row with the greatest `order_by`; among equals the greatest `tie_break`.

    A tie broken by nothing would give another value each time the rows come in another order.
-#}
{%- macro value_of_greatest(value, order_by, tie_break) -%}
    {{ return(adapter.dispatch('value_of_greatest', 'openspm')(value, order_by, tie_break)) }}
{%- endmacro -%}

{%- macro default__value_of_greatest(value, order_by, tie_break) -%}
    max_by({{ value }}, struct({{ order_by }}, {{ tie_break }}))
{%- endmacro -%}

{%- macro duckdb__value_of_greatest(value, order_by, tie_break) -%}
    arg_max_null({{ value }}, row({{ order_by }}, {{ tie_break }}))
{%- endmacro -%}

{#- Aggregate: the `value` of the row with the least `order_by`; among equals the least `tie_break`. -#}
{%- macro value_of_least(value, order_by, tie_break) -%}
    {{ return(adapter.dispatch('value_of_least', 'openspm')(value, order_by, tie_break)) }}
{%- endmacro -%}

{%- macro default__value_of_least(value, order_by, tie_break) -%}
    min_by({{ value }}, struct({{ order_by }}, {{ tie_break }}))
{%- endmacro -%}

{%- macro duckdb__value_of_least(value, order_by, tie_break) -%}
    arg_min_null({{ value }}, row({{ order_by }}, {{ tie_break }}))
{%- endmacro -%}
