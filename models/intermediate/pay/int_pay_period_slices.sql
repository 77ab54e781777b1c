-- One row a slice of a line that no event causes. A floor is base_amount less point_pay_amount, what was earned without
-- it; what is carried into a period is base_amount. They stand in the plan's currency; the last ones, conversion and
-- rounding, in that of payout.
{%- set columns = [
    'rule_set_id', 'line_id', 'trace_kind_code', 'slice_number', 'base_amount', 'rate_ratio', 'numerator_amount',
    'denominator_amount', 'point_pay_amount', 'rate_kind_code', 'rate_date', 'rate_direction_code', 'slice_amount',
] %}
with floor_slices as (
    select
        rule_set_id,
        line_id,
        'floor' as trace_kind_code,
        1 as slice_number,
        floor_amount as base_amount,
        cast(null as {{ ratio_type() }}) as rate_ratio,
        cast(null as {{ pay_type() }}) as numerator_amount,
        cast(null as {{ pay_type() }}) as denominator_amount,
        earned_before_amount as point_pay_amount,
        cast(null as {{ dbt.type_string() }}) as rate_kind_code,
        cast(null as date) as rate_date,
        cast(null as {{ dbt.type_string() }}) as rate_direction_code,
        floor_line_amount as slice_amount
    from {{ ref('int_pay_floors') }}
    where not is_held
),

carry_slices as (
    select
        rule_set_id,
        line_id,
        'carry' as trace_kind_code,
        1 as slice_number,
        carry_line_amount as base_amount,
        cast(null as {{ ratio_type() }}) as rate_ratio,
        cast(null as {{ pay_type() }}) as numerator_amount,
        cast(null as {{ pay_type() }}) as denominator_amount,
        cast(null as {{ pay_type() }}) as point_pay_amount,
        cast(null as {{ dbt.type_string() }}) as rate_kind_code,
        cast(null as date) as rate_date,
        cast(null as {{ dbt.type_string() }}) as rate_direction_code,
        carry_line_amount as slice_amount
    from {{ ref('int_pay_carries') }}
    where
        not is_held
        and carry_line_amount <> 0
),

spans as (
    select
        span_number,
        rate_kind_code,
        rate_date,
        rate_direction_code,
        exchange_rate,
        inverse_rate
    from {{ ref('int_pay_spans') }}
),

period_lines as (
    select
        span_number,
        rule_set_id,
        line_id,
        plan_amount,
        unrounded_amount,
        earned_amount
    from {{ ref('int_pay_period_lines') }}
    where not is_held
),

conversion_slices as (
    select
        period_lines.rule_set_id,
        period_lines.line_id,
        'conversion' as trace_kind_code,
        2 as slice_number,
        period_lines.plan_amount as base_amount,
        spans.exchange_rate as rate_ratio,
        cast(null as {{ pay_type() }}) as numerator_amount,
        cast(spans.inverse_rate as {{ pay_type() }}) as denominator_amount,
        cast(null as {{ pay_type() }}) as point_pay_amount,
        spans.rate_kind_code,
        spans.rate_date,
        spans.rate_direction_code,
        cast(period_lines.unrounded_amount - period_lines.plan_amount as {{ pay_type() }}) as slice_amount
    from period_lines
    inner join spans
        on period_lines.span_number = spans.span_number
    where period_lines.plan_amount is not null
),

rounding_slices as (
    select
        rule_set_id,
        line_id,
        'rounding' as trace_kind_code,
        3 as slice_number,
        cast(null as {{ pay_type() }}) as base_amount,
        cast(null as {{ ratio_type() }}) as rate_ratio,
        cast(null as {{ pay_type() }}) as numerator_amount,
        cast(null as {{ pay_type() }}) as denominator_amount,
        cast(null as {{ pay_type() }}) as point_pay_amount,
        cast(null as {{ dbt.type_string() }}) as rate_kind_code,
        cast(null as date) as rate_date,
        cast(null as {{ dbt.type_string() }}) as rate_direction_code,
        cast(earned_amount - unrounded_amount as {{ pay_type() }}) as slice_amount
    from period_lines
    where earned_amount <> unrounded_amount
)
{%- for source in ['floor_slices', 'carry_slices', 'conversion_slices', 'rounding_slices'] %}

select
    {{ columns | join(',\n    ') }}
from {{ source }}
{%- if not loop.last %}
union all
{%- endif %}
{%- endfor %}
