-- What this run computes: one row a payee, component and window. Every later pay model joins to it, so that a part of
-- the company can be computed alone. `scope_number` is a short join key inside one run and is never published.
with runs as (
    select as_of_date
    from {{ source('landing', 'run') }}
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
        window_code
    from {{ ref('int_pay_enrolments') }}
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

quotas as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        component_id,
        calendar_id,
        period_id,
        max(quota_amount) as quota_amount,
        max(currency_code) as currency_code,
        count(*) as quota_count
    from {{ ref('stg_planning__quotas') }}
    group by rule_set_id, payee_id, plan_id, component_id, calendar_id, period_id
),

windows_by_calendar as (
    select distinct
        enrolments.rule_set_id,
        enrolments.payee_id,
        enrolments.plan_id,
        enrolments.component_id,
        enrolments.calendar_id,
        enrolments.currency_code,
        enrolments.pay_period_kind_code,
        enrolments.window_code,
        calendars.period_id as window_period_id,
        calendars.start_date as window_start_date,
        calendars.end_date as window_end_date
    from enrolments
    inner join calendars
        on
            enrolments.rule_set_id = calendars.rule_set_id
            and enrolments.calendar_id = calendars.calendar_id
            and enrolments.window_code = calendars.period_kind_code
            and enrolments.enrolled_from_date <= calendars.end_date
            and enrolments.enrolled_to_date >= calendars.start_date
    cross join runs
    where calendars.start_date <= runs.as_of_date
),

windows_without_calendar as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        component_id,
        calendar_id,
        currency_code,
        pay_period_kind_code,
        window_code,
        cast(null as {{ dbt.type_string() }}) as window_period_id,
        min(enrolled_from_date) as window_start_date,
        max(enrolled_to_date) as window_end_date
    from enrolments
    where window_code in ('none', 'plan_life')
    group by
        rule_set_id, payee_id, plan_id, component_id, calendar_id, currency_code, pay_period_kind_code, window_code
),

windows as (
    select
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
        window_end_date
    from windows_by_calendar
    union all
    select
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
        window_end_date
    from windows_without_calendar
),

windows_with_quota as (
    select
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
        components.is_quota_required,
        case
            when
                quotas.quota_count = 1
                and quotas.quota_amount > 0
                and coalesce(quotas.currency_code, windows.currency_code) = windows.currency_code
                then quotas.quota_amount
        end as quota_amount,
        case
            when quotas.quota_count is null then 'is absent'
            when quotas.quota_count > 1 then 'stands twice'
            when quotas.quota_amount <= 0 then 'is not above 0'
            when coalesce(quotas.currency_code, windows.currency_code) <> windows.currency_code
                then 'is not in the currency of the plan'
        end as quota_fault_text
    from windows
    inner join components
        on
            windows.rule_set_id = components.rule_set_id
            and windows.plan_id = components.plan_id
            and windows.component_id = components.component_id
    left join quotas
        on
            windows.rule_set_id = quotas.rule_set_id
            and windows.payee_id = quotas.payee_id
            and windows.plan_id = quotas.plan_id
            and windows.component_id = quotas.component_id
            and windows.calendar_id = quotas.calendar_id
            and windows.window_period_id = quotas.period_id
)

select
    row_number() over (order by rule_set_id, payee_id, plan_id, component_id, window_start_date, window_period_id)
        as scope_number,
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
    quota_amount,
    case
        when is_quota_required and quota_fault_text is not null
            then
                'the quota of payee ' || payee_id || ' for ' || component_id || ' in '
                || coalesce(window_period_id, window_code) || ' ' || quota_fault_text
    end as hold_text
from windows_with_quota
