-- One row a payee, plan and pay period in which the payee was on the plan, or for which there is a line: what its lines
-- add up to, and what is earned.
with runs as (
    select as_of_date
    from {{ source('landing', 'run') }}
),

scopes as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        component_id,
        calendar_id,
        pay_period_kind_code
    from {{ ref('int_pay_scopes') }}
),

enrolments as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        plan_version,
        component_id,
        enrolled_from_date,
        enrolled_to_date,
        payout_currency_code,
        team_id,
        region_id
    from {{ ref('int_pay_enrolments') }}
),

calendars as (
    select
        rule_set_id,
        calendar_id,
        period_id,
        period_kind_code,
        start_date,
        end_date
    from {{ ref('stg_planning__calendars') }}
),

payout_lines as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        period_id,
        plan_version,
        team_id,
        region_id,
        line_date,
        earned_amount,
        is_held
    from {{ ref('fct_payout_lines') }}
),

payables as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        period_id,
        unearned_amount,
        payable_amount,
        adjustment_amount,
        recovered_amount,
        is_held
    from {{ ref('int_pay_payables') }}
),

payees_on_plans as (
    select distinct
        rule_set_id,
        payee_id,
        plan_id,
        calendar_id,
        pay_period_kind_code
    from scopes
),

-- A payee on a plan has a payout in every period, one of 0.00 too.
periods_on_plans as (
    select
        payees_on_plans.rule_set_id,
        payees_on_plans.payee_id,
        payees_on_plans.plan_id,
        calendars.period_id,
        {{ value_of_greatest('enrolments.plan_version', 'enrolments.enrolled_from_date', 'enrolments.plan_version') }}
            as plan_version,
        {{ value_of_greatest('enrolments.team_id', 'enrolments.enrolled_from_date', 'enrolments.plan_version') }}
            as team_id,
        {{ value_of_greatest('enrolments.region_id', 'enrolments.enrolled_from_date', 'enrolments.plan_version') }}
            as region_id
    from payees_on_plans
    inner join enrolments
        on
            payees_on_plans.rule_set_id = enrolments.rule_set_id
            and payees_on_plans.payee_id = enrolments.payee_id
            and payees_on_plans.plan_id = enrolments.plan_id
    inner join calendars
        on
            payees_on_plans.rule_set_id = calendars.rule_set_id
            and payees_on_plans.calendar_id = calendars.calendar_id
            and payees_on_plans.pay_period_kind_code = calendars.period_kind_code
            and enrolments.enrolled_from_date <= calendars.end_date
            and enrolments.enrolled_to_date >= calendars.start_date
    cross join runs
    where calendars.start_date <= runs.as_of_date
    group by
        payees_on_plans.rule_set_id, payees_on_plans.payee_id, payees_on_plans.plan_id, calendars.period_id
),

-- Lines are many and their terms few: what looks for the last of these looks among few rows.
lines_of_terms as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        period_id,
        plan_version,
        team_id,
        region_id,
        max(line_date) as line_date,
        sum(earned_amount) as credited_amount,
        count(*) as line_count,
        max(case when is_held then 1 else 0 end) as is_held
    from payout_lines
    group by rule_set_id, payee_id, plan_id, period_id, plan_version, team_id, region_id
),

lines_added as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        period_id,
        sum(credited_amount) as credited_amount,
        cast(sum(line_count) as bigint) as line_count,
        max(is_held) = 1 as is_held,
        {{ value_of_greatest('plan_version', 'line_date', 'plan_version') }} as plan_version,
        {{ value_of_greatest('team_id', 'line_date', 'plan_version') }} as team_id,
        {{ value_of_greatest('region_id', 'line_date', 'plan_version') }} as region_id
    from lines_of_terms
    group by rule_set_id, payee_id, plan_id, period_id
),

-- Reversals may come in periods after the payee has left the plan.
credited_totals as (
    select
        coalesce(periods_on_plans.rule_set_id, lines_added.rule_set_id) as rule_set_id,
        coalesce(periods_on_plans.payee_id, lines_added.payee_id) as payee_id,
        coalesce(periods_on_plans.plan_id, lines_added.plan_id) as plan_id,
        coalesce(periods_on_plans.period_id, lines_added.period_id) as period_id,
        coalesce(periods_on_plans.plan_version, lines_added.plan_version) as plan_version,
        coalesce(periods_on_plans.team_id, lines_added.team_id) as team_id,
        coalesce(periods_on_plans.region_id, lines_added.region_id) as region_id,
        coalesce(lines_added.credited_amount, 0) as credited_amount,
        coalesce(lines_added.line_count, 0) as line_count,
        coalesce(lines_added.is_held, false) as is_held
    from periods_on_plans
    full outer join lines_added
        on
            periods_on_plans.rule_set_id = lines_added.rule_set_id
            and periods_on_plans.payee_id = lines_added.payee_id
            and periods_on_plans.plan_id = lines_added.plan_id
            and periods_on_plans.period_id = lines_added.period_id
),

last_terms as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        -- One; a payee with two is held.
        min(payout_currency_code) as currency_code,
        {{ value_of_greatest('plan_version', 'enrolled_from_date', 'plan_version') }} as plan_version,
        {{ value_of_greatest('team_id', 'enrolled_from_date', 'plan_version') }} as team_id,
        {{ value_of_greatest('region_id', 'enrolled_from_date', 'plan_version') }} as region_id
    from enrolments
    group by rule_set_id, payee_id, plan_id
),

-- What is triggered or released later may fall into periods after the payee has left the plan, and without a line.
totals as (
    select
        coalesce(credited_totals.rule_set_id, payables.rule_set_id) as rule_set_id,
        coalesce(credited_totals.payee_id, payables.payee_id) as payee_id,
        coalesce(credited_totals.plan_id, payables.plan_id) as plan_id,
        coalesce(credited_totals.period_id, payables.period_id) as period_id,
        credited_totals.plan_version,
        credited_totals.team_id,
        credited_totals.region_id,
        credited_totals.rule_set_id is null as is_after_plan,
        coalesce(credited_totals.credited_amount, 0) as credited_amount,
        coalesce(credited_totals.line_count, 0) as line_count,
        coalesce(credited_totals.is_held, false) as is_credited_held,
        coalesce(credited_totals.is_held, false)
        or (payables.period_id is not null and payables.unearned_amount is null) as is_held,
        coalesce(payables.unearned_amount, 0) as unearned_amount,
        coalesce(payables.payable_amount, 0) as payable_amount,
        coalesce(payables.adjustment_amount, 0) as adjustment_amount,
        coalesce(payables.recovered_amount, 0) as recovered_amount,
        coalesce(payables.is_held, false) as is_payable_held
    from credited_totals
    full outer join payables
        on
            credited_totals.rule_set_id = payables.rule_set_id
            and credited_totals.payee_id = payables.payee_id
            and credited_totals.plan_id = payables.plan_id
            and credited_totals.period_id = payables.period_id
)

select
    totals.rule_set_id,
    totals.payee_id,
    totals.plan_id,
    coalesce(totals.plan_version, last_terms.plan_version) as plan_version,
    payees_on_plans.calendar_id,
    totals.period_id,
    calendars.start_date,
    calendars.end_date,
    case when not totals.is_credited_held then cast(totals.credited_amount as {{ pay_type() }}) end as credited_amount,
    case
        when not totals.is_held then cast(totals.credited_amount - totals.unearned_amount as {{ pay_type() }})
    end as earned_amount,
    case when not totals.is_payable_held then cast(totals.payable_amount as {{ pay_type() }}) end as payable_amount,
    case when not totals.is_payable_held then cast(totals.adjustment_amount as {{ pay_type() }}) end
        as adjustment_amount,
    cast(totals.recovered_amount as {{ pay_type() }}) as recovered_amount,
    totals.line_count,
    last_terms.currency_code,
    totals.is_held,
    case when totals.is_after_plan then last_terms.team_id else totals.team_id end as team_id,
    case when totals.is_after_plan then last_terms.region_id else totals.region_id end as region_id
from totals
inner join last_terms
    on
        totals.rule_set_id = last_terms.rule_set_id
        and totals.payee_id = last_terms.payee_id
        and totals.plan_id = last_terms.plan_id
inner join payees_on_plans
    on
        totals.rule_set_id = payees_on_plans.rule_set_id
        and totals.payee_id = payees_on_plans.payee_id
        and totals.plan_id = payees_on_plans.plan_id
inner join calendars
    on
        payees_on_plans.rule_set_id = calendars.rule_set_id
        and payees_on_plans.calendar_id = calendars.calendar_id
        and totals.period_id = calendars.period_id
