{{ config(severity='error', meta={
    'reason': 'An event that is listed in a period that is not closed would count as late, and be paid in another period.',
    'protects': ['fct_payout_lines', 'fct_payouts'],
}) }}
-- Events that are listed in a period that is not closed.
select
    closed_events.rule_set_id,
    closed_events.plan_id,
    closed_events.event_kind_code,
    closed_events.event_id
from {{ ref('stg_planning__closed_events') }} as closed_events
left join {{ ref('stg_planning__closed_periods') }} as closed_periods
    on
        closed_events.rule_set_id = closed_periods.rule_set_id
        and closed_events.plan_id = closed_periods.plan_id
        and closed_events.period_id = closed_periods.period_id
where closed_periods.period_id is null
