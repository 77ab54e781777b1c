-- One row a line of a component or plan with rules, after its gate; lines that a gate releases or takes back are here.
with ruled_lines as (
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
        curve_amount as line_amount
    from {{ ref('int_pay_ruled_lines') }}
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
    from {{ ref('int_pay_gates') }}
),

parts as (
    {%- for source in ['ruled_lines', 'gates'] %}
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
