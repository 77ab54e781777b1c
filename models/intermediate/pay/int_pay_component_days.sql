-- One row a payee, team, day and component that another one reads (a ratio, a pool, a contest or its gate): what was
-- credited on the day. Where one credit is unknown, so is the day.
with period_components as (
    select
        rule_set_id,
        plan_id,
        of_component_id,
        denominator_component_id,
        measured_component_id
    from {{ ref('stg_planning__period_components') }}
),

components_read as (
    select
        rule_set_id,
        plan_id,
        of_component_id as component_id
    from period_components
    where of_component_id is not null
    union
    select
        rule_set_id,
        plan_id,
        denominator_component_id as component_id
    from period_components
    where denominator_component_id is not null
    union
    select
        rule_set_id,
        plan_id,
        measured_component_id as component_id
    from period_components
    where measured_component_id is not null
    union
    select
        rule_set_id,
        plan_id,
        of_component_id as component_id
    from {{ ref('stg_planning__period_component_parts') }}
    where part_code = 'weighted'
),

enrolments as (
    select
        enrolments.enrolment_number,
        enrolments.rule_set_id,
        enrolments.payee_id,
        enrolments.plan_id,
        enrolments.component_id,
        enrolments.team_id
    from {{ ref('int_pay_enrolments') }} as enrolments
    inner join components_read
        on
            enrolments.rule_set_id = components_read.rule_set_id
            and enrolments.plan_id = components_read.plan_id
            and enrolments.component_id = components_read.component_id
),

credits as (
    select
        enrolment_number,
        credit_date,
        quota_credit_amount,
        hold_text
    from {{ ref('int_pay_credits') }}
),

credits_read as (
    select
        enrolments.rule_set_id,
        enrolments.payee_id,
        enrolments.plan_id,
        enrolments.component_id,
        enrolments.team_id,
        credits.credit_date,
        credits.quota_credit_amount,
        credits.hold_text
    from credits
    inner join enrolments
        on credits.enrolment_number = enrolments.enrolment_number
    union all
    -- What reads more than a window of an opening cannot tell its part.
    select
        enrolments.rule_set_id,
        enrolments.payee_id,
        enrolments.plan_id,
        enrolments.component_id,
        enrolments.team_id,
        openings.day_before as credit_date,
        cast(null as {{ pay_type() }}) as quota_credit_amount,
        'what an earlier system credited before ' || cast(openings.opening_date as {{ dbt.type_string() }})
        || ' is known for its own window alone' as hold_text
    from {{ ref('int_pay_openings') }} as openings
    inner join enrolments
        on openings.enrolment_number = enrolments.enrolment_number
    where openings.is_credited
)

select
    rule_set_id,
    payee_id,
    plan_id,
    component_id,
    team_id,
    credit_date,
    cast(sum(quota_credit_amount) as {{ pay_type() }}) as measure_amount,
    -- A quota that is absent holds lines, and not what was sold.
    max(case when quota_credit_amount is null then hold_text end) as hold_text
from credits_read
group by rule_set_id, payee_id, plan_id, component_id, team_id, credit_date
