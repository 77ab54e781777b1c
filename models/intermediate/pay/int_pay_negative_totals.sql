-- One row a window of a component that carries what earlier windows left below zero: the total that it begins with,
-- which is never above 0. Rows only for plans that carry it.
with components as (
    select distinct
        rule_set_id,
        plan_id,
        component_id
    from {{ ref('stg_planning__components') }}
    where is_negative_total_carried
),

scopes as (
    select
        scopes.scope_number,
        scopes.rule_set_id,
        scopes.payee_id,
        scopes.plan_id,
        scopes.component_id,
        scopes.window_start_date,
        scopes.segment_from_date
    from {{ ref('int_pay_scopes') }} as scopes
    inner join components
        on
            scopes.rule_set_id = components.rule_set_id
            and scopes.plan_id = components.plan_id
            and scopes.component_id = components.component_id
),

credits as (
    select
        credit_number,
        scope_number,
        quota_credit_amount
    from {{ ref('int_pay_credits') }}
    union all
    select
        credit_number,
        scope_number,
        quota_credit_amount
    from {{ ref('int_pay_period_credits') }}
    where event_kind_code = 'opening'
),

event_measures as (
    select
        credit_number,
        measured_amount
    from {{ ref('int_pay_event_measures') }}
),

windows_added as (
    select
        scopes.scope_number,
        sum(coalesce(event_measures.measured_amount, credits.quota_credit_amount)) as window_amount,
        -- A quota that is absent holds its own window, and not what was sold.
        max(case when credits.quota_credit_amount is null then 1 else 0 end) as unknown_count
    from scopes
    inner join credits
        on scopes.scope_number = credits.scope_number
    left join event_measures
        on credits.credit_number = event_measures.credit_number
    group by scopes.scope_number
),

windows_in_order as (
    select
        scopes.scope_number,
        scopes.rule_set_id,
        scopes.payee_id,
        scopes.plan_id,
        scopes.component_id,
        scopes.window_start_date,
        scopes.segment_from_date,
        max(coalesce(windows_added.unknown_count, 0)) over until_here as unknown_count,
        sum(coalesce(windows_added.window_amount, 0)) over until_here as running_amount
    from scopes
    left join windows_added
        on scopes.scope_number = windows_added.scope_number
    window until_here as (
        partition by scopes.rule_set_id, scopes.payee_id, scopes.plan_id, scopes.component_id
        order by scopes.window_start_date, scopes.segment_from_date
        rows between unbounded preceding and current row
    )
),

-- What is left below zero is how far the running total lies below the highest that it ever reached.
windows_before as (
    select
        scope_number,
        lag(unknown_count) over windows_of_component as unknown_count,
        lag(running_amount) over windows_of_component as running_amount,
        max(running_amount) over (
            partition by rule_set_id, payee_id, plan_id, component_id
            order by window_start_date, segment_from_date
            rows between unbounded preceding and 1 preceding
        ) as highest_amount
    from windows_in_order
    window windows_of_component as (
        partition by rule_set_id, payee_id, plan_id, component_id
        order by window_start_date, segment_from_date
    )
)

select
    scope_number,
    unknown_count,
    cast(running_amount - greatest(highest_amount, 0) as {{ pay_type() }}) as carried_amount
from windows_before
where running_amount is not null
