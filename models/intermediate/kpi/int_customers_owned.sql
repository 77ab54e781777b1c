with customers as (
    select
        customer_id,
        account_id
    from {{ ref('stg_finance__customers') }}
),

invoices as (
    select
        invoice_id,
        customer_id,
        account_id,
        payee_id,
        invoice_date
    from {{ ref('fct_invoices') }}
    where customer_id is not null
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

last_invoices as (
    select
        customer_id,
        {{ value_of_greatest('account_id', 'invoice_date', 'invoice_id') }} as account_id,
        {{ value_of_greatest('payee_id', 'invoice_date', 'invoice_id') }} as payee_id
    from invoices
    group by customer_id
),

customers_known as (
    select
        coalesce(customers.customer_id, last_invoices.customer_id) as customer_id,
        coalesce(customers.account_id, last_invoices.account_id) as account_id,
        last_invoices.payee_id
    from customers
    full outer join last_invoices
        on customers.customer_id = last_invoices.customer_id
)

select
    customers_known.customer_id,
    customers_known.account_id,
    payees.payee_id,
    payees.team_id,
    payees.region_id
from customers_known
left join accounts
    on customers_known.account_id = accounts.account_id
left join payees
    on coalesce(accounts.owner_payee_id, customers_known.payee_id) = payees.payee_id
