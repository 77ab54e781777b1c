-- Quotas are dated on a calendar six and a half years older than the sales: the nth quota quarter, from 2010-12-29 on,
-- belongs to the nth block of three months from 2017-07 on. Then every quota has sales.
with quarters as (
    select
        *,
        dense_rank() over (order by date_key) - 1 as quarter_number
    from sales_quotas
),

dated as (
    select
        *,
        cast(date '2017-07-01' + to_months(cast(3 * quarter_number as integer)) as date) as first_day
    from quarters
)

select
    'live' as rule_set_id,
    dated.sales_quota_key as quota_id,
    person.national_id as payee_id,
    'reseller_sales' as plan_id,
    'reseller_revenue' as component_id,
    'company' as calendar_id,
    year(dated.first_day) || '-Q' || quarter(dated.first_day) as period_id,
    dated.quota_amount,
    'USD' as currency_code,
    dated._file,
    dated._row
from dated
left join employees as person on dated.employee_key = person.employee_key
