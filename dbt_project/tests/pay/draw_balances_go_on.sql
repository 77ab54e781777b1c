{{ config(severity='error', meta={
    'reason': 'A balance that does not go on into the next period is recovered twice, or never.',
    'protects': ['fct_draw_balances', 'fct_payout_entries', 'fct_payouts'],
}) }}
-- Periods of a draw that do not begin with what the one before them left, and first periods that begin with something
-- else than the opening entry; and those whose entries do not lead from the opening to the closing balance.
with balances as (
    select
        balances.rule_set_id,
        balances.payee_id,
        balances.plan_id,
        balances.draw_id,
        balances.period_id,
        calendars.start_date,
        balances.is_held,
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

entries_added as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        draw_id,
        period_id,
        sum(
            case
                when debit_account_code = 'draw_owed' then entry_amount
                when credit_account_code = 'draw_owed' then -entry_amount
                else 0
            end
        ) as owed_amount
    from {{ ref('fct_payout_entries') }}
    where draw_id is not null
    group by rule_set_id, payee_id, plan_id, draw_id, period_id
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
        balances.is_held,
        balances.opening_amount,
        balances.closing_amount,
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
    coalesce(balances_in_order.rule_set_id, entries_added.rule_set_id) as rule_set_id,
    coalesce(balances_in_order.payee_id, entries_added.payee_id) as payee_id,
    coalesce(balances_in_order.plan_id, entries_added.plan_id) as plan_id,
    coalesce(balances_in_order.draw_id, entries_added.draw_id) as draw_id,
    coalesce(balances_in_order.period_id, entries_added.period_id) as period_id
from balances_in_order
full outer join entries_added
    on
        balances_in_order.rule_set_id = entries_added.rule_set_id
        and balances_in_order.payee_id = entries_added.payee_id
        and balances_in_order.plan_id = entries_added.plan_id
        and balances_in_order.draw_id = entries_added.draw_id
        and balances_in_order.period_id = entries_added.period_id
where
    balances_in_order.draw_id is null
    or balances_in_order.opening_amount <> balances_in_order.before_amount
    or balances_in_order.opening_carried_amount <> balances_in_order.carried_before_amount
    or (
        not balances_in_order.is_held
        and balances_in_order.closing_amount - balances_in_order.opening_amount
        <> coalesce(entries_added.owed_amount, 0)
    )
