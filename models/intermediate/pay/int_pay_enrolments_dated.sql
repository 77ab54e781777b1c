-- One row a payee, component of a plan version, assignment and stretch of days on which the payee earns by it. A
-- version that restates holds from the first day of the window that it begins in, once its own first day has come.
with runs as (
    select as_of_date
    from {{ source('landing', 'run') }}
),

assignments as (
    select
        assignment_id,
        payee_id,
        plan_id,
        valid_from_date,
        valid_to_date
    from {{ ref('int_pay_assignments') }}
),

plans as (
    select
        rule_set_id,
        plan_id,
        plan_version,
        calendar_id,
        valid_from_date,
        coalesce(valid_to_date, {{ far_future_date() }}) as valid_to_date
    from {{ ref('stg_planning__plans') }}
),

components as (
    select
        rule_set_id,
        plan_id,
        plan_version,
        component_id,
        window_code
    from {{ ref('stg_planning__components') }}
),

restating_terms as (
    select
        rule_set_id,
        plan_id,
        plan_version,
        component_id
    from {{ ref('stg_planning__component_terms') }}
    where plan_version_change_code = 'restate'
),

calendars as (
    select
        rule_set_id,
        calendar_id,
        period_kind_code,
        start_date,
        end_date
    from {{ ref('stg_planning__calendars') }}
),

component_versions as (
    select
        plans.rule_set_id,
        plans.plan_id,
        plans.plan_version,
        components.component_id,
        components.window_code,
        plans.calendar_id,
        plans.valid_from_date,
        plans.valid_to_date,
        min(plans.valid_from_date) over versions_of_component as first_from_date,
        lag(plans.valid_to_date) over versions_in_order as earlier_to_date
    from plans
    inner join components
        on
            plans.rule_set_id = components.rule_set_id
            and plans.plan_id = components.plan_id
            and plans.plan_version = components.plan_version
    window
        versions_of_component as (partition by plans.rule_set_id, plans.plan_id, components.component_id),
        versions_in_order as (
            partition by plans.rule_set_id, plans.plan_id, components.component_id
            order by plans.valid_from_date
        )
),

versions_restated as (
    select
        component_versions.rule_set_id,
        component_versions.plan_id,
        component_versions.plan_version,
        component_versions.component_id,
        component_versions.valid_from_date,
        component_versions.valid_to_date,
        case
            when restating_terms.component_id is null then component_versions.valid_from_date
            when component_versions.window_code = 'plan_life' then component_versions.first_from_date
            else coalesce(calendars.start_date, component_versions.valid_from_date)
        end as holds_from_date
    from component_versions
    cross join runs
    left join restating_terms
        on
            component_versions.rule_set_id = restating_terms.rule_set_id
            and component_versions.plan_id = restating_terms.plan_id
            and component_versions.plan_version = restating_terms.plan_version
            and component_versions.component_id = restating_terms.component_id
            -- A version after a gap has no window to restate.
            and component_versions.earlier_to_date = {{ add_days('component_versions.valid_from_date', -1) }}
            and component_versions.valid_from_date <= runs.as_of_date
    left join calendars
        on
            restating_terms.rule_set_id = calendars.rule_set_id
            and component_versions.calendar_id = calendars.calendar_id
            and component_versions.window_code = calendars.period_kind_code
            and component_versions.valid_from_date >= calendars.start_date
            and component_versions.valid_from_date <= calendars.end_date
),

versions_held as (
    select
        rule_set_id,
        plan_id,
        plan_version,
        component_id,
        holds_from_date,
        least(
            valid_to_date,
            coalesce(
                {{ add_days('min(holds_from_date) over later_versions', -1) }},
                {{ far_future_date() }}
            )
        ) as holds_to_date
    from versions_restated
    window later_versions as (
        partition by rule_set_id, plan_id, component_id
        order by valid_from_date
        rows between 1 following and unbounded following
    )
)

select
    versions_held.rule_set_id,
    assignments.payee_id,
    versions_held.plan_id,
    versions_held.plan_version,
    versions_held.component_id,
    assignments.assignment_id,
    greatest(assignments.valid_from_date, versions_held.holds_from_date) as enrolled_from_date,
    least(assignments.valid_to_date, versions_held.holds_to_date) as enrolled_to_date
from assignments
inner join versions_held
    on
        assignments.plan_id = versions_held.plan_id
        and assignments.valid_from_date <= versions_held.holds_to_date
        and assignments.valid_to_date >= versions_held.holds_from_date
        and versions_held.holds_from_date <= versions_held.holds_to_date
