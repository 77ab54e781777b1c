-- One row a payee, period and guaranteed minimum that what was earned does not reach: of a component, or of a plan
-- after its components' floors. Only periods that are over; the terms are those of the payee's last day on the plan in
-- them.
with runs as (
    select as_of_date
    from {{ source('landing', 'run') }}
),

component_floors as (
    select
        rule_set_id,
        plan_id,
        plan_version,
        component_id,
        cast(floor_amount as {{ pay_type() }}) as floor_amount
    from {{ ref('stg_planning__component_limits') }}
    where
        per_code = 'period'
        and floor_amount is not null
),

plan_floors as (
    select
        rule_set_id,
        plan_id,
        plan_version,
        cast(null as {{ dbt.type_string() }}) as component_id,
        cast(floor_amount as {{ pay_type() }}) as floor_amount
    from {{ ref('stg_planning__plan_limits') }}
    where
        per_code = 'period'
        and floor_amount is not null
),

floors as (
    {%- for source in ['component_floors', 'plan_floors'] %}
    select
        rule_set_id,
        plan_id,
        plan_version,
        component_id,
        floor_amount
    from {{ source }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

plans_with_floors as (
    select distinct
        rule_set_id,
        plan_id
    from floors
),

scopes as (
    select
        scope_number,
        rule_set_id,
        payee_id,
        plan_id,
        component_id
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
        calendar_id,
        currency_code,
        pay_period_kind_code,
        team_id,
        region_id,
        hold_text
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

measures as (
    select
        credit_number,
        period_id
    from {{ ref('int_pay_measures') }}
),

roundings as (
    select
        scope_number,
        coalesce(cause_credit_number, credit_number) as posting_credit_number,
        earned_amount,
        is_held
    from {{ ref('int_pay_roundings') }}
),

payees_computed as (
    select distinct
        scopes.rule_set_id,
        scopes.payee_id,
        scopes.plan_id
    from scopes
    inner join plans_with_floors
        on
            scopes.rule_set_id = plans_with_floors.rule_set_id
            and scopes.plan_id = plans_with_floors.plan_id
),

enrolments_in_periods as (
    select
        enrolments.rule_set_id,
        enrolments.payee_id,
        enrolments.plan_id,
        enrolments.plan_version,
        enrolments.component_id,
        enrolments.calendar_id,
        enrolments.currency_code,
        enrolments.team_id,
        enrolments.region_id,
        enrolments.hold_text,
        calendars.period_id,
        calendars.end_date,
        enrolments.enrolled_to_date
    from payees_computed
    inner join enrolments
        on
            payees_computed.rule_set_id = enrolments.rule_set_id
            and payees_computed.payee_id = enrolments.payee_id
            and payees_computed.plan_id = enrolments.plan_id
    inner join calendars
        on
            enrolments.rule_set_id = calendars.rule_set_id
            and enrolments.calendar_id = calendars.calendar_id
            and enrolments.pay_period_kind_code = calendars.period_kind_code
            and enrolments.enrolled_from_date <= calendars.end_date
            and enrolments.enrolled_to_date >= calendars.start_date
    cross join runs
    where calendars.end_date <= runs.as_of_date
),

periods_of_components as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        component_id,
        period_id,
        max(calendar_id) as calendar_id,
        max(currency_code) as currency_code,
        max(end_date) as end_date,
        max(hold_text) as hold_text,
        {{ value_of_greatest('plan_version', 'enrolled_to_date', 'plan_version') }} as plan_version,
        {{ value_of_greatest('team_id', 'enrolled_to_date', 'plan_version') }} as team_id,
        {{ value_of_greatest('region_id', 'enrolled_to_date', 'plan_version') }} as region_id
    from enrolments_in_periods
    group by rule_set_id, payee_id, plan_id, component_id, period_id
),

periods_of_plans as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        cast(null as {{ dbt.type_string() }}) as component_id,
        period_id,
        max(calendar_id) as calendar_id,
        max(currency_code) as currency_code,
        max(end_date) as end_date,
        max(hold_text) as hold_text,
        {{ value_of_greatest('plan_version', 'enrolled_to_date', 'plan_version') }} as plan_version,
        {{ value_of_greatest('team_id', 'enrolled_to_date', 'plan_version') }} as team_id,
        {{ value_of_greatest('region_id', 'enrolled_to_date', 'plan_version') }} as region_id
    from enrolments_in_periods
    group by rule_set_id, payee_id, plan_id, period_id
),

lines_earned as (
    select
        scopes.rule_set_id,
        scopes.payee_id,
        scopes.plan_id,
        scopes.component_id,
        measures.period_id,
        sum(roundings.earned_amount) as earned_amount,
        max(case when roundings.is_held then 1 else 0 end) as held_count
    from roundings
    inner join scopes
        on roundings.scope_number = scopes.scope_number
    inner join plans_with_floors
        on
            scopes.rule_set_id = plans_with_floors.rule_set_id
            and scopes.plan_id = plans_with_floors.plan_id
    inner join measures
        on roundings.posting_credit_number = measures.credit_number
    group by scopes.rule_set_id, scopes.payee_id, scopes.plan_id, scopes.component_id, measures.period_id
),

components_lifted as (
    select
        periods_of_components.rule_set_id,
        periods_of_components.payee_id,
        periods_of_components.plan_id,
        periods_of_components.plan_version,
        periods_of_components.component_id,
        periods_of_components.calendar_id,
        periods_of_components.period_id,
        periods_of_components.end_date,
        periods_of_components.currency_code,
        periods_of_components.team_id,
        periods_of_components.region_id,
        periods_of_components.hold_text is not null or coalesce(lines_earned.held_count, 0) = 1 as is_held,
        floors.floor_amount,
        cast(coalesce(lines_earned.earned_amount, 0) as {{ pay_type() }}) as earned_amount
    from periods_of_components
    inner join floors
        on
            periods_of_components.rule_set_id = floors.rule_set_id
            and periods_of_components.plan_id = floors.plan_id
            and periods_of_components.plan_version = floors.plan_version
            and periods_of_components.component_id = floors.component_id
    left join lines_earned
        on
            periods_of_components.rule_set_id = lines_earned.rule_set_id
            and periods_of_components.payee_id = lines_earned.payee_id
            and periods_of_components.plan_id = lines_earned.plan_id
            and periods_of_components.component_id = lines_earned.component_id
            and periods_of_components.period_id = lines_earned.period_id
),

earned_in_plans as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        period_id,
        earned_amount,
        held_count
    from lines_earned
    union all
    select
        rule_set_id,
        payee_id,
        plan_id,
        period_id,
        greatest(floor_amount - earned_amount, 0) as earned_amount,
        case when is_held then 1 else 0 end as held_count
    from components_lifted
),

earned_in_plans_added as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        period_id,
        sum(earned_amount) as earned_amount,
        max(held_count) as held_count
    from earned_in_plans
    group by rule_set_id, payee_id, plan_id, period_id
),

plans_lifted as (
    select
        periods_of_plans.rule_set_id,
        periods_of_plans.payee_id,
        periods_of_plans.plan_id,
        periods_of_plans.plan_version,
        periods_of_plans.component_id,
        periods_of_plans.calendar_id,
        periods_of_plans.period_id,
        periods_of_plans.end_date,
        periods_of_plans.currency_code,
        periods_of_plans.team_id,
        periods_of_plans.region_id,
        periods_of_plans.hold_text is not null or coalesce(earned_in_plans_added.held_count, 0) = 1 as is_held,
        floors.floor_amount,
        cast(coalesce(earned_in_plans_added.earned_amount, 0) as {{ pay_type() }}) as earned_amount
    from periods_of_plans
    inner join floors
        on
            periods_of_plans.rule_set_id = floors.rule_set_id
            and periods_of_plans.plan_id = floors.plan_id
            and periods_of_plans.plan_version = floors.plan_version
            and floors.component_id is null
    left join earned_in_plans_added
        on
            periods_of_plans.rule_set_id = earned_in_plans_added.rule_set_id
            and periods_of_plans.payee_id = earned_in_plans_added.payee_id
            and periods_of_plans.plan_id = earned_in_plans_added.plan_id
            and periods_of_plans.period_id = earned_in_plans_added.period_id
)
{%- for source in ['components_lifted', 'plans_lifted'] %}

select
    rule_set_id,
    'floor:' || period_id || ':' || payee_id || ':' || plan_id || coalesce(':' || component_id, '') as line_id,
    payee_id,
    plan_id,
    plan_version,
    component_id,
    calendar_id,
    period_id,
    end_date as line_date,
    currency_code,
    team_id,
    region_id,
    is_held,
    floor_amount,
    earned_amount as earned_before_amount,
    case when not is_held then cast(floor_amount - earned_amount as {{ pay_type() }}) end as floor_line_amount
from {{ source }}
where
    is_held
    or earned_amount < floor_amount
{%- if not loop.last %}
union all
{%- endif %}
{%- endfor %}
