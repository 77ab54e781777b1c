{#- Calendar arithmetic that each engine spells in its own way. All of it works on DATE and gives DATE or BIGINT. -#}

{#- The last day that anything still lasting is valid on. -#}
{%- macro far_future_date() -%}
    cast('9999-12-31' as date)
{%- endmacro -%}

{#- The date a number of days after `day`; a negative number goes back. -#}
{%- macro add_days(day, number_of_days) -%}
    {{ return(adapter.dispatch('add_days', 'openspm')(day, number_of_days)) }}
{%- endmacro -%}

{%- macro default__add_days(day, number_of_days) -%}
    date_add({{ day }}, {{ number_of_days }})
{%- endmacro -%}

{%- macro duckdb__add_days(day, number_of_days) -%}
    ({{ day }} + cast({{ number_of_days }} as integer))
{%- endmacro -%}

{#- Whole days from `first_day` to `last_day`; 0 when they are the same day. -#}
{%- macro days_between(first_day, last_day) -%}
    {{ return(adapter.dispatch('days_between', 'openspm')(first_day, last_day)) }}
{%- endmacro -%}

{%- macro default__days_between(first_day, last_day) -%}
    cast(datediff({{ last_day }}, {{ first_day }}) as bigint)
{%- endmacro -%}

{%- macro duckdb__days_between(first_day, last_day) -%}
    ({{ last_day }} - {{ first_day }})
{%- endmacro -%}

{#- One row for each day from `first_day` to `last_day`, both included; stands alone in a select list. -#}
{%- macro unnest_days(first_day, last_day) -%}
    {{ return(adapter.dispatch('unnest_days', 'openspm')(first_day, last_day)) }}
{%- endmacro -%}

{%- macro default__unnest_days(first_day, last_day) -%}
    explode(sequence({{ first_day }}, {{ last_day }}, interval 1 day))
{%- endmacro -%}

{%- macro duckdb__unnest_days(first_day, last_day) -%}
    cast(unnest(generate_series({{ first_day }}, {{ last_day }}, interval 1 day)) as date)
{%- endmacro -%}
