{#-
    numerator / denominator of a KPI, rounded half away from zero to 12 decimals; NULL for a denominator of 0.

    One division of integers: exact up to 13 digits before the point, and faster than the long division of pay.
    The denominator is never negative.
-#}
{%- macro divide_kpi(numerator, denominator) -%}
    {{ return(adapter.dispatch('divide_kpi', 'openspm')(numerator, denominator)) }}
{%- endmacro -%}

{%- macro default__divide_kpi(numerator, denominator) -%}
    cast(round({{ numerator }} / nullif({{ denominator }}, 0), 12) as decimal(38, 12))
{%- endmacro -%}

{%- macro duckdb__divide_kpi(numerator, denominator) -%}
    {%- set millionth = 'cast(cast(%s as decimal(25, 6)) * 1000000 as hugeint)' -%}
    {%- set n = millionth % ('abs(' ~ numerator ~ ')') -%}
    {%- set d = millionth % ('nullif(' ~ denominator ~ ', 0)') -%}
    cast(
        cast(sign({{ numerator }}) as decimal(1, 0))
        * cast((2 * {{ n }} * cast(1000000000000 as hugeint) + {{ d }}) // (2 * {{ d }}) as decimal(26, 0))
        * cast(0.000000000001 as decimal(12, 12))
        as decimal(38, 12)
    )
{%- endmacro -%}
