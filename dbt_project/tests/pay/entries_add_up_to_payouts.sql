{{ config(severity='error', meta={
    'reason': 'A payout that is not the sum of its entries pays out what the ledger does not know.',
    'protects': ['fct_payouts', 'fct_payout_entries'],
}) }}
-- Payouts whose credited, earned or payable amount, or what is to pay, is not that of their entries, and the reverse.
-- What a draw carries of pay below zero stays on the account payable: it comes off what is to pay in the next period.
with entries_on_payable as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        period_id,
        entry_kind_code,
        entry_amount,
        draw_id is null as is_before_draws,
        case
            when credit_account_code = 'payable' then entry_amount
            when debit_account_code = 'payable' then -entry_amount
            else 0
        end as payable_amount,
        is_held and 'payable' in (credit_account_code, debit_account_code) as is_held
    from {{ ref('fct_payout_entries') }}
),

entries_added as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        period_id,
        sum(case
            when
                entry_kind_code in ('earned', 'rerate', 'adjustment', 'credited', 'credited_adjustment')
                then entry_amount
            else 0
        end) as credited_amount,
        sum(case
            when entry_kind_code in ('earned', 'rerate', 'adjustment', 'became_earned') then entry_amount
            else 0
        end) as earned_amount,
        sum(case when is_before_draws then payable_amount else 0 end) as payable_amount,
        sum(payable_amount) as to_pay_amount,
        max(case when is_held and is_before_draws then 1 else 0 end) = 1 as is_payable_held,
        max(case when is_held then 1 else 0 end) = 1 as is_held
    from entries_on_payable
    group by rule_set_id, payee_id, plan_id, period_id
),

carried as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        period_id,
        sum(opening_carried_amount - closing_carried_amount) as carried_amount
    from {{ ref('fct_draw_balances') }}
    group by rule_set_id, payee_id, plan_id, period_id
),

payouts as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        period_id,
        credited_amount,
        earned_amount,
        payable_amount,
        to_pay_amount
    from {{ ref('fct_payouts') }}
)

select
    coalesce(payouts.payee_id, entries_added.payee_id) as payee_id,
    coalesce(payouts.plan_id, entries_added.plan_id) as plan_id,
    coalesce(payouts.period_id, entries_added.period_id) as period_id
from payouts
full outer join entries_added
    on
        payouts.rule_set_id = entries_added.rule_set_id
        and payouts.payee_id = entries_added.payee_id
        and payouts.plan_id = entries_added.plan_id
        and payouts.period_id = entries_added.period_id
left join carried
    on
        payouts.rule_set_id = carried.rule_set_id
        and payouts.payee_id = carried.payee_id
        and payouts.plan_id = carried.plan_id
        and payouts.period_id = carried.period_id
where
    payouts.payee_id is null
    or (payouts.payable_amount is null) <> coalesce(entries_added.is_payable_held, false)
    or (payouts.to_pay_amount is null) <> coalesce(entries_added.is_held, false)
    or payouts.to_pay_amount <> coalesce(entries_added.to_pay_amount, 0) + coalesce(carried.carried_amount, 0)
    or payouts.payable_amount <> coalesce(entries_added.payable_amount, 0)
    or payouts.credited_amount <> coalesce(entries_added.credited_amount, 0)
    or payouts.earned_amount <> coalesce(entries_added.earned_amount, 0)
