with payable_entries as (
    select
        rule_set_id,
        entry_id,
        payee_id,
        plan_id,
        component_id,
        calendar_id,
        period_id,
        entry_date,
        entry_kind_code,
        entry_amount,
        currency_code,
        line_id,
        event_id,
        cause_text,
        is_held
    from {{ ref('int_pay_payable_entries') }}
),

kinds as (
    select
        entry_kind_code,
        debit_account_code,
        credit_account_code
    from {{ ref('int_pay_entry_kinds') }}
)

select
    payable_entries.rule_set_id,
    payable_entries.entry_id,
    payable_entries.payee_id,
    payable_entries.plan_id,
    payable_entries.component_id,
    payable_entries.calendar_id,
    payable_entries.period_id,
    payable_entries.entry_date,
    payable_entries.entry_kind_code,
    kinds.debit_account_code,
    kinds.credit_account_code,
    payable_entries.entry_amount,
    payable_entries.currency_code,
    payable_entries.line_id,
    payable_entries.event_id,
    payable_entries.cause_text,
    payable_entries.is_held
from payable_entries
inner join kinds
    on payable_entries.entry_kind_code = kinds.entry_kind_code
