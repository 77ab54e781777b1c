with settings as (
    select
        as_of_date,
        company_currency_code
    from {{ ref('int_settings_dated') }}
),

invoices as (
    select
        invoice_id,
        customer_id,
        opportunity_id,
        contract_id,
        salesperson_user_id,
        invoice_date,
        due_date,
        net_amount,
        coalesce(tax_amount, 0) as tax_amount,
        currency_code,
        coalesce(is_void, false) as is_void
    from {{ ref('stg_finance__invoices') }}
),

invoice_lines as (
    select
        invoice_id,
        cost_amount
    from {{ ref('stg_finance__invoice_lines') }}
),

payments as (
    select
        invoice_id,
        payment_date,
        payment_amount,
        currency_code
    from {{ ref('stg_finance__payments') }}
),

credit_notes as (
    select
        invoice_id,
        credit_note_date,
        taken_amount,
        tax_amount,
        matched_by_code
    from {{ ref('int_credit_notes_matched') }}
    where taken_amount is not null
),

customers as (
    select
        customer_id,
        account_id
    from {{ ref('stg_finance__customers') }}
),

contracts as (
    select
        contract_id,
        opportunity_id
    from {{ ref('stg_finance__contracts') }}
),

opportunities as (
    select
        opportunity_id,
        account_id,
        owner_payee_id
    from {{ ref('fct_opportunities') }}
),

users_matched as (
    select
        user_id,
        payee_id
    from {{ ref('int_users_matched') }}
),

assignments as (
    select
        payee_id,
        team_id,
        region_id,
        valid_from_date,
        valid_to_date
    from {{ ref('int_payee_assignments_dated') }}
),

company_rates as (
    select
        currency_code,
        calendar_date,
        exchange_rate
    from {{ ref('int_company_rates_expanded') }}
),

calendar_days as (
    select
        calendar_date,
        period_id
    from {{ ref('int_calendar_days_expanded') }}
),

-- The cost of an invoice is known when the cost of every line is: a part of it would look like a higher margin.
invoice_costs as (
    select
        invoice_id,
        case when count(cost_amount) = count(*) then sum(cost_amount) end as cost_amount
    from invoice_lines
    group by invoice_id
),

-- Money in another currency than the invoice's waits for finance to settle it; it does not count as paid.
invoice_payments as (
    select
        payments.invoice_id,
        payments.currency_code,
        sum(payments.payment_amount) as paid_amount
    from payments
    cross join settings
    where payments.payment_date <= settings.as_of_date
    group by
        payments.invoice_id,
        payments.currency_code
),

invoice_credits as (
    select
        credit_notes.invoice_id,
        sum(credit_notes.taken_amount) as credited_amount,
        sum(credit_notes.tax_amount) as credited_tax_amount,
        sum(case when credit_notes.matched_by_code <> 'invoice' then credit_notes.taken_amount else 0 end)
            as matched_amount
    from credit_notes
    cross join settings
    where credit_notes.credit_note_date <= settings.as_of_date
    group by credit_notes.invoice_id
),

invoices_attributed as (
    select
        invoices.invoice_id,
        invoices.customer_id,
        coalesce(customers.account_id, opportunities.account_id) as account_id,
        coalesce(invoices.opportunity_id, contracts.opportunity_id) as opportunity_id,
        invoices.contract_id,
        coalesce(opportunities.owner_payee_id, users_matched.payee_id) as payee_id,
        invoices.invoice_date,
        invoices.due_date,
        invoices.net_amount,
        invoices.tax_amount,
        invoices.currency_code,
        invoices.is_void,
        coalesce(invoice_credits.credited_amount, 0) as credited_amount,
        coalesce(invoice_credits.credited_tax_amount, 0) as credited_tax_amount,
        coalesce(invoice_credits.matched_amount, 0) as matched_amount,
        coalesce(invoice_payments.paid_amount, 0) as paid_amount,
        invoice_costs.cost_amount
    from invoices
    left join contracts
        on invoices.contract_id = contracts.contract_id
    left join opportunities
        on coalesce(invoices.opportunity_id, contracts.opportunity_id) = opportunities.opportunity_id
    left join customers
        on invoices.customer_id = customers.customer_id
    left join users_matched
        on invoices.salesperson_user_id = users_matched.user_id
    left join invoice_costs
        on invoices.invoice_id = invoice_costs.invoice_id
    left join invoice_payments
        on
            invoices.invoice_id = invoice_payments.invoice_id
            and invoices.currency_code = invoice_payments.currency_code
    left join invoice_credits
        on invoices.invoice_id = invoice_credits.invoice_id
),

invoices_settled as (
    select
        invoice_id,
        customer_id,
        account_id,
        opportunity_id,
        contract_id,
        payee_id,
        invoice_date,
        due_date,
        net_amount,
        tax_amount,
        credited_amount,
        matched_amount,
        paid_amount,
        cost_amount,
        currency_code,
        is_void,
        net_amount > 0
        and credited_amount + credited_tax_amount >= net_amount + tax_amount as is_credited,
        case
            when is_void then 0
            else net_amount + tax_amount - credited_amount - credited_tax_amount - paid_amount
        end as open_amount
    from invoices_attributed
)

select
    invoices_settled.invoice_id,
    invoices_settled.customer_id,
    invoices_settled.account_id,
    invoices_settled.opportunity_id,
    invoices_settled.contract_id,
    invoices_settled.payee_id,
    assignments.team_id,
    assignments.region_id,
    invoices_settled.invoice_date,
    invoices_settled.due_date,
    calendar_days.period_id,
    invoices_settled.net_amount,
    cast(invoices_settled.tax_amount as {{ amount_type() }}) as tax_amount,
    cast(invoices_settled.credited_amount as {{ amount_type() }}) as credited_amount,
    cast(invoices_settled.paid_amount as {{ amount_type() }}) as paid_amount,
    cast(invoices_settled.open_amount as {{ amount_type() }}) as open_amount,
    invoices_settled.currency_code,
    {{ company_amount('invoices_settled.net_amount', 'invoices_settled.currency_code') }} as net_company_amount,
    {{ company_amount('invoices_settled.credited_amount', 'invoices_settled.currency_code') }}
        as credited_company_amount,
    {{ company_amount('invoices_settled.paid_amount', 'invoices_settled.currency_code') }} as paid_company_amount,
    {{ company_amount('invoices_settled.cost_amount', 'invoices_settled.currency_code') }} as cost_company_amount,
    settings.company_currency_code,
    case
        when invoices_settled.is_void then 'void'
        when invoices_settled.is_credited then 'credited'
        when invoices_settled.open_amount <= 0 then 'paid'
        when invoices_settled.due_date < settings.as_of_date then 'overdue'
        else 'open'
    end as invoice_status_code,
    cast(invoices_settled.cost_amount as {{ amount_type() }}) as cost_amount,
    cast(invoices_settled.matched_amount as {{ amount_type() }}) as credited_matched_amount
from invoices_settled
cross join settings
left join assignments
    on
        invoices_settled.payee_id = assignments.payee_id
        and invoices_settled.invoice_date between assignments.valid_from_date and assignments.valid_to_date
left join company_rates
    on
        invoices_settled.currency_code = company_rates.currency_code
        and invoices_settled.invoice_date = company_rates.calendar_date
left join calendar_days
    on invoices_settled.invoice_date = calendar_days.calendar_date
