-- One row a credit that mirrors a sale: the sale that it takes back, and how much of it. A mirror of a held line is
-- unknown too, but moves no accumulator by what it pays.
with reversals as (
    select
        credit_number,
        rule_set_id,
        origin_event_id,
        -- Of what is paid by count nothing goes back until the sale counts no more.
        case when base_code = 'count' then event_count else event_amount end as mirrored_amount,
        case when base_code = 'count' then 1 else origin_amount end as mirrored_of_amount,
        sale_credit_id
    from {{ ref('int_pay_credits_named') }}
    where
        is_reversal
        and reversal_window_code = 'mirror'
),

sales as (
    select
        credit_number,
        rule_set_id,
        event_id,
        credit_id
    from {{ ref('int_pay_credits_named') }}
    where event_kind_code in ('invoice', 'margin')
),

held_measures as (
    select credit_number
    from {{ ref('int_pay_held_measures') }}
)

select
    reversals.credit_number,
    reversals.mirrored_amount,
    reversals.mirrored_of_amount,
    sales.credit_number as sale_credit_number,
    held_measures.credit_number is not null as is_sale_held
from reversals
inner join sales
    on
        reversals.rule_set_id = sales.rule_set_id
        and reversals.origin_event_id = sales.event_id
        and reversals.sale_credit_id = sales.credit_id
left join held_measures
    on sales.credit_number = held_measures.credit_number
