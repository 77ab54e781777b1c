{{ config(severity='error', meta={
    'reason': 'A closed period that shows another amount than was posted cannot be tied to what was paid.',
    'protects': ['fct_payout_lines', 'fct_payouts'],
}) }}
-- Closed periods whose lines differ from what was posted in them: a posting without its closed period or its payee, or
-- a line beside the postings.
with posted as (
    select
        rule_set_id,
        plan_id,
        period_id,
        sum(coalesce(credited_amount, earned_amount)) as posted_amount
    from {{ ref('stg_planning__posted_earnings') }}
    group by rule_set_id, plan_id, period_id
),

closed_lines as (
    select
        payout_lines.rule_set_id,
        payout_lines.plan_id,
        payout_lines.period_id,
        sum(payout_lines.earned_amount) as earned_amount
    from {{ ref('fct_payout_lines') }} as payout_lines
    inner join {{ ref('stg_planning__closed_periods') }} as closed_periods
        on
            payout_lines.rule_set_id = closed_periods.rule_set_id
            and payout_lines.plan_id = closed_periods.plan_id
            and payout_lines.period_id = closed_periods.period_id
    group by payout_lines.rule_set_id, payout_lines.plan_id, payout_lines.period_id
)

select
    coalesce(posted.rule_set_id, closed_lines.rule_set_id) as rule_set_id,
    coalesce(posted.plan_id, closed_lines.plan_id) as plan_id,
    coalesce(posted.period_id, closed_lines.period_id) as period_id
from posted
full outer join closed_lines
    on
        posted.rule_set_id = closed_lines.rule_set_id
        and posted.plan_id = closed_lines.plan_id
        and posted.period_id = closed_lines.period_id
where coalesce(posted.posted_amount, 0) <> coalesce(closed_lines.earned_amount, 0)
