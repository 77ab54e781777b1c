{{ config(severity='error', meta={
    'reason': 'A balance that does not go on into the next period is recovered twice, or never.',
    'protects': ['fct_draw_balances', 'fct_payouts'],
}) }}
-- Periods of a draw that do not begin with what the one before them left, and first periods that begin with something
-- else than the opening entry.
with balances as (
    select
        balances.rule_set_id,
        balances.payee_id,
        balances.plan_id,
        balances.draw_id,
        balances.period_id,
        calendars.start_date,
        balances.opening_amount,
        balances.closing_amount,
        balances.opening_carried_amount,
        balances.closing_carried_amount
    from {{ ref('fct_draw_balances') }} as balances
    inner join {{ ref('stg_planning__plans') }} as plans
        on
            balances.rule_set_id = plans.rule_set_id
            and balances.plan_id = plans.plan_id
            and balances.plan_version = plans.plan_version
    inner join {{ ref('stg_planning__calendars') }} as calendars
        on
            plans.rule_set_id = calendars.rule_set_id
            and plans.calendar_id = calendars.calendar_id
            and balances.period_id = calendars.period_id
),

openings as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        draw_id,
        max(opening_amount) as opening_amount
    from {{ ref('stg_planning__opening_entries') }}
    where entry_code = 'draw_owed'
    group by rule_set_id, payee_id, plan_id, draw_id
),

balances_in_order as (
    select
        balances.rule_set_id,
        balances.payee_id,
        balances.plan_id,
        balances.draw_id,
        balances.period_id,
        balances.opening_amount,
        balances.opening_carried_amount,
        lag(balances.closing_amount, 1, coalesce(openings.opening_amount, 0)) over draw_in_order as before_amount,
        lag(balances.closing_carried_amount, 1, 0) over draw_in_order as carried_before_amount
    from balances
    left join openings
        on
            balances.rule_set_id = openings.rule_set_id
            and balances.payee_id = openings.payee_id
            and balances.plan_id = openings.plan_id
            and balances.draw_id = openings.draw_id
    window draw_in_order as (
        partition by balances.rule_set_id, balances.payee_id, balances.plan_id, balances.draw_id
        order by balances.start_date
    )
)

select
    rule_set_id,
    payee_id,
    plan_id,
    draw_id,
    period_id
from balances_in_order
where opening_amount <> before_amount or opening_carried_amount <> carried_before_amount
