{{ config(severity='error', meta={
    'reason': 'What of an event is neither credited nor explained is work that nobody is told is not paid.',
    'protects': ['fct_uncredited_events', 'fct_credits'],
}) }}
-- Law 1. Events whose shares that are credited, with what reached nobody, differ from the event. A share is credited as
-- far as the component that takes most of it does.
with shares as (
    select
        share_number,
        event_kind_code,
        event_id,
        event_amount,
        share_amount
    from {{ ref('int_pay_shares') }}
    where
        share_kind_code <> 'overlay'
        and event_amount is not null
),

enrolments as (
    select
        enrolment_number,
        rule_set_id
    from {{ ref('int_pay_enrolments') }}
),

routed_credits as (
    select
        share_number,
        enrolment_number,
        share_amount as part_amount
    from {{ ref('int_pay_credits_routed') }}
    where credit_kind_code in ('owner', 'split')
),

credits as (
    select
        enrolments.rule_set_id,
        credits.share_number,
        shares.event_kind_code,
        shares.event_id,
        case
            when max(shares.share_amount) < 0 then min(coalesce(routed_credits.part_amount, shares.share_amount))
            else max(coalesce(routed_credits.part_amount, shares.share_amount))
        end as credited_amount
    from {{ ref('int_pay_credits') }} as credits
    inner join enrolments
        on credits.enrolment_number = enrolments.enrolment_number
    inner join shares
        on credits.share_number = shares.share_number
    left join routed_credits
        on
            credits.share_number = routed_credits.share_number
            and credits.enrolment_number = routed_credits.enrolment_number
    where credits.credit_kind_code in ('owner', 'split')
    group by enrolments.rule_set_id, credits.share_number, shares.event_kind_code, shares.event_id
),

parts as (
    select
        rule_set_id,
        event_kind_code,
        event_id,
        credited_amount as part_amount
    from credits
    union all
    select
        rule_set_id,
        event_kind_code,
        event_id,
        uncredited_amount as part_amount
    from {{ ref('fct_uncredited_events') }}
),

parts_added as (
    select
        rule_set_id,
        event_kind_code,
        event_id,
        sum(part_amount) as part_amount
    from parts
    group by rule_set_id, event_kind_code, event_id
),

events as (
    select distinct
        event_kind_code,
        event_id,
        event_amount
    from shares
),

kinds_paid as (
    select distinct
        rule_set_id,
        event_kind_code
    from {{ ref('stg_planning__components') }}
)

select
    kinds_paid.rule_set_id,
    events.event_kind_code,
    events.event_id
from events
inner join kinds_paid
    on
        case events.event_kind_code
            when 'credit_note' then 'invoice'
            when 'margin_reversal' then 'margin'
            else events.event_kind_code
        end = kinds_paid.event_kind_code
left join parts_added
    on
        kinds_paid.rule_set_id = parts_added.rule_set_id
        and events.event_kind_code = parts_added.event_kind_code
        and events.event_id = parts_added.event_id
where coalesce(parts_added.part_amount, 0) <> events.event_amount
