{{ config(severity='error', meta={
    'reason': 'A period that stays open between closed ones is paid again with every run.',
    'protects': ['fct_payout_lines', 'fct_payouts'],
}) }}
-- Closed periods that are no pay period of their plan, or that do not begin on the day after the one before them.
with plans as (
    select distinct
        rule_set_id,
        plan_id,
        calendar_id,
        pay_period_kind_code
    from {{ ref('stg_planning__plans') }}
),

periods_closed as (
    select
        closed_periods.rule_set_id,
        closed_periods.plan_id,
        closed_periods.period_id,
        calendars.start_date,
        lag(calendars.end_date) over (
            partition by closed_periods.rule_set_id, closed_periods.plan_id
            order by calendars.start_date
        ) as ended_date
    from {{ ref('stg_planning__closed_periods') }} as closed_periods
    left join plans
        on
            closed_periods.rule_set_id = plans.rule_set_id
            and closed_periods.plan_id = plans.plan_id
    left join {{ ref('stg_planning__calendars') }} as calendars
        on
            plans.rule_set_id = calendars.rule_set_id
            and plans.calendar_id = calendars.calendar_id
            and plans.pay_period_kind_code = calendars.period_kind_code
            and closed_periods.period_id = calendars.period_id
)

select
    rule_set_id,
    plan_id,
    period_id
from periods_closed
where
    start_date is null
    or start_date <> {{ add_days('ended_date', 1) }}
