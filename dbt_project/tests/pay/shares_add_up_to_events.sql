{{ config(severity='error', meta={
    'reason': 'Shares that do not add up to their event pay more or less than was sold.',
    'protects': ['fct_credits', 'fct_payout_lines'],
}) }}
-- Events whose revenue shares, those that reached nobody too, differ from the event. Splits that miss 1 are held
-- instead.
with shares as (
    select
        event_kind_code,
        event_id,
        event_amount,
        sum(share_amount) as share_amount
    from {{ ref('int_pay_shares') }}
    where
        share_kind_code <> 'overlay'
        and split_total_ratio = 1
    group by event_kind_code, event_id, event_amount
)

select
    event_kind_code,
    event_id
from shares
where share_amount <> event_amount
