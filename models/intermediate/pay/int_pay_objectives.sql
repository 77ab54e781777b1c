-- One row a payee, component and window of objectives: what they came to, weighted. Unknown while a result is
-- missing or approved by nobody, and where the weights are not the whole.
{%- set most_result_ratio = 10 %}
with payee_periods as (
    select
        scope_number,
        enrolment_number,
        rule_set_id,
        payee_id,
        plan_id,
        plan_version,
        component_id,
        period_id,
        window_period_id,
        event_date,
        hold_text
    from {{ ref('int_pay_payee_periods') }}
    where event_kind_code = 'mbo'
),

period_components as (
    select
        rule_set_id,
        plan_id,
        plan_version,
        component_id,
        whole_ratio
    from {{ ref('stg_planning__period_components') }}
),

mbo_results as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        component_id,
        period_id,
        objective_name,
        weight_ratio,
        result_ratio,
        approved_by_employee_id
    from {{ ref('stg_planning__mbo_results') }}
),

periods_with_results as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        component_id,
        period_id,
        count(*) as objective_count,
        sum(weight_ratio) as weight_total,
        sum({{ multiply_exact('cast(weight_ratio as ' ~ pay_type() ~ ')', 'result_ratio') }}) as result_total,
        min(case when result_ratio is null then objective_name end) as missing_name,
        -- A result of 90 is 9,000 %: a percentage that was written as a number.
        min(case when result_ratio > {{ most_result_ratio }} then objective_name end) as huge_name,
        min(case when approved_by_employee_id is null then objective_name end) as unapproved_name,
        min(case when approved_by_employee_id = payee_id then objective_name end) as self_approved_name
    from mbo_results
    group by rule_set_id, payee_id, plan_id, component_id, period_id
),

objectives as (
    select
        payee_periods.scope_number,
        payee_periods.enrolment_number,
        payee_periods.period_id,
        payee_periods.window_period_id,
        payee_periods.event_date,
        periods_with_results.objective_count,
        periods_with_results.result_total,
        coalesce(
            payee_periods.hold_text,
            case
                when periods_with_results.objective_count is null
                    then 'there are no objectives of payee ' || payee_periods.payee_id || ' in '
                        || payee_periods.window_period_id
                when periods_with_results.weight_total <> period_components.whole_ratio
                    then 'the weights of the objectives of payee ' || payee_periods.payee_id || ' in '
                        || payee_periods.window_period_id || ' do not add up to the whole'
            end,
            'the result of objective ' || periods_with_results.missing_name || ' is missing',
            'the result of objective ' || periods_with_results.huge_name || ' is above 1000 %: 90 % is written 0.9',
            'nobody approved the result of objective ' || periods_with_results.unapproved_name,
            'payee ' || payee_periods.payee_id || ' approved their own result of objective '
            || periods_with_results.self_approved_name
        ) as hold_text
    from payee_periods
    inner join period_components
        on
            payee_periods.rule_set_id = period_components.rule_set_id
            and payee_periods.plan_id = period_components.plan_id
            and payee_periods.plan_version = period_components.plan_version
            and payee_periods.component_id = period_components.component_id
    left join periods_with_results
        on
            payee_periods.rule_set_id = periods_with_results.rule_set_id
            and payee_periods.payee_id = periods_with_results.payee_id
            and payee_periods.plan_id = periods_with_results.plan_id
            and payee_periods.component_id = periods_with_results.component_id
            and payee_periods.window_period_id = periods_with_results.period_id
)

select
    scope_number,
    enrolment_number,
    period_id,
    window_period_id,
    event_date,
    case when hold_text is null then cast(result_total as {{ pay_type() }}) end as measure_amount,
    hold_text,
    case
        when hold_text is null
            then cast(objective_count as {{ dbt.type_string() }}) || ' objectives, weighted result '
                || {{ number_in_words('cast(result_total as ' ~ pay_type() ~ ')') }}
    end as cause_text
from objectives
