{{ config(materialized='view') }}

-- The days at which the past is looked at again: the month ends since the first deal, and the day of the run.
with run as (
    select as_of_date
    from {{ ref('int_settings_dated') }}
),

months as (
    select end_date
    from {{ ref('dim_periods') }}
    where is_company_calendar and period_kind_code = 'month'
),

first_deal as (
    select min(created_date) as first_date
    from {{ ref('fct_opportunities') }}
),

past_origins as (
    select
        months.end_date as origin_date,
        false as is_current
    from months
    cross join run
    cross join first_deal
    where months.end_date < run.as_of_date and months.end_date >= first_deal.first_date
),

current_origin as (
    select
        as_of_date as origin_date,
        true as is_current
    from run
)

select
    origin_date,
    is_current
from past_origins
union all
select
    origin_date,
    is_current
from current_origin
