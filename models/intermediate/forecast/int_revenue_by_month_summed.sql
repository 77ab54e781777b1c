{{ config(materialized='view') }}

-- Revenue of each team and month in the company's currency: won value, and invoiced value for who has no CRM.
with settings as (
    select as_of_date
    from {{ ref('int_settings_dated') }}
),

months as (
    select
        period_id,
        start_date,
        end_date
    from {{ ref('dim_periods') }}
    where is_company_calendar and period_kind_code = 'month'
),

bookings as (
    select
        region_id,
        team_id,
        booking_date,
        booking_company_amount
    from {{ ref('fct_bookings') }}
),

invoices as (
    select
        region_id,
        team_id,
        invoice_date,
        net_company_amount
    from {{ ref('fct_invoices') }}
    where invoice_status_code <> 'void'
),

revenue as (
    select
        'won_value' as measure_code,
        region_id,
        team_id,
        booking_date as revenue_date,
        booking_company_amount as company_amount
    from bookings
    union all
    select
        'invoiced_value' as measure_code,
        region_id,
        team_id,
        invoice_date as revenue_date,
        net_company_amount as company_amount
    from invoices
)

select
    revenue.measure_code,
    revenue.region_id,
    revenue.team_id,
    months.period_id,
    months.start_date,
    months.end_date,
    sum(revenue.company_amount) as company_amount,
    count(*) as record_count,
    sum(case when revenue.company_amount is null then 1 else 0 end) as unconverted_count
from revenue
inner join months
    on revenue.revenue_date between months.start_date and months.end_date
cross join settings
where revenue.revenue_date <= settings.as_of_date
group by
    revenue.measure_code,
    revenue.region_id,
    revenue.team_id,
    months.period_id,
    months.start_date,
    months.end_date
