with plans as (
    select
        rule_set_id,
        plan_id,
        plan_version,
        plan_name,
        valid_from_date,
        valid_to_date,
        currency_code,
        calendar_id
    from {{ ref('stg_planning__plans') }}
),

components as (
    select
        rule_set_id,
        plan_id,
        plan_version
    from {{ ref('stg_planning__components') }}
),

component_counts as (
    select
        rule_set_id,
        plan_id,
        plan_version,
        count(*) as component_count
    from components
    group by
        rule_set_id,
        plan_id,
        plan_version
)

select
    plans.rule_set_id,
    plans.plan_id,
    plans.plan_version,
    plans.plan_name,
    plans.valid_from_date,
    coalesce(plans.valid_to_date, {{ far_future_date() }}) as valid_to_date,
    plans.currency_code,
    plans.calendar_id,
    coalesce(component_counts.component_count, 0) as component_count
from plans
left join component_counts
    on
        plans.rule_set_id = component_counts.rule_set_id
        and plans.plan_id = component_counts.plan_id
        and plans.plan_version = component_counts.plan_version
