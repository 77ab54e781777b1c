{{ config(materialized='view') }}

-- What each owner had won and lost by each origin.
with origins as (
    select origin_date
    from {{ ref('int_forecast_origins') }}
),

closed_by_day as (
    select
        owner_payee_id,
        close_date,
        sum(case when is_won then 1 else 0 end) as won_count,
        count(*) as closed_count
    from {{ ref('fct_opportunities') }}
    where (is_won or is_lost) and close_date is not null
    group by owner_payee_id, close_date
)

select
    closed_by_day.owner_payee_id,
    origins.origin_date,
    sum(closed_by_day.won_count) as won_count,
    sum(closed_by_day.closed_count) as closed_count
from closed_by_day
inner join origins
    on closed_by_day.close_date <= origins.origin_date
group by closed_by_day.owner_payee_id, origins.origin_date
