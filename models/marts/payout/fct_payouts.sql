with totals as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        plan_version,
        calendar_id,
        period_id,
        credited_amount,
        earned_amount,
        payable_amount,
        adjustment_amount,
        recovered_amount,
        line_count,
        currency_code,
        is_held,
        team_id,
        region_id
    from {{ ref('int_pay_totals') }}
),

last_draws as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        period_id,
        adjustments_code,
        paid_amount
    from {{ ref('int_pay_draws') }}
    where is_last_draw
)

select
    totals.rule_set_id,
    totals.payee_id,
    totals.plan_id,
    totals.plan_version,
    totals.calendar_id,
    totals.period_id,
    totals.credited_amount,
    totals.earned_amount,
    totals.payable_amount,
    cast(case
        when last_draws.period_id is null then totals.payable_amount
        when last_draws.adjustments_code = 'feed' then last_draws.paid_amount
        else last_draws.paid_amount + totals.adjustment_amount - totals.recovered_amount
    end as {{ pay_type() }}) as to_pay_amount,
    totals.line_count,
    totals.currency_code,
    totals.is_held,
    totals.team_id,
    totals.region_id
from totals
left join last_draws
    on
        totals.rule_set_id = last_draws.rule_set_id
        and totals.payee_id = last_draws.payee_id
        and totals.plan_id = last_draws.plan_id
        and totals.period_id = last_draws.period_id
