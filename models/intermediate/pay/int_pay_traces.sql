-- One row a line and slice as this run computes them, those of closed periods too. A view, as int_pay_lines. The last
-- slices of a line are its conversion into the currency of payout and its rounding: they stand in that currency.
{%- set conversion_slice_order = 9998 %}
{{ config(materialized='view') }}

with credits as (
    select
        credit_number,
        rule_set_id,
        payee_id,
        plan_id,
        plan_version,
        component_id,
        credit_id,
        event_kind_code,
        event_id,
        period_id,
        currency_code,
        payout_currency_code,
        quota_amount
    from {{ ref('int_pay_credits_named') }}
),

measures as (
    select
        credit_number,
        measure_before_amount,
        measure_after_amount
    from {{ ref('int_pay_measures') }}
),

curves as (
    select
        scope_number,
        position,
        caused_by_credit_number,
        trace_kind_code,
        tier_number,
        lower_bound_amount,
        upper_bound_amount,
        slice_order,
        base_amount,
        from_amount,
        to_amount,
        rate_ratio,
        prior_rate_ratio,
        numerator_amount,
        denominator_amount,
        point_pay_amount,
        slice_amount
    from {{ ref('int_pay_curves') }}
),

roundings as (
    select
        scope_number,
        position,
        coalesce(cause_credit_number, -1) as caused_by_credit_number,
        credit_number,
        cause_credit_number,
        line_kind_code,
        plan_amount,
        unrounded_amount,
        earned_amount
    from {{ ref('int_pay_roundings') }}
    where not is_held
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

causes_numbered as (
    select distinct cause_credit_number
    from roundings
    where cause_credit_number is not null
),

-- Read on its own, so that the wide rows above are not kept for the few that are read twice.
causing_credits as (
    select
        credit_number,
        credit_kind_code,
        event_kind_code,
        event_id,
        period_id
    from {{ ref('int_pay_credits_named') }}
),

-- What crossed a bound or opened a gate, and so changed earlier lines: few.
causes as (
    select
        causing_credits.credit_number,
        causing_credits.credit_kind_code,
        causing_credits.event_kind_code,
        causing_credits.event_id,
        causing_credits.period_id
    from causing_credits
    inner join causes_numbered
        on causing_credits.credit_number = causes_numbered.cause_credit_number
),

-- While a line is narrow: what names it joins last.
lines_measured as (
    select
        roundings.scope_number,
        roundings.position,
        roundings.caused_by_credit_number,
        roundings.credit_number,
        measures.measure_before_amount,
        measures.measure_after_amount,
        causes.period_id as cause_period_id,
        case
            when roundings.cause_credit_number is not null
                then
                    ':' || roundings.line_kind_code || ':' || causes.credit_kind_code || ':' || causes.event_kind_code
                    || ':' || causes.event_id
        end as cause_code
    from roundings
    inner join measures
        on roundings.credit_number = measures.credit_number
    left join causes
        on roundings.cause_credit_number = causes.credit_number
),

payout_lines as (
    select
        lines_measured.scope_number,
        lines_measured.position,
        lines_measured.caused_by_credit_number,
        credits.rule_set_id,
        case
            when lines_measured.cause_code is not null then credits.credit_id || lines_measured.cause_code
            else credits.credit_id
        end as line_id,
        credits.payee_id,
        credits.plan_id,
        credits.plan_version,
        credits.component_id,
        coalesce(lines_measured.cause_period_id, credits.period_id) as period_id,
        credits.credit_id,
        credits.event_id,
        lines_measured.measure_before_amount,
        lines_measured.measure_after_amount,
        credits.quota_amount,
        credits.currency_code,
        credits.payout_currency_code
    from lines_measured
    inner join credits
        on lines_measured.credit_number = credits.credit_number
),

slices as (
    select
        scope_number,
        position,
        coalesce(caused_by_credit_number, -1) as caused_by_credit_number,
        trace_kind_code,
        tier_number,
        lower_bound_amount,
        upper_bound_amount,
        slice_order,
        base_amount,
        from_amount,
        to_amount,
        rate_ratio,
        prior_rate_ratio,
        numerator_amount,
        denominator_amount,
        point_pay_amount,
        cast(null as {{ dbt.type_string() }}) as rate_from_currency_code,
        cast(null as {{ dbt.type_string() }}) as rate_kind_code,
        cast(null as date) as rate_date,
        cast(null as {{ dbt.type_string() }}) as rate_direction_code,
        slice_amount
    from curves
    union all
    select
        scope_number,
        position,
        coalesce(caused_by_credit_number, -1) as caused_by_credit_number,
        trace_kind_code,
        tier_number,
        lower_bound_amount,
        upper_bound_amount,
        slice_order,
        base_amount,
        from_amount,
        to_amount,
        rate_ratio,
        prior_rate_ratio,
        numerator_amount,
        denominator_amount,
        point_pay_amount,
        cast(null as {{ dbt.type_string() }}) as rate_from_currency_code,
        cast(null as {{ dbt.type_string() }}) as rate_kind_code,
        cast(null as date) as rate_date,
        cast(null as {{ dbt.type_string() }}) as rate_direction_code,
        slice_amount
    from {{ ref('int_pay_effects') }}
    where not is_held
    union all
    select
        scope_number,
        position,
        caused_by_credit_number,
        'rounding' as trace_kind_code,
        cast(null as bigint) as tier_number,
        cast(null as {{ pay_type() }}) as lower_bound_amount,
        cast(null as {{ pay_type() }}) as upper_bound_amount,
        {{ conversion_slice_order + 1 }} as slice_order,
        cast(null as {{ pay_type() }}) as base_amount,
        cast(null as {{ pay_type() }}) as from_amount,
        cast(null as {{ pay_type() }}) as to_amount,
        cast(null as {{ ratio_type() }}) as rate_ratio,
        cast(null as {{ ratio_type() }}) as prior_rate_ratio,
        cast(null as {{ pay_type() }}) as numerator_amount,
        cast(null as {{ pay_type() }}) as denominator_amount,
        cast(null as {{ pay_type() }}) as point_pay_amount,
        cast(null as {{ dbt.type_string() }}) as rate_from_currency_code,
        cast(null as {{ dbt.type_string() }}) as rate_kind_code,
        cast(null as date) as rate_date,
        cast(null as {{ dbt.type_string() }}) as rate_direction_code,
        cast(earned_amount - unrounded_amount as {{ pay_type() }}) as slice_amount
    from roundings
    where earned_amount <> unrounded_amount
    union all
    select
        roundings.scope_number,
        roundings.position,
        roundings.caused_by_credit_number,
        'conversion' as trace_kind_code,
        cast(null as bigint) as tier_number,
        cast(null as {{ pay_type() }}) as lower_bound_amount,
        cast(null as {{ pay_type() }}) as upper_bound_amount,
        {{ conversion_slice_order }} as slice_order,
        roundings.plan_amount as base_amount,
        cast(null as {{ pay_type() }}) as from_amount,
        cast(null as {{ pay_type() }}) as to_amount,
        payout_rates.exchange_rate as rate_ratio,
        cast(null as {{ ratio_type() }}) as prior_rate_ratio,
        cast(null as {{ pay_type() }}) as numerator_amount,
        cast(payout_rates.inverse_rate as {{ pay_type() }}) as denominator_amount,
        cast(null as {{ pay_type() }}) as point_pay_amount,
        payout_rates.from_currency_code as rate_from_currency_code,
        payout_rates.rate_kind_code,
        payout_rates.rate_date,
        payout_rates.rate_direction_code,
        cast(roundings.unrounded_amount - roundings.plan_amount as {{ pay_type() }}) as slice_amount
    from roundings
    inner join payout_rates
        on roundings.credit_number = payout_rates.credit_number
),

event_traces as (
    select
        payout_lines.rule_set_id,
        payout_lines.line_id,
        cast(slices.slice_order as integer) as slice_number,
        slices.trace_kind_code,
        payout_lines.payee_id,
        payout_lines.plan_id,
        payout_lines.plan_version,
        payout_lines.component_id,
        payout_lines.period_id,
        payout_lines.credit_id,
        payout_lines.event_id,
        slices.tier_number,
        slices.lower_bound_amount,
        slices.upper_bound_amount,
        slices.base_amount,
        slices.from_amount,
        slices.to_amount,
        slices.rate_ratio,
        slices.prior_rate_ratio,
        slices.numerator_amount,
        slices.denominator_amount,
        slices.point_pay_amount,
        slices.slice_amount,
        payout_lines.measure_before_amount,
        payout_lines.measure_after_amount,
        payout_lines.quota_amount,
        case
            when slices.slice_order >= {{ conversion_slice_order }} then payout_lines.payout_currency_code
            else payout_lines.currency_code
        end as currency_code,
        slices.rate_from_currency_code,
        slices.rate_kind_code,
        slices.rate_date,
        slices.rate_direction_code
    from slices
    inner join payout_lines
        on
            slices.scope_number = payout_lines.scope_number
            and slices.position = payout_lines.position
            and slices.caused_by_credit_number = payout_lines.caused_by_credit_number
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
