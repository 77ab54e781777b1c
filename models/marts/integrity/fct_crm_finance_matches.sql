with settings as (
    select
        as_of_date,
        company_currency_code,
        match_amount_tolerance_ratio,
        match_tolerance_days,
        invoice_expected_days,
        has_opportunities,
        has_invoices
    from {{ ref('int_settings_dated') }}
),

bookings as (
    select
        bookings.opportunity_id,
        bookings.account_id,
        bookings.payee_id,
        bookings.team_id,
        bookings.region_id,
        bookings.booking_date as close_date,
        bookings.booking_amount as deal_amount,
        bookings.currency_code as deal_currency_code,
        bookings.booking_company_amount as deal_company_amount
    from {{ ref('fct_bookings') }} as bookings
    inner join settings
        on
            settings.has_opportunities
            and settings.has_invoices
),

invoices as (
    select
        invoices.invoice_id,
        invoices.customer_id,
        invoices.account_id,
        invoices.opportunity_id,
        invoices.payee_id,
        invoices.team_id,
        invoices.region_id,
        invoices.invoice_date,
        invoices.net_amount - invoices.credited_amount as invoiced_amount,
        invoices.currency_code,
        invoices.net_company_amount - invoices.credited_company_amount as invoiced_company_amount
    from {{ ref('fct_invoices') }} as invoices
    inner join settings
        on
            settings.has_opportunities
            and settings.has_invoices
    where invoices.invoice_status_code <> 'void'
),

-- Money is only added up in one currency, and an unknown part makes the whole unknown.
deal_invoices as (
    select
        opportunity_id,
        {{ value_of_least('invoice_id', 'invoice_date', 'invoice_id') }} as invoice_id,
        {{ value_of_least('customer_id', 'invoice_date', 'invoice_id') }} as customer_id,
        min(invoice_date) as invoice_date,
        case when min(currency_code) = max(currency_code) then sum(invoiced_amount) end as invoiced_amount,
        case when min(currency_code) = max(currency_code) then min(currency_code) end as invoice_currency_code,
        case when count(invoiced_company_amount) = count(*) then sum(invoiced_company_amount) end
            as invoiced_company_amount
    from invoices
    where opportunity_id is not null
    group by opportunity_id
),

deals_compared as (
    select
        bookings.opportunity_id,
        deal_invoices.invoice_id,
        deal_invoices.customer_id,
        bookings.account_id,
        bookings.payee_id,
        bookings.team_id,
        bookings.region_id,
        bookings.deal_amount,
        bookings.deal_currency_code,
        bookings.deal_company_amount,
        deal_invoices.invoiced_amount,
        deal_invoices.invoice_currency_code,
        deal_invoices.invoiced_company_amount,
        bookings.close_date,
        deal_invoices.invoice_date,
        settings.as_of_date,
        deal_invoices.invoice_id is null as is_not_invoiced,
        coalesce(bookings.deal_currency_code <> deal_invoices.invoice_currency_code, true) as is_other_currency,
        coalesce(
            abs(deal_invoices.invoiced_amount - bookings.deal_amount)
            > abs(bookings.deal_amount) * cast(settings.match_amount_tolerance_ratio as decimal(9, 6)),
            true
        ) as is_other_amount,
        coalesce(
            abs({{ days_between('bookings.close_date', 'deal_invoices.invoice_date') }})
            > settings.match_tolerance_days,
            true
        ) as is_other_date,
        coalesce(
            {{ days_between('bookings.close_date', 'settings.as_of_date') }} > settings.invoice_expected_days, true
        ) as is_invoice_expected,
        coalesce(deal_invoices.invoiced_amount < bookings.deal_amount, false) as is_below_deal
    from bookings
    cross join settings
    left join deal_invoices
        on bookings.opportunity_id = deal_invoices.opportunity_id
),

-- A deal that is not yet fully invoiced, and need not be, is neither matched nor missing: it is left out until then.
deals_judged as (
    select
        opportunity_id,
        invoice_id,
        customer_id,
        account_id,
        payee_id,
        team_id,
        region_id,
        deal_amount,
        deal_currency_code,
        deal_company_amount,
        invoiced_amount,
        invoice_currency_code,
        invoiced_company_amount,
        close_date,
        invoice_date,
        {{ days_between('close_date', 'as_of_date') }} as age_days,
        case
            when is_not_invoiced then 'missing_invoice'
            when is_other_currency then 'currency_differs'
            when is_other_amount then 'amount_differs'
            when is_other_date then 'date_differs'
            else 'matched'
        end as match_status_code
    from deals_compared
    where
        is_invoice_expected
        or not (is_not_invoiced or (is_other_amount and is_below_deal and not is_other_currency))
),

invoices_without_deal as (
    select
        invoices.opportunity_id,
        invoices.invoice_id,
        invoices.customer_id,
        invoices.account_id,
        invoices.payee_id,
        invoices.team_id,
        invoices.region_id,
        invoices.invoiced_amount,
        invoices.currency_code,
        invoices.invoiced_company_amount,
        invoices.invoice_date,
        {{ days_between('invoices.invoice_date', 'settings.as_of_date') }} as age_days
    from invoices
    cross join settings
    left join bookings
        on invoices.opportunity_id = bookings.opportunity_id
    where bookings.opportunity_id is null
),

matches as (
    select
        {{ dbt.concat(["'opportunity:'", 'opportunity_id']) }} as match_id,
        match_status_code,
        opportunity_id,
        invoice_id,
        customer_id,
        account_id,
        payee_id,
        team_id,
        region_id,
        deal_amount,
        deal_currency_code,
        invoiced_amount,
        invoice_currency_code,
        case
            when match_status_code = 'missing_invoice' then -deal_company_amount
            else invoiced_company_amount - deal_company_amount
        end as difference_company_amount,
        case
            when match_status_code = 'missing_invoice' then deal_company_amount
            when match_status_code in ('amount_differs', 'currency_differs')
                then abs(invoiced_company_amount - deal_company_amount)
            else 0
        end as at_risk_company_amount,
        close_date,
        invoice_date,
        age_days
    from deals_judged

    union all

    select
        {{ dbt.concat(["'invoice:'", 'invoice_id']) }} as match_id,
        'missing_opportunity' as match_status_code,
        opportunity_id,
        invoice_id,
        customer_id,
        account_id,
        payee_id,
        team_id,
        region_id,
        null as deal_amount,
        null as deal_currency_code,
        invoiced_amount,
        currency_code as invoice_currency_code,
        invoiced_company_amount as difference_company_amount,
        abs(invoiced_company_amount) as at_risk_company_amount,
        null as close_date,
        invoice_date,
        age_days
    from invoices_without_deal
)

select
    matches.match_id,
    matches.match_status_code,
    matches.opportunity_id,
    matches.invoice_id,
    matches.customer_id,
    matches.account_id,
    matches.payee_id,
    matches.team_id,
    matches.region_id,
    matches.deal_amount,
    matches.deal_currency_code,
    cast(matches.invoiced_amount as {{ amount_type() }}) as invoiced_amount,
    matches.invoice_currency_code,
    cast(matches.difference_company_amount as {{ amount_type() }}) as difference_company_amount,
    cast(matches.at_risk_company_amount as {{ amount_type() }}) as at_risk_company_amount,
    settings.company_currency_code,
    matches.close_date,
    matches.invoice_date,
    matches.age_days
from matches
cross join settings
