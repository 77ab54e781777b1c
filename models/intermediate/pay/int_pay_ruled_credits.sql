-- One row a credit of a scope that a rule beyond the curve reads, with its place among all of its payee and plan.
-- Credits of one event share an event_order, a SPIFF's with those of what it pays for: a rule that is read at an event
-- is read after all of it.
with ruled_scopes as (
    select
        scope_number,
        is_ruled
    from {{ ref('int_pay_ruled_scopes') }}
),

measures as (
    select
        credit_number,
        scope_number,
        position,
        plan_version,
        is_mirror,
        sale_credit_number,
        mirrored_amount,
        mirrored_of_amount,
        period_id,
        is_held,
        is_measure_unknown,
        quota_credit_amount
    from {{ ref('int_pay_measures') }}
),

credits as (
    select
        credit_number,
        rule_set_id,
        payee_id,
        plan_id,
        component_id,
        calendar_id,
        credit_date,
        event_date,
        event_id,
        counted_event_id,
        counted_event_kind_code,
        origin_event_id,
        event_kind_code,
        credit_kind_code
    from {{ ref('int_pay_credits_named') }}
),

openings as (
    select
        scope_number,
        period_before_id
    from {{ ref('int_pay_openings') }}
    where is_credited
),

-- An opening is the last event before its day.
credits_dated as (
    select
        measures.credit_number,
        measures.scope_number,
        measures.position,
        measures.plan_version,
        measures.is_mirror,
        measures.sale_credit_number,
        measures.mirrored_amount,
        measures.mirrored_of_amount,
        measures.is_held,
        measures.is_measure_unknown,
        measures.quota_credit_amount,
        ruled_scopes.is_ruled,
        credits.rule_set_id,
        credits.payee_id,
        credits.plan_id,
        credits.component_id,
        credits.calendar_id,
        credits.event_date,
        credits.event_id,
        credits.counted_event_id,
        credits.counted_event_kind_code,
        credits.origin_event_id,
        credits.event_kind_code,
        credits.credit_kind_code,
        credits.event_kind_code = 'opening' as is_opening,
        credits.event_kind_code = 'linked' as is_linked,
        case when credits.event_kind_code = 'opening' then credits.event_date else credits.credit_date end
            as credit_date,
        case when credits.event_kind_code = 'opening' then openings.period_before_id else measures.period_id end
            as period_id,
        case
            when credits.event_kind_code in ('fixed', 'linked', 'mbo', 'ratio', 'pool', 'contest')
                then measures.period_id
        end as paid_period_id
    from measures
    inner join ruled_scopes
        on measures.scope_number = ruled_scopes.scope_number
    inner join credits
        on measures.credit_number = credits.credit_number
    left join openings
        on measures.scope_number = openings.scope_number
),

days as (
    select
        rule_set_id,
        calendar_id,
        calendar_day,
        year_period_id
    from {{ ref('int_pay_days') }}
),

calendars as (
    select
        rule_set_id,
        calendar_id,
        period_id,
        end_date
    from {{ ref('stg_planning__calendars') }}
)

select
    credits.credit_number,
    credits.scope_number,
    credits.position,
    credits.rule_set_id,
    credits.payee_id,
    credits.plan_id,
    credits.plan_version,
    credits.component_id,
    credits.origin_event_id || ':' || credits.credit_kind_code as sale_code,
    credits.is_mirror,
    credits.sale_credit_number,
    credits.mirrored_amount,
    credits.mirrored_of_amount,
    credits.period_id,
    days.year_period_id,
    credits.credit_date,
    credits.event_date,
    credits.is_held,
    credits.is_ruled,
    credits.is_opening,
    credits.is_linked,
    credits.quota_credit_amount,
    credits.is_measure_unknown,
    dense_rank() over (
        partition by credits.rule_set_id, credits.payee_id, credits.plan_id
        order by
            credits.credit_date, credits.event_date, credits.counted_event_id, credits.counted_event_kind_code
    ) as event_order,
    row_number() over (
        partition by credits.rule_set_id, credits.payee_id, credits.plan_id
        order by
            -- What is paid for a pay period has no event: it follows all events of the period.
            coalesce(paid_periods.end_date, credits.credit_date),
            case when credits.paid_period_id is not null then 1 else 0 end,
            credits.credit_date, credits.event_date, credits.counted_event_id, credits.event_kind_code,
            credits.component_id, credits.credit_kind_code, credits.event_id
    ) as credit_order
from credits_dated as credits
left join days
    on
        credits.rule_set_id = days.rule_set_id
        and credits.calendar_id = days.calendar_id
        and credits.credit_date = days.calendar_day
left join calendars as paid_periods
    on
        credits.rule_set_id = paid_periods.rule_set_id
        and credits.calendar_id = paid_periods.calendar_id
        and credits.paid_period_id = paid_periods.period_id
