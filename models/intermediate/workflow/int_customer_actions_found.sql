with settings as (
    select
        as_of_date,
        company_currency_code,
        invoice_expected_days,
        renewal_notice_days,
        invoice_grace_days,
        missing_invoice_days,
        cross_sell_days
    from {{ ref('int_settings_dated') }}
),

accounts as (
    select
        account_id,
        account_name,
        owner_payee_id,
        is_customer
    from {{ ref('dim_accounts') }}
),

customers as (
    select
        customer_id,
        customer_name,
        account_id
    from {{ ref('stg_finance__customers') }}
),

contracts as (
    select
        contract_id,
        customer_id,
        account_id,
        end_date,
        cancelled_date
    from {{ ref('stg_finance__contracts') }}
),

contracts_valued as (
    select
        contract_id,
        payee_id,
        annual_company_amount,
        is_renewed
    from {{ ref('int_contracts_valued') }}
),

opportunities as (
    select
        opportunity_id,
        coalesce(opportunity_name, opportunity_id) as opportunity_name,
        account_id,
        opportunity_kind_code,
        is_open
    from {{ ref('fct_opportunities') }}
),

bookings as (
    select
        account_id,
        booking_date
    from {{ ref('fct_bookings') }}
),

invoices as (
    select
        invoice_id,
        customer_id,
        account_id,
        opportunity_id,
        payee_id,
        due_date,
        open_amount,
        currency_code
    from {{ ref('fct_invoices') }}
    where invoice_status_code = 'overdue'
),

matches as (
    select
        opportunity_id,
        account_id,
        payee_id,
        close_date,
        at_risk_company_amount
    from {{ ref('fct_crm_finance_matches') }}
    where match_status_code = 'missing_invoice'
),

company_rates as (
    select
        currency_code,
        calendar_date,
        exchange_rate
    from {{ ref('int_company_rates_expanded') }}
),

products_suggested as (
    select
        account_id,
        product_name,
        bought_product_name,
        account_count
    from {{ ref('int_products_suggested') }}
),

-- A CRM that does not say what kind a deal is may mean a renewal by any of them.
open_deals as (
    select
        account_id,
        max(case when coalesce(opportunity_kind_code, 'renewal') = 'renewal' then 1 else 0 end) = 1 as has_renewal
    from opportunities
    where
        is_open
        and account_id is not null
    group by account_id
),

last_bookings as (
    select
        account_id,
        max(booking_date) as last_won_date
    from bookings
    where account_id is not null
    group by account_id
),

actions as (
    select
        'renewal_without_deal' as rule_code,
        'call' as action_kind_code,
        'contract' as record_kind_code,
        contracts.contract_id as record_id,
        contracts.contract_id as own_name,
        contracts.customer_id,
        coalesce(contracts.account_id, customers.account_id) as account_id,
        cast(null as {{ dbt.type_string() }}) as opportunity_id,
        contracts_valued.payee_id,
        contracts.end_date as since_date,
        {{ add_days('contracts.end_date', '-settings.renewal_notice_days') }} as due_date,
        contracts_valued.annual_company_amount as value_company_amount,
        case
            when
                3 * {{ days_between('settings.as_of_date', 'contracts.end_date') }} <= settings.renewal_notice_days
                then 'high'
            else 'medium'
        end as priority_code,
        'The contract ends on ' || cast(contracts.end_date as {{ dbt.type_string() }})
        || ', and there is no open deal that renews it.' as reason_text
    from contracts
    inner join settings
        on
            contracts.end_date >= settings.as_of_date
            and {{ days_between('settings.as_of_date', 'contracts.end_date') }} <= settings.renewal_notice_days
    inner join contracts_valued
        on
            contracts.contract_id = contracts_valued.contract_id
            and not contracts_valued.is_renewed
    left join customers
        on contracts.customer_id = customers.customer_id
    left join open_deals
        on coalesce(contracts.account_id, customers.account_id) = open_deals.account_id
    where
        contracts.cancelled_date is null
        and not coalesce(open_deals.has_renewal, false)

    union all

    select
        'invoice_overdue' as rule_code,
        'email' as action_kind_code,
        'invoice' as record_kind_code,
        invoices.invoice_id as record_id,
        invoices.invoice_id as own_name,
        invoices.customer_id,
        invoices.account_id,
        invoices.opportunity_id,
        invoices.payee_id,
        invoices.due_date as since_date,
        {{ add_days('invoices.due_date', 'settings.invoice_grace_days') }} as due_date,
        {{ company_amount('invoices.open_amount', 'invoices.currency_code') }} as value_company_amount,
        'medium' as priority_code,
        'Was due on ' || cast(invoices.due_date as {{ dbt.type_string() }}) || ', and '
        || cast(cast(invoices.open_amount as decimal(18, 2)) as {{ dbt.type_string() }}) || ' '
        || coalesce(invoices.currency_code, '') || ' are not paid.' as reason_text
    from invoices
    cross join settings
    left join company_rates
        on
            invoices.currency_code = company_rates.currency_code
            and settings.as_of_date = company_rates.calendar_date
    where {{ days_between('invoices.due_date', 'settings.as_of_date') }} >= settings.invoice_grace_days

    union all

    select
        'won_deal_not_invoiced' as rule_code,
        'update' as action_kind_code,
        'opportunity' as record_kind_code,
        matches.opportunity_id as record_id,
        opportunities.opportunity_name as own_name,
        cast(null as {{ dbt.type_string() }}) as customer_id,
        matches.account_id,
        matches.opportunity_id,
        matches.payee_id,
        matches.close_date as since_date,
        {{
            add_days('matches.close_date', '(settings.invoice_expected_days + settings.missing_invoice_days)')
        }} as due_date,
        matches.at_risk_company_amount as value_company_amount,
        'high' as priority_code,
        'Was won on ' || cast(matches.close_date as {{ dbt.type_string() }})
        || ', and finance has no invoice for it: have it written, or correct the deal.' as reason_text
    from matches
    inner join settings
        on
            {{ days_between('matches.close_date', 'settings.as_of_date') }}
            >= settings.invoice_expected_days + settings.missing_invoice_days
    inner join opportunities
        on matches.opportunity_id = opportunities.opportunity_id

    union all

    select
        'customer_without_open_deal' as rule_code,
        'meeting' as action_kind_code,
        'account' as record_kind_code,
        accounts.account_id as record_id,
        accounts.account_name as own_name,
        cast(null as {{ dbt.type_string() }}) as customer_id,
        accounts.account_id,
        cast(null as {{ dbt.type_string() }}) as opportunity_id,
        accounts.owner_payee_id as payee_id,
        last_bookings.last_won_date as since_date,
        {{ add_days('last_bookings.last_won_date', 'settings.cross_sell_days') }} as due_date,
        cast(null as {{ amount_type() }}) as value_company_amount,
        'low' as priority_code,
        'Bought last on ' || cast(last_bookings.last_won_date as {{ dbt.type_string() }})
        || ', and has no open deal.'
        || coalesce(
            ' ' || cast(products_suggested.account_count as {{ dbt.type_string() }}) || ' customers have bought '
            || products_suggested.product_name || ' beside ' || products_suggested.bought_product_name || '.',
            ''
        ) as reason_text
    from accounts
    cross join settings
    inner join last_bookings
        on accounts.account_id = last_bookings.account_id
    left join open_deals
        on accounts.account_id = open_deals.account_id
    left join products_suggested
        on accounts.account_id = products_suggested.account_id
    where
        accounts.is_customer
        and open_deals.account_id is null
        and {{ days_between('last_bookings.last_won_date', 'settings.as_of_date') }} >= settings.cross_sell_days
)

-- What belongs to a customer is its account's owner's to do; who sold it comes after that.
select
    actions.rule_code,
    actions.action_kind_code,
    'customer' as contact_kind_code,
    actions.record_kind_code,
    actions.record_id,
    case
        when actions.record_kind_code in ('contract', 'invoice')
            then coalesce(accounts.account_name, customers.customer_name, actions.own_name)
        else actions.own_name
    end as record_name,
    actions.opportunity_id,
    actions.account_id,
    case
        when actions.record_kind_code = 'opportunity' then coalesce(actions.payee_id, accounts.owner_payee_id)
        else coalesce(accounts.owner_payee_id, actions.payee_id)
    end as owner_payee_id,
    cast(null as {{ dbt.type_string() }}) as owner_user_id,
    actions.since_date,
    actions.due_date,
    actions.value_company_amount,
    cast(null as {{ ratio_type() }}) as win_probability_ratio,
    cast(null as {{ ratio_type() }}) as score_ratio,
    actions.priority_code,
    actions.reason_text
from actions
left join accounts
    on actions.account_id = accounts.account_id
left join customers
    on actions.customer_id = customers.customer_id
