-- One row a line and slice as this run computes them, those of closed periods too. A view, as int_pay_lines. The last
-- slices of a line are its conversion into the currency of payout and its rounding: they stand in that currency.
{%- set slice_columns = {
    'trace_kind_code': dbt.type_string(), 'tier_number': 'bigint', 'lower_bound_amount': pay_type(),
    'upper_bound_amount': pay_type(), 'slice_order': 'bigint', 'base_amount': pay_type(), 'from_amount': pay_type(),
    'to_amount': pay_type(), 'rate_ratio': ratio_type(), 'prior_rate_ratio': ratio_type(),
    'numerator_amount': pay_type(), 'denominator_amount': pay_type(), 'point_pay_amount': pay_type(),
    'rate_from_currency_code': dbt.type_string(), 'rate_kind_code': dbt.type_string(), 'rate_date': 'date',
    'rate_direction_code': dbt.type_string(),
} %}
{%- set curve_columns = [
    'trace_kind_code', 'tier_number', 'lower_bound_amount', 'upper_bound_amount', 'slice_order', 'base_amount',
    'from_amount', 'to_amount', 'rate_ratio', 'prior_rate_ratio', 'numerator_amount', 'denominator_amount',
    'point_pay_amount',
] %}
{%- set slices_of = {
    'curves': curve_columns,
    'effects': curve_columns,
    'roundings': ['trace_kind_code', 'slice_order'],
    'conversions': [
        'trace_kind_code', 'slice_order', 'base_amount', 'rate_ratio', 'denominator_amount', 'rate_from_currency_code',
        'rate_kind_code', 'rate_date', 'rate_direction_code',
    ],
} %}
{{ config(materialized='view') }}

with measures as (
    select
        credit_number,
        scope_number,
        position,
        share_number,
        enrolment_number,
        credit_kind_code,
        period_id,
        measure_before_amount,
        measure_after_amount
    from {{ ref('int_pay_measures') }}
),

shares as (
    select
        share_number,
        event_kind_code,
        event_id
    from {{ ref('int_pay_shares') }}
),

period_credits as (
    select
        credit_number,
        event_kind_code,
        event_id
    from {{ ref('int_pay_period_credits') }}
),

enrolments as (
    select
        enrolment_number,
        rule_set_id,
        payee_id,
        plan_id,
        plan_version,
        component_id,
        currency_code,
        payout_currency_code,
        {{ receiver_code() }} as receiver_code
    from {{ ref('int_pay_enrolments') }}
),

scopes as (
    select
        scope_number,
        quota_amount
    from {{ ref('int_pay_scopes') }}
),

{%- for source, model, filter in [('curves', 'int_pay_curves', none), ('effects', 'int_pay_effects', 'not is_held')] %}

{{ source }} as (
    select
        scope_number,
        position,
        coalesce(caused_by_credit_number, -1) as caused_by_credit_number,
        {{ curve_columns | join(',\n        ') }},
        slice_amount
    from {{ ref(model) }}
    {%- if filter %}
    where {{ filter }}
    {%- endif %}
),
{%- endfor %}

-- The same table is read anew for each use of it: what a query reads twice is kept in memory whole.
roundings as (
    select
        scope_number,
        position,
        coalesce(cause_credit_number, -1) as caused_by_credit_number,
        'rounding' as trace_kind_code,
        {{ slice_order('rounding') }} as slice_order,
        cast(earned_amount - unrounded_amount as {{ pay_type() }}) as slice_amount
    from {{ ref('int_pay_roundings') }}
    where
        not is_held
        and earned_amount <> unrounded_amount
),

converted_lines as (
    select
        scope_number,
        position,
        coalesce(cause_credit_number, -1) as caused_by_credit_number,
        credit_number,
        plan_amount,
        unrounded_amount
    from {{ ref('int_pay_roundings') }}
    where not is_held
),

held_lines as (
    select
        scope_number,
        position,
        coalesce(cause_credit_number, -1) as caused_by_credit_number
    from {{ ref('int_pay_roundings') }}
    where is_held
),

caused_lines as (
    select
        scope_number,
        position,
        cause_credit_number,
        line_kind_code
    from {{ ref('int_pay_roundings') }}
    where cause_credit_number is not null
),

payout_rates as (
    select
        credit_number,
        from_currency_code,
        rate_kind_code,
        rate_date,
        rate_direction_code,
        exchange_rate,
        inverse_rate
    from {{ ref('int_pay_payout_rates') }}
),

conversions as (
    select
        converted_lines.scope_number,
        converted_lines.position,
        converted_lines.caused_by_credit_number,
        'conversion' as trace_kind_code,
        {{ slice_order('conversion') }} as slice_order,
        converted_lines.plan_amount as base_amount,
        payout_rates.exchange_rate as rate_ratio,
        cast(payout_rates.inverse_rate as {{ pay_type() }}) as denominator_amount,
        payout_rates.from_currency_code as rate_from_currency_code,
        payout_rates.rate_kind_code,
        payout_rates.rate_date,
        payout_rates.rate_direction_code,
        cast(converted_lines.unrounded_amount - converted_lines.plan_amount as {{ pay_type() }}) as slice_amount
    from converted_lines
    inner join payout_rates
        on converted_lines.credit_number = payout_rates.credit_number
),

causing_credits as (
    select
        credit_number,
        cause_code,
        period_id
    from {{ ref('int_pay_causes') }}
),

causes as (
    select
        caused_lines.scope_number,
        caused_lines.position,
        caused_lines.cause_credit_number as caused_by_credit_number,
        causing_credits.period_id,
        ':' || caused_lines.line_kind_code || ':' || causing_credits.cause_code as cause_code
    from caused_lines
    inner join causing_credits
        on caused_lines.cause_credit_number = causing_credits.credit_number
),

slices as (
    {%- for source, own_columns in slices_of.items() %}
    select
        scope_number,
        position,
        caused_by_credit_number,
        {%- for column, type in slice_columns.items() %}
        {{ column if column in own_columns else 'cast(null as ' ~ type ~ ') as ' ~ column }},
        {%- endfor %}
        slice_amount
    from {{ source }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

-- Slices meet narrow rows of numbers first, and what names them last: of the large tables each is kept once, and only
-- what a trace shows of it.
slices_named as (
    select
        {%- for column in slice_columns %}
        slices.{{ column }},
        {%- endfor %}
        slices.slice_amount,
        measures.period_id,
        measures.credit_kind_code,
        measures.measure_before_amount,
        measures.measure_after_amount,
        causes.period_id as cause_period_id,
        causes.cause_code,
        enrolments.rule_set_id,
        enrolments.payee_id,
        enrolments.plan_id,
        enrolments.plan_version,
        enrolments.component_id,
        enrolments.currency_code,
        enrolments.payout_currency_code,
        scopes.quota_amount,
        coalesce(shares.event_id, period_credits.event_id) as event_id,
        {{ credit_id(
            'coalesce(shares.event_kind_code, period_credits.event_kind_code)',
            'coalesce(shares.event_id, period_credits.event_id)',
            'enrolments.receiver_code', 'measures.credit_kind_code'
        ) }} as credit_id
    from slices
    inner join measures
        on
            slices.scope_number = measures.scope_number
            and slices.position = measures.position
    left join held_lines
        on
            slices.scope_number = held_lines.scope_number
            and slices.position = held_lines.position
            and slices.caused_by_credit_number = held_lines.caused_by_credit_number
    left join causes
        on
            slices.scope_number = causes.scope_number
            and slices.position = causes.position
            and slices.caused_by_credit_number = causes.caused_by_credit_number
    inner join enrolments
        on measures.enrolment_number = enrolments.enrolment_number
    inner join scopes
        on slices.scope_number = scopes.scope_number
    left join shares
        on measures.share_number = shares.share_number
    left join period_credits
        on measures.credit_number = period_credits.credit_number
    where held_lines.scope_number is null
),

event_traces as (
    select
        rule_set_id,
        coalesce(credit_id || cause_code, credit_id) as line_id,
        cast(slice_order as integer) as slice_number,
        trace_kind_code,
        payee_id,
        plan_id,
        plan_version,
        component_id,
        coalesce(cause_period_id, period_id) as period_id,
        credit_id,
        event_id,
        tier_number,
        lower_bound_amount,
        upper_bound_amount,
        base_amount,
        from_amount,
        to_amount,
        rate_ratio,
        prior_rate_ratio,
        numerator_amount,
        denominator_amount,
        point_pay_amount,
        slice_amount,
        measure_before_amount,
        measure_after_amount,
        quota_amount,
        case
            when slice_order >= {{ slice_order('conversion') }} then payout_currency_code
            else currency_code
        end as currency_code,
        rate_from_currency_code,
        rate_kind_code,
        rate_date,
        rate_direction_code
    from slices_named
),

period_lines as (
    select
        rule_set_id,
        line_id,
        payee_id,
        plan_id,
        plan_version,
        component_id,
        period_id,
        currency_code,
        plan_currency_code
    from {{ ref('int_pay_period_lines') }}
    where not is_held
),

period_slices as (
    select
        rule_set_id,
        line_id,
        trace_kind_code,
        slice_number,
        base_amount,
        rate_ratio,
        numerator_amount,
        denominator_amount,
        point_pay_amount,
        rate_kind_code,
        rate_date,
        rate_direction_code,
        slice_amount
    from {{ ref('int_pay_period_slices') }}
),

period_traces as (
    select
        period_lines.rule_set_id,
        period_lines.line_id,
        cast(period_slices.slice_number as integer) as slice_number,
        period_slices.trace_kind_code,
        period_lines.payee_id,
        period_lines.plan_id,
        period_lines.plan_version,
        period_lines.component_id,
        period_lines.period_id,
        cast(null as {{ dbt.type_string() }}) as credit_id,
        period_lines.period_id as event_id,
        cast(null as bigint) as tier_number,
        cast(null as {{ pay_type() }}) as lower_bound_amount,
        cast(null as {{ pay_type() }}) as upper_bound_amount,
        period_slices.base_amount,
        cast(null as {{ pay_type() }}) as from_amount,
        cast(null as {{ pay_type() }}) as to_amount,
        period_slices.rate_ratio,
        cast(null as {{ ratio_type() }}) as prior_rate_ratio,
        period_slices.numerator_amount,
        period_slices.denominator_amount,
        period_slices.point_pay_amount,
        period_slices.slice_amount,
        cast(null as {{ pay_type() }}) as measure_before_amount,
        cast(null as {{ pay_type() }}) as measure_after_amount,
        cast(null as decimal(18, 4)) as quota_amount,
        case
            when period_slices.trace_kind_code in ('conversion', 'rounding') then period_lines.currency_code
            else period_lines.plan_currency_code
        end as currency_code,
        case when period_slices.trace_kind_code = 'conversion' then period_lines.plan_currency_code end
            as rate_from_currency_code,
        period_slices.rate_kind_code,
        period_slices.rate_date,
        period_slices.rate_direction_code
    from period_slices
    inner join period_lines
        on
            period_slices.rule_set_id = period_lines.rule_set_id
            and period_slices.line_id = period_lines.line_id
)
{%- for source in ['event_traces', 'period_traces'] %}

select
    rule_set_id,
    line_id,
    slice_number,
    trace_kind_code,
    payee_id,
    plan_id,
    plan_version,
    component_id,
    period_id,
    credit_id,
    event_id,
    tier_number,
    lower_bound_amount,
    upper_bound_amount,
    base_amount,
    from_amount,
    to_amount,
    rate_ratio,
    prior_rate_ratio,
    numerator_amount,
    denominator_amount,
    point_pay_amount,
    slice_amount,
    measure_before_amount,
    measure_after_amount,
    quota_amount,
    currency_code,
    rate_from_currency_code,
    rate_kind_code,
    rate_date,
    rate_direction_code
from {{ source }}
{%- if not loop.last %}
union all
{%- endif %}
{%- endfor %}
