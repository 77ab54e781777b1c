with settings as (
    select timezone_name
    from {{ ref('int_settings_dated') }}
),

accounts as (
    select
        accounts.account_id,
        accounts.account_name,
        accounts.industry_name,
        accounts.segment_name,
        accounts.country_code,
        accounts.employee_count,
        accounts.owner_user_id,
        {{ local_date('accounts.created_at', 'settings.timezone_name') }} as created_date
    from {{ ref('stg_crm__accounts') }} as accounts
    cross join settings
),

users_matched as (
    select
        user_id,
        payee_id
    from {{ ref('int_users_matched') }}
),

customers as (
    select account_id
    from {{ ref('stg_finance__customers') }}
),

bookings as (
    select
        account_id,
        booking_date
    from {{ ref('fct_bookings') }}
),

account_customers as (
    select
        account_id,
        count(*) as customer_count
    from customers
    where account_id is not null
    group by account_id
),

account_bookings as (
    select
        account_id,
        min(booking_date) as first_won_date
    from bookings
    where account_id is not null
    group by account_id
)

select
    accounts.account_id,
    accounts.account_name,
    accounts.industry_name,
    accounts.segment_name,
    accounts.country_code,
    accounts.employee_count,
    users_matched.payee_id as owner_payee_id,
    coalesce(account_customers.customer_count, 0) as customer_count,
    account_bookings.account_id is not null or account_customers.account_id is not null as is_customer,
    account_bookings.first_won_date,
    accounts.created_date
from accounts
left join users_matched
    on accounts.owner_user_id = users_matched.user_id
left join account_customers
    on accounts.account_id = account_customers.account_id
left join account_bookings
    on accounts.account_id = account_bookings.account_id
