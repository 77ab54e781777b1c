{{ config(materialized='view') }}

-- The pipeline as each origin saw it: deals open then, by the month in which they were expected to close then.
with snapshots as (
    select
        origin_date,
        region_id,
        team_id,
        owner_payee_id,
        stage_code,
        stage_order,
        expected_close_date,
        deal_company_amount
    from {{ ref('int_opportunities_snapshotted') }}
    where expected_close_date is not null and deal_company_amount is not null
)

select
    origin_date,
    region_id,
    team_id,
    owner_payee_id,
    stage_code,
    stage_order,
    cast({{ dbt.date_trunc('month', 'expected_close_date') }} as date) as expected_month_date,
    count(*) as deal_count,
    sum(deal_company_amount) as pipeline_company_amount
from snapshots
group by
    origin_date,
    region_id,
    team_id,
    owner_payee_id,
    stage_code,
    stage_order,
    cast({{ dbt.date_trunc('month', 'expected_close_date') }} as date)
