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
    select distinct
        payees_on_plans.rule_set_id,
        payees_on_plans.payee_id,
        payees_on_plans.plan_id,
        calendars.period_id
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
),

lines_added as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        period_id,
        sum(earned_amount) as credited_amount,
        count(*) as line_count,
        max(case when is_held then 1 else 0 end) = 1 as is_held
    from payout_lines
    group by rule_set_id, payee_id, plan_id, period_id
),

-- Reversals may come in periods after the payee has left the plan.
credited_totals as (
    select
        coalesce(periods_on_plans.rule_set_id, lines_added.rule_set_id) as rule_set_id,
        coalesce(periods_on_plans.payee_id, lines_added.payee_id) as payee_id,
        coalesce(periods_on_plans.plan_id, lines_added.plan_id) as plan_id,
        coalesce(periods_on_plans.period_id, lines_added.period_id) as period_id,
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

-- What is triggered or released later may fall into periods after the payee has left the plan, and without a line.
totals as (
    select
        coalesce(credited_totals.rule_set_id, payables.rule_set_id) as rule_set_id,
        coalesce(credited_totals.payee_id, payables.payee_id) as payee_id,
        coalesce(credited_totals.plan_id, payables.plan_id) as plan_id,
        coalesce(credited_totals.period_id, payables.period_id) as period_id,
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
),

totals_in_calendars as (
    select
        totals.rule_set_id,
        totals.payee_id,
        totals.plan_id,
        totals.period_id,
        payees_on_plans.calendar_id,
        calendars.start_date,
        calendars.end_date,
        totals.credited_amount,
        totals.line_count,
        totals.is_credited_held,
        totals.is_held,
        totals.unearned_amount,
        totals.payable_amount,
        totals.adjustment_amount,
        totals.recovered_amount,
        totals.is_payable_held
    from totals
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
),

enrolments_begun as (
    select
        totals_in_calendars.rule_set_id,
        totals_in_calendars.payee_id,
        totals_in_calendars.plan_id,
        totals_in_calendars.period_id,
        least(enrolments.enrolled_to_date, totals_in_calendars.end_date) as last_date,
        enrolments.plan_version,
        enrolments.team_id,
        enrolments.region_id
    from totals_in_calendars
    inner join enrolments
        on
            totals_in_calendars.rule_set_id = enrolments.rule_set_id
            and totals_in_calendars.payee_id = enrolments.payee_id
            and totals_in_calendars.plan_id = enrolments.plan_id
            and totals_in_calendars.end_date >= enrolments.enrolled_from_date
),

-- Version, team and region are those of the payee's last day on the plan until the period's end, whatever lines it has.
terms as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        period_id,
        {{ value_of_greatest('plan_version', 'last_date', 'plan_version') }} as plan_version,
        {{ value_of_greatest('team_id', 'last_date', 'plan_version') }} as team_id,
        {{ value_of_greatest('region_id', 'last_date', 'plan_version') }} as region_id
    from enrolments_begun
    group by rule_set_id, payee_id, plan_id, period_id
),

-- Those of the first day are for periods that were over before it.
first_terms as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        -- One; a payee with two is held.
        min(payout_currency_code) as currency_code,
        {{ value_of_least('plan_version', 'enrolled_from_date', 'plan_version') }} as plan_version,
        {{ value_of_least('team_id', 'enrolled_from_date', 'plan_version') }} as team_id,
        {{ value_of_least('region_id', 'enrolled_from_date', 'plan_version') }} as region_id
    from enrolments
    group by rule_set_id, payee_id, plan_id
)

select
    totals_in_calendars.rule_set_id,
    totals_in_calendars.payee_id,
    totals_in_calendars.plan_id,
    coalesce(terms.plan_version, first_terms.plan_version) as plan_version,
    totals_in_calendars.calendar_id,
    totals_in_calendars.period_id,
    totals_in_calendars.start_date,
    totals_in_calendars.end_date,
    case
        when not totals_in_calendars.is_credited_held
            then cast(totals_in_calendars.credited_amount as {{ pay_type() }})
    end as credited_amount,
    case
        when not totals_in_calendars.is_held
            then
                cast(
                    totals_in_calendars.credited_amount - totals_in_calendars.unearned_amount as {{ pay_type() }}
                )
    end as earned_amount,
    case
        when not totals_in_calendars.is_payable_held
            then cast(totals_in_calendars.payable_amount as {{ pay_type() }})
    end as payable_amount,
    case
        when not totals_in_calendars.is_payable_held
            then cast(totals_in_calendars.adjustment_amount as {{ pay_type() }})
    end as adjustment_amount,
    cast(totals_in_calendars.recovered_amount as {{ pay_type() }}) as recovered_amount,
    totals_in_calendars.line_count,
    first_terms.currency_code,
    totals_in_calendars.is_held,
    case when terms.plan_version is null then first_terms.team_id else terms.team_id end as team_id,
    case when terms.plan_version is null then first_terms.region_id else terms.region_id end as region_id
from totals_in_calendars
inner join first_terms
    on
        totals_in_calendars.rule_set_id = first_terms.rule_set_id
        and totals_in_calendars.payee_id = first_terms.payee_id
        and totals_in_calendars.plan_id = first_terms.plan_id
left join terms
    on
        totals_in_calendars.rule_set_id = terms.rule_set_id
        and totals_in_calendars.payee_id = terms.payee_id
        and totals_in_calendars.plan_id = terms.plan_id
        and totals_in_calendars.period_id = terms.period_id
