-- One row a line and day on which a part of it is held back, with the day of its release; NULL while what releases it
-- has not happened. Days count from the trigger, so that a reversal is released with what it takes back.
with triggers as (
    select
        rule_set_id,
        line_id,
        trigger_date,
        posting_date,
        last_payable_date,
        paid_in_full_date,
        holdback_days,
        held_amount
    from {{ ref('int_pay_triggers') }}
    where held_amount <> 0 and not is_held
),

releases_dated as (
    select
        rule_set_id,
        line_id,
        posting_date,
        last_payable_date,
        held_amount,
        case
            when holdback_days is not null then {{ add_days('trigger_date', 'holdback_days') }}
            when paid_in_full_date is not null then greatest(trigger_date, paid_in_full_date)
        end as due_date
    from triggers
)

select
    rule_set_id,
    line_id,
    posting_date as held_date,
    case when due_date is not null then greatest(due_date, posting_date) end as released_date,
    held_amount,
    coalesce(due_date > last_payable_date, false) as is_forfeited
from releases_dated
