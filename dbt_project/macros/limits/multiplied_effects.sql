{#-
    What multipliers change, one row a line and factor that multiplies it, in the order of the plan, or one with the sum
    of several; no row for a factor of 1. A line whose factor is unknown has a held row.

    Args: lines: a query of lines with scope_number, position, caused_by_credit_number, is_held and line_amount; factors:
    the model of their factors; first_slice_order: where their slices begin.
-#}
{%- macro multiplied_effects(lines, factors, first_slice_order) -%}
{%- set most_multipliers = 4 %}
with lines_to_multiply as (
    {{ lines }}
),

factors as (
    select
        scope_number,
        position,
        caused_by_credit_number,
        multiplier_number,
        combine_code,
        factor_ratio
    from {{ ref(factors) }}
),

factors_in_columns as (
    select
        scope_number,
        position,
        coalesce(caused_by_credit_number, -1) as caused_by_credit_number,
        max(combine_code) as combine_code,
        cast(1 + sum(factor_ratio - 1) as {{ ratio_type() }}) as added_ratio,
        {%- for number in range(1, most_multipliers + 1) %}
        cast(coalesce(max(case when multiplier_number = {{ number }} then factor_ratio end), 1) as {{ ratio_type() }})
            as factor_{{ number }}_ratio,
        {%- endfor %}
        count(*) > count(factor_ratio) as is_unknown
    from factors
    group by scope_number, position, coalesce(caused_by_credit_number, -1)
),

lines_multiplied_0 as (
    select
        lines_to_multiply.scope_number,
        lines_to_multiply.position,
        lines_to_multiply.caused_by_credit_number,
        factors_in_columns.combine_code,
        lines_to_multiply.is_held or factors_in_columns.is_unknown as is_held,
        factors_in_columns.added_ratio,
        {%- for number in range(1, most_multipliers + 1) %}
        factors_in_columns.factor_{{ number }}_ratio,
        {%- endfor %}
        lines_to_multiply.line_amount as amount_0
    from lines_to_multiply
    inner join factors_in_columns
        on
            lines_to_multiply.scope_number = factors_in_columns.scope_number
            and lines_to_multiply.position = factors_in_columns.position
            and coalesce(lines_to_multiply.caused_by_credit_number, -1) = factors_in_columns.caused_by_credit_number
),
{% for number in range(1, most_multipliers + 1) %}
lines_multiplied_{{ number }} as (
    select
        scope_number,
        position,
        caused_by_credit_number,
        combine_code,
        is_held,
        added_ratio,
        {%- for factor in range(1, most_multipliers + 1) %}
        factor_{{ factor }}_ratio,
        {%- endfor %}
        {%- for amount in range(number) %}
        amount_{{ amount }},
        {%- endfor %}
        cast({{ multiply_exact('amount_' ~ (number - 1), 'factor_' ~ number ~ '_ratio') }} as {{ pay_type() }})
            as amount_{{ number }}
    from lines_multiplied_{{ number - 1 }}
),
{% endfor %}
effects as (
    {%- for number in range(1, most_multipliers + 1) %}
    select
        scope_number,
        position,
        caused_by_credit_number,
        is_held,
        {{ first_slice_order + number }} as slice_order,
        amount_{{ number - 1 }} as base_amount,
        factor_{{ number }}_ratio as rate_ratio,
        case when not is_held then cast(amount_{{ number }} - amount_{{ number - 1 }} as {{ pay_type() }}) end
            as slice_amount
    from lines_multiplied_{{ most_multipliers }}
    where
        combine_code = 'multiply'
        and (factor_{{ number }}_ratio <> 1 {%- if loop.first %} or is_held {%- endif %})
    union all
    {%- endfor %}
    select
        scope_number,
        position,
        caused_by_credit_number,
        is_held,
        {{ first_slice_order + 1 }} as slice_order,
        amount_0 as base_amount,
        added_ratio as rate_ratio,
        case
            when not is_held
                then cast({{ multiply_exact('amount_0', 'added_ratio') }} - amount_0 as {{ pay_type() }})
        end as slice_amount
    from lines_multiplied_0
    where
        combine_code = 'add'
        and (added_ratio <> 1 or is_held)
)

select
    scope_number,
    position,
    caused_by_credit_number,
    is_held,
    'multiplier' as trace_kind_code,
    cast(slice_order as integer) as slice_order,
    base_amount,
    rate_ratio,
    slice_amount
from effects
{%- endmacro -%}
