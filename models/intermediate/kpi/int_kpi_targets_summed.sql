with settings as (
    select
        as_of_date,
        company_currency_code
    from {{ ref('int_settings_dated') }}
),

quotas as (
    select
        quotas.payee_id,
        quotas.plan_id,
        quotas.component_id,
        quotas.period_id,
        quotas.quota_amount,
        quotas.currency_code
    from {{ ref('stg_planning__quotas') }} as quotas
    where quotas.rule_set_id = 'live'
),

components as (
    select
        plan_id,
        component_id
    from {{ ref('stg_planning__components') }}
    where
        rule_set_id = 'live'
        and event_kind_code = 'booking'
        and measure_code = 'amount'
),

periods as (
    select
        period_id,
        period_kind_code,
        quarter_period_id,
        year_period_id
    from {{ ref('dim_periods') }}
    where is_company_calendar
),

payees as (
    select
        payee_id,
        team_id,
        region_id,
        manager_payee_id
    from {{ ref('dim_payees') }}
),

company_rates as (
    select
        currency_code,
        calendar_date,
        exchange_rate
    from {{ ref('int_company_rates_expanded') }}
),

booking_components as (
    select distinct
        plan_id,
        component_id
    from components
),

managers as (
    select distinct manager_payee_id as payee_id
    from payees
    where manager_payee_id is not null
),

quotas_in_company_currency as (
    select
        quotas.payee_id,
        quotas.plan_id,
        quotas.component_id,
        quotas.period_id,
        {{ company_amount('quotas.quota_amount', 'quotas.currency_code') }} as quota_company_amount
    from quotas
    inner join booking_components
        on
            quotas.plan_id = booking_components.plan_id
            and quotas.component_id = booking_components.component_id
    cross join settings
    left join company_rates
        on
            quotas.currency_code = company_rates.currency_code
            and settings.as_of_date = company_rates.calendar_date
),

periods_rolled as (
    select
        period_id,
        period_id as rolled_period_id
    from periods
    where period_kind_code in ('month', 'quarter', 'year')

    union all

    select
        period_id,
        quarter_period_id as rolled_period_id
    from periods
    where period_kind_code = 'month'

    union all

    select
        period_id,
        year_period_id as rolled_period_id
    from periods
    where period_kind_code in ('month', 'quarter', 'half')
),

component_targets as (
    select
        quotas_in_company_currency.payee_id,
        quotas_in_company_currency.plan_id,
        quotas_in_company_currency.component_id,
        periods_rolled.rolled_period_id as period_id,
        sum(quotas_in_company_currency.quota_company_amount) as target_value
    from quotas_in_company_currency
    inner join periods_rolled
        on quotas_in_company_currency.period_id = periods_rolled.period_id
    where quotas_in_company_currency.quota_company_amount is not null
    group by
        quotas_in_company_currency.payee_id,
        quotas_in_company_currency.plan_id,
        quotas_in_company_currency.component_id,
        periods_rolled.rolled_period_id
),

-- Components of one plan measure the same deals, so the largest quota stands for all of them.
plan_targets as (
    select
        payee_id,
        plan_id,
        period_id,
        max(target_value) as target_value
    from component_targets
    group by
        payee_id,
        plan_id,
        period_id
),

-- Who changed plans within the year has a part of the year's target in each.
payee_targets as (
    select
        payee_id,
        period_id,
        sum(target_value) as target_value
    from plan_targets
    group by
        payee_id,
        period_id
)

select
    payee_targets.period_id,
    payee_targets.payee_id,
    payees.team_id,
    payees.region_id,
    payee_targets.target_value,
    managers.payee_id is not null as is_manager
from payee_targets
left join payees
    on payee_targets.payee_id = payees.payee_id
left join managers
    on payee_targets.payee_id = managers.payee_id
