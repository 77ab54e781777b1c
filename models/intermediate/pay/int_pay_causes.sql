-- One row a credit that caused lines of other credits: it crossed a bound or opened a gate, and so changed what was
-- paid before it. Few; what is shown of it names the line that it caused.
with causes_numbered as (
    select distinct cause_credit_number
    from {{ ref('int_pay_roundings') }}
    where cause_credit_number is not null
),

measures as (
    select
        credit_number,
        share_number,
        credit_kind_code,
        credit_date,
        period_id
    from {{ ref('int_pay_running_measures') }}
),

shares as (
    select
        share_number,
        event_kind_code,
        event_id
    from {{ ref('int_pay_shares') }}
),

period_credits as (
    select
        credit_number,
        event_kind_code,
        event_id,
        counted_event_id
    from {{ ref('int_pay_period_credits') }}
)

select
    measures.credit_number,
    measures.credit_kind_code || ':' || coalesce(shares.event_kind_code, period_credits.event_kind_code) || ':'
    || coalesce(shares.event_id, period_credits.event_id) as cause_code,
    coalesce(shares.event_id, period_credits.counted_event_id) as counted_event_id,
    measures.credit_date,
    measures.period_id
from measures
inner join causes_numbered
    on measures.credit_number = causes_numbered.cause_credit_number
left join shares
    on measures.share_number = shares.share_number
left join period_credits
    on measures.credit_number = period_credits.credit_number
