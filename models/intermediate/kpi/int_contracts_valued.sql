with settings as (
    select
        as_of_date,
        company_currency_code
    from {{ ref('int_settings_dated') }}
),

contracts as (
    select
        contract_id,
        customer_id,
        account_id,
        start_date,
        end_date,
        annual_value_amount,
        currency_code,
        renewed_from_contract_id,
        cancelled_date
    from {{ ref('stg_finance__contracts') }}
),

customers_owned as (
    select
        customer_id,
        account_id,
        payee_id,
        team_id,
        region_id
    from {{ ref('int_customers_owned') }}
),

accounts as (
    select
        account_id,
        owner_payee_id
    from {{ ref('dim_accounts') }}
),

payees as (
    select
        payee_id,
        team_id,
        region_id
    from {{ ref('dim_payees') }}
),

company_rates as (
    select
        currency_code,
        calendar_date,
        exchange_rate
    from {{ ref('int_company_rates_expanded') }}
),

renewals as (
    select distinct renewed_from_contract_id as contract_id
    from contracts
    where renewed_from_contract_id is not null
)

select
    contracts.contract_id,
    coalesce(contracts.customer_id, contracts.account_id, contracts.contract_id) as customer_key,
    coalesce(customers_owned.payee_id, payees.payee_id) as payee_id,
    case when customers_owned.payee_id is null then payees.team_id else customers_owned.team_id end as team_id,
    case when customers_owned.payee_id is null then payees.region_id else customers_owned.region_id end as region_id,
    contracts.start_date,
    contracts.end_date,
    least(contracts.end_date, coalesce({{ add_days('contracts.cancelled_date', -1) }}, contracts.end_date))
        as last_active_date,
    {{ company_amount('contracts.annual_value_amount', 'contracts.currency_code') }} as annual_company_amount,
    renewals.contract_id is not null as is_renewed
from contracts
cross join settings
left join customers_owned
    on contracts.customer_id = customers_owned.customer_id
left join accounts
    on contracts.account_id = accounts.account_id
left join payees
    on accounts.owner_payee_id = payees.payee_id
-- One day's rate for all years: retention measures what customers buy, not how currencies move.
left join company_rates
    on
        contracts.currency_code = company_rates.currency_code
        and settings.as_of_date = company_rates.calendar_date
left join renewals
    on contracts.contract_id = renewals.contract_id
