-- One row a scope that a rule beyond the curve reads: its component has a gate, multipliers, limits or a matrix, its
-- plan has limits, it is linked to another component, or a gate, multiplier or matrix of another component reads its
-- measure.
with scopes as (
    select
        scope_number,
        rule_set_id,
        payee_id,
        plan_id,
        component_id,
        window_code,
        segment_from_date,
        segment_to_date
    from {{ ref('int_pay_scopes') }}
),

ruled_components as (
    {%- for table in ['component_gates', 'component_multipliers', 'component_limits', 'matrix_bands'] %}
    select
        rule_set_id,
        plan_id,
        component_id
    from {{ ref('stg_planning__' ~ table) }}
    union
    {%- endfor %}
    select
        rule_set_id,
        plan_id,
        component_id
    from {{ ref('stg_planning__period_components') }}
    where event_kind_code = 'linked'
    union
    select
        components.rule_set_id,
        components.plan_id,
        components.component_id
    from {{ ref('stg_planning__components') }} as components
    inner join {{ ref('stg_planning__plan_limits') }} as plan_limits
        on
            components.rule_set_id = plan_limits.rule_set_id
            and components.plan_id = plan_limits.plan_id
),

measured_components as (
    select
        rule_set_id,
        plan_id,
        measured_component_id as component_id
    from {{ ref('stg_planning__component_gates') }}
    union
    select
        rule_set_id,
        plan_id,
        measured_component_id as component_id
    from {{ ref('stg_planning__component_multipliers') }}
    where measured_component_id is not null
    union
    select
        rule_set_id,
        plan_id,
        measured_component_id as component_id
    from {{ ref('stg_planning__matrix_bands') }}
)

select
    scopes.scope_number,
    scopes.rule_set_id,
    scopes.payee_id,
    scopes.plan_id,
    scopes.component_id,
    scopes.window_code,
    scopes.segment_from_date,
    scopes.segment_to_date,
    ruled_components.component_id is not null as is_ruled
from scopes
left join ruled_components
    on
        scopes.rule_set_id = ruled_components.rule_set_id
        and scopes.plan_id = ruled_components.plan_id
        and scopes.component_id = ruled_components.component_id
left join measured_components
    on
        scopes.rule_set_id = measured_components.rule_set_id
        and scopes.plan_id = measured_components.plan_id
        and scopes.component_id = measured_components.component_id
where
    ruled_components.component_id is not null
    or measured_components.component_id is not null
