-- One row a payee, plan and period that has entries: what becomes payable in it, after adjustments, holdbacks and
-- clawbacks and before draws. Held whole while an entry that moves it is unknown.
with entries as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        calendar_id,
        period_id,
        currency_code,
        entry_kind_code,
        entry_amount,
        is_held
    from {{ ref('int_pay_payable_entries') }}
),

kinds as (
    select
        entry_kind_code,
        debit_account_code,
        credit_account_code
    from {{ ref('int_pay_entry_kinds') }}
),

entries_on_payable as (
    select
        entries.rule_set_id,
        entries.payee_id,
        entries.plan_id,
        entries.calendar_id,
        entries.period_id,
        entries.currency_code,
        case
            when kinds.credit_account_code = 'payable' then entries.entry_amount
            when kinds.debit_account_code = 'payable' then -entries.entry_amount
            else 0
        end as payable_amount,
        entries.is_held and 'payable' in (kinds.debit_account_code, kinds.credit_account_code) as is_held
    from entries
    inner join kinds
        on entries.entry_kind_code = kinds.entry_kind_code
)

select
    rule_set_id,
    payee_id,
    plan_id,
    calendar_id,
    period_id,
    currency_code,
    case
        when max(case when is_held then 1 else 0 end) = 0
            then cast(coalesce(sum(payable_amount), 0) as {{ pay_type() }})
    end as payable_amount,
    max(case when is_held then 1 else 0 end) = 1 as is_held
from entries_on_payable
group by rule_set_id, payee_id, plan_id, calendar_id, period_id, currency_code
