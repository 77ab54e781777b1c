-- One row a window whose curve has an intercept: the amount, on the first credit of the window. A kind: intercept.
with scopes as (
    select
        scope_number,
        rule_set_id,
        plan_id,
        component_id
    from {{ ref('int_pay_scopes') }}
),

components as (
    select
        rule_set_id,
        plan_id,
        plan_version,
        component_id,
        intercept_amount
    from {{ ref('stg_planning__components') }}
    where intercept_amount is not null
),

measures as (
    select
        scope_number,
        position,
        plan_version,
        sale_code
    from {{ ref('int_pay_measures') }}
    where
        not is_held
        and not is_mirror
),

scopes_with_intercept as (
    select distinct scopes.scope_number
    from scopes
    inner join components
        on
            scopes.rule_set_id = components.rule_set_id
            and scopes.plan_id = components.plan_id
            and scopes.component_id = components.component_id
),

credits_numbered as (
    select
        measures.scope_number,
        measures.position,
        measures.plan_version,
        row_number() over (
            partition by measures.scope_number, measures.sale_code
            order by measures.position
        ) as credit_order
    from measures
    inner join scopes_with_intercept
        on measures.scope_number = scopes_with_intercept.scope_number
)

select
    credits_numbered.scope_number,
    credits_numbered.position,
    cast(null as bigint) as caused_by_credit_number,
    'intercept' as trace_kind_code,
    cast(null as bigint) as tier_number,
    cast(null as {{ pay_type() }}) as lower_bound_amount,
    cast(null as {{ pay_type() }}) as upper_bound_amount,
    cast(0 as bigint) as slice_order,
    cast(null as {{ pay_type() }}) as base_amount,
    cast(null as {{ pay_type() }}) as from_amount,
    cast(null as {{ pay_type() }}) as to_amount,
    cast(null as {{ ratio_type() }}) as rate_ratio,
    cast(null as {{ ratio_type() }}) as prior_rate_ratio,
    cast(null as {{ pay_type() }}) as numerator_amount,
    cast(null as {{ pay_type() }}) as denominator_amount,
    cast(components.intercept_amount as {{ pay_type() }}) as point_pay_amount,
    cast(components.intercept_amount as {{ pay_type() }}) as slice_amount
from credits_numbered
inner join scopes
    on credits_numbered.scope_number = scopes.scope_number
inner join components
    on
        scopes.rule_set_id = components.rule_set_id
        and scopes.plan_id = components.plan_id
        and scopes.component_id = components.component_id
        and credits_numbered.plan_version = components.plan_version
where credits_numbered.credit_order = 1
