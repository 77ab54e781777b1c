{{ config(severity='error', meta={
    'reason': 'A payout that is not the sum of its lines cannot be explained to the payee.',
    'protects': ['fct_payouts', 'fct_payout_lines'],
}) }}
-- Payouts that differ from their lines, that add up lines of two currencies, and lines without a payout.
with lines_added as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        period_id,
        count(*) as line_count,
        sum(earned_amount) as earned_amount,
        min(currency_code) as least_currency_code,
        max(currency_code) as greatest_currency_code,
        max(case when is_held then 1 else 0 end) = 1 as is_held
    from {{ ref('fct_payout_lines') }}
    group by rule_set_id, payee_id, plan_id, period_id
),

payouts as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        period_id,
        line_count,
        credited_amount,
        currency_code
    from {{ ref('fct_payouts') }}
)

select
    coalesce(payouts.payee_id, lines_added.payee_id) as payee_id,
    coalesce(payouts.plan_id, lines_added.plan_id) as plan_id,
    coalesce(payouts.period_id, lines_added.period_id) as period_id
from payouts
full outer join lines_added
    on
        payouts.rule_set_id = lines_added.rule_set_id
        and payouts.payee_id = lines_added.payee_id
        and payouts.plan_id = lines_added.plan_id
        and payouts.period_id = lines_added.period_id
where
    payouts.payee_id is null
    or payouts.line_count <> coalesce(lines_added.line_count, 0)
    or (payouts.credited_amount is null) <> coalesce(lines_added.is_held, false)
    or (
        payouts.credited_amount is not null
        and (
            payouts.credited_amount <> coalesce(lines_added.earned_amount, 0)
            or payouts.currency_code <> lines_added.least_currency_code
            or payouts.currency_code <> lines_added.greatest_currency_code
        )
    )
