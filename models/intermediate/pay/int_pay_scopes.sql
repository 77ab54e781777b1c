-- What this run computes: one row a payee, component, window and segment of it, with the quota. Every later pay model
-- joins to it, so that a part of the company can be computed alone. `scope_number` is a short join key inside one run
-- and is never published.
with windows as (
    select
        scope_number,
        rule_set_id,
        payee_id,
        plan_id,
        component_id,
        calendar_id,
        currency_code,
        pay_period_kind_code,
        window_code,
        window_period_id,
        window_start_date,
        window_end_date,
        segment_number,
        segment_from_date,
        segment_to_date
    from {{ ref('int_pay_windows') }}
),

-- Of which nothing counts, although bounds shrink with it.
scopes_without_days as (
    select scope_number
    from {{ ref('int_pay_prorations') }}
    where are_bounds_prorated and numerator_count = 0
),

components as (
    select
        rule_set_id,
        plan_id,
        component_id,
        max(case when is_quota_required then 1 else 0 end) = 1 as is_quota_required
    from {{ ref('stg_planning__components') }}
    group by rule_set_id, plan_id, component_id
),

terms as (
    select
        scope_number,
        max(case when is_main then quota_amount end) as quota_amount,
        max(quota_fault_text) as quota_fault_text,
        max(target_fault_text) as target_fault_text
    from {{ ref('int_pay_terms') }}
    group by scope_number
)

select
    windows.scope_number,
    windows.rule_set_id,
    windows.payee_id,
    windows.plan_id,
    windows.component_id,
    windows.calendar_id,
    windows.currency_code,
    windows.pay_period_kind_code,
    windows.window_code,
    windows.window_period_id,
    windows.window_start_date,
    windows.window_end_date,
    windows.segment_number,
    windows.segment_from_date,
    windows.segment_to_date,
    terms.quota_amount,
    case
        when components.is_quota_required and terms.quota_fault_text is not null
            then
                'the quota of payee ' || windows.payee_id || ' for ' || windows.component_id || ' in '
                || coalesce(windows.window_period_id, windows.window_code) || ' ' || terms.quota_fault_text
        when terms.target_fault_text is not null
            then
                'the variable target of payee ' || windows.payee_id || ' in '
                || coalesce(windows.window_period_id, windows.window_code) || ' ' || terms.target_fault_text
        when scopes_without_days.scope_number is not null
            then
                'no day of payee ' || windows.payee_id || ' counts for ' || windows.component_id || ' in '
                || windows.window_period_id
    end as hold_text
from windows
inner join terms
    on windows.scope_number = terms.scope_number
left join scopes_without_days
    on windows.scope_number = scopes_without_days.scope_number
inner join components
    on
        windows.rule_set_id = components.rule_set_id
        and windows.plan_id = components.plan_id
        and windows.component_id = components.component_id
