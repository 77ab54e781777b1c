-- One row a payee, component with a ramp, and month of its first months of tenure, with the shares that hold then.
with enrolments as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        component_id,
        min(enrolled_from_date) as plan_start_date
    from {{ ref('int_pay_enrolments_dated') }}
    group by rule_set_id, payee_id, plan_id, component_id
),

employees as (
    select
        employee_id,
        hire_date
    from {{ ref('stg_people__employees') }}
),

-- Equal in every version of a component: the plan checks see to it.
ramps as (
    select
        steps.rule_set_id,
        steps.plan_id,
        steps.component_id,
        steps.to_month,
        max(steps.quota_ratio) as quota_ratio,
        max(steps.rate_ratio) as rate_ratio,
        max(terms.tenure_from_code) as tenure_from_code,
        max(terms.tenure_month_code) as tenure_month_code,
        max(plans.calendar_id) as calendar_id
    from {{ ref('stg_planning__ramp_steps') }} as steps
    inner join {{ ref('stg_planning__component_terms') }} as terms
        on
            steps.rule_set_id = terms.rule_set_id
            and steps.plan_id = terms.plan_id
            and steps.plan_version = terms.plan_version
            and steps.component_id = terms.component_id
    inner join {{ ref('stg_planning__plans') }} as plans
        on
            steps.rule_set_id = plans.rule_set_id
            and steps.plan_id = plans.plan_id
            and steps.plan_version = plans.plan_version
    group by steps.rule_set_id, steps.plan_id, steps.component_id, steps.to_month
),

months as (
    select
        rule_set_id,
        calendar_id,
        period_id,
        start_date,
        end_date,
        period_sequence,
        min(start_date) over (partition by rule_set_id, calendar_id) as calendar_from_date
    from {{ ref('stg_planning__calendars') }}
    where period_kind_code = 'month'
),

tenures as (
    select distinct
        enrolments.rule_set_id,
        enrolments.payee_id,
        enrolments.plan_id,
        enrolments.component_id,
        ramps.calendar_id,
        ramps.tenure_month_code,
        case ramps.tenure_from_code
            when 'hire_date' then coalesce(employees.hire_date, enrolments.plan_start_date)
            else enrolments.plan_start_date
        end as tenure_from_date
    from enrolments
    inner join ramps
        on
            enrolments.rule_set_id = ramps.rule_set_id
            and enrolments.plan_id = ramps.plan_id
            and enrolments.component_id = ramps.component_id
    left join employees
        on enrolments.payee_id = employees.employee_id
),

calendar_starts as (
    select distinct
        rule_set_id,
        calendar_id,
        calendar_from_date
    from months
),

tenures_in_months as (
    select
        tenures.rule_set_id,
        tenures.payee_id,
        tenures.plan_id,
        tenures.component_id,
        tenures.calendar_id,
        -- Before the calendar begins, months are those of the year.
        coalesce(
            first_months.period_sequence,
            1 - (
                (year(firsts.calendar_from_date) - year(tenures.tenure_from_date)) * 12
                + month(firsts.calendar_from_date) - month(tenures.tenure_from_date)
            )
        )
        + case
            when
                tenures.tenure_month_code = 'full_month'
                and case
                    when first_months.period_id is not null
                        then tenures.tenure_from_date > first_months.start_date
                    else day(tenures.tenure_from_date) > 1
                end
                then 1
            else 0
        end as first_sequence
    from tenures
    inner join calendar_starts as firsts
        on
            tenures.rule_set_id = firsts.rule_set_id
            and tenures.calendar_id = firsts.calendar_id
    left join months as first_months
        on
            tenures.rule_set_id = first_months.rule_set_id
            and tenures.calendar_id = first_months.calendar_id
            and tenures.tenure_from_date >= first_months.start_date
            and tenures.tenure_from_date <= first_months.end_date
),

months_of_tenure as (
    select
        tenures_in_months.rule_set_id,
        tenures_in_months.payee_id,
        tenures_in_months.plan_id,
        tenures_in_months.component_id,
        months.period_id as month_period_id,
        months.start_date,
        months.end_date,
        ramps.to_month,
        ramps.quota_ratio,
        ramps.rate_ratio,
        row_number() over (
            partition by
                tenures_in_months.rule_set_id,
                tenures_in_months.payee_id,
                tenures_in_months.plan_id,
                tenures_in_months.component_id,
                months.period_id
            order by ramps.to_month
        ) as step_order
    from tenures_in_months
    inner join months
        on
            tenures_in_months.rule_set_id = months.rule_set_id
            and tenures_in_months.calendar_id = months.calendar_id
    inner join ramps
        on
            tenures_in_months.rule_set_id = ramps.rule_set_id
            and tenures_in_months.plan_id = ramps.plan_id
            and tenures_in_months.component_id = ramps.component_id
            and months.period_sequence - tenures_in_months.first_sequence + 1 <= ramps.to_month
)

select
    rule_set_id,
    payee_id,
    plan_id,
    component_id,
    month_period_id,
    start_date,
    end_date,
    cast(quota_ratio as {{ ratio_type() }}) as quota_ratio,
    cast(rate_ratio as {{ ratio_type() }}) as rate_ratio
from months_of_tenure
where step_order = 1
