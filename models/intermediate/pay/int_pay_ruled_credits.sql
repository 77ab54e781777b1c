-- One row a credit of a scope that a rule beyond the curve reads, with its place among all of its payee and plan.
-- Credits of one event share an event_order: a rule that is read at an event is read after all of it.
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
        origin_event_id,
        event_kind_code,
        credit_kind_code
    from {{ ref('int_pay_credits_named') }}
),

days as (
    select
        rule_set_id,
        calendar_id,
        calendar_day,
        year_period_id
    from {{ ref('int_pay_days') }}
)

select
    measures.credit_number,
    measures.scope_number,
    measures.position,
    credits.rule_set_id,
    credits.payee_id,
    credits.plan_id,
    measures.plan_version,
    credits.component_id,
    credits.origin_event_id || ':' || credits.credit_kind_code as sale_code,
    measures.is_mirror,
    measures.sale_credit_number,
    measures.mirrored_amount,
    measures.mirrored_of_amount,
    measures.period_id,
    days.year_period_id,
    credits.credit_date,
    measures.is_held,
    ruled_scopes.is_ruled,
    measures.quota_credit_amount,
    measures.is_measure_unknown,
    dense_rank() over (
        partition by credits.rule_set_id, credits.payee_id, credits.plan_id
        order by credits.credit_date, credits.event_date, credits.event_id, credits.event_kind_code
    ) as event_order,
    row_number() over (
        partition by credits.rule_set_id, credits.payee_id, credits.plan_id
        order by
            credits.credit_date, credits.event_date, credits.event_id, credits.event_kind_code, credits.component_id,
            credits.credit_kind_code
    ) as credit_order
from measures
inner join ruled_scopes
    on measures.scope_number = ruled_scopes.scope_number
inner join credits
    on measures.credit_number = credits.credit_number
left join days
    on
        credits.rule_set_id = days.rule_set_id
        and credits.calendar_id = days.calendar_id
        and credits.credit_date = days.calendar_day
