{#-
    Lines after gates, one row each; those that a gate releases or takes back are here.

    Args: lines: the model of the lines before; amount: its column with what they are worth; gates: the model of what
    gates change.
-#}
{%- macro lines_after_gates(lines, amount, gates) -%}
with lines_before as (
    select
        scope_number,
        position,
        caused_by_credit_number,
        posting_credit_number,
        plan_version,
        period_id,
        year_period_id,
        posting_order,
        is_held,
        {{ amount }} as line_amount
    from {{ ref(lines) }}
),

gates as (
    select
        scope_number,
        position,
        caused_by_credit_number,
        posting_credit_number,
        plan_version,
        period_id,
        year_period_id,
        posting_order,
        is_held,
        slice_amount as line_amount
    from {{ ref(gates) }}
),

parts as (
    {%- for source in ['lines_before', 'gates'] %}
    select
        scope_number,
        position,
        caused_by_credit_number,
        posting_credit_number,
        plan_version,
        period_id,
        year_period_id,
        posting_order,
        is_held,
        line_amount
    from {{ source }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

select
    scope_number,
    position,
    caused_by_credit_number,
    posting_credit_number,
    plan_version,
    period_id,
    year_period_id,
    posting_order,
    max(case when is_held then 1 else 0 end) = 1 as is_held,
    cast(
        case when max(case when is_held then 1 else 0 end) = 0 then sum(line_amount) end as {{ pay_type() }}
    ) as gated_amount
from parts
group by
    scope_number, position, caused_by_credit_number, posting_credit_number, plan_version, period_id, year_period_id,
    posting_order
{%- endmacro -%}
