{{ config(materialized='view') }}

-- The pipeline as each origin saw it: deals open then, by the month of the company's calendar in which they were
-- expected to close then; after the last of the calendar by calendar months.
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
),

months as (
    select
        start_date,
        end_date
    from {{ ref('dim_periods') }}
    where is_company_calendar and period_kind_code = 'month'
),

snapshots_by_month as (
    select
        snapshots.origin_date,
        snapshots.region_id,
        snapshots.team_id,
        snapshots.owner_payee_id,
        snapshots.stage_code,
        snapshots.stage_order,
        snapshots.deal_company_amount,
        coalesce(
            months.start_date, cast({{ dbt.date_trunc('month', 'snapshots.expected_close_date') }} as date)
        ) as expected_month_date
    from snapshots
    left join months
        on snapshots.expected_close_date between months.start_date and months.end_date
)

select
    origin_date,
    region_id,
    team_id,
    owner_payee_id,
    stage_code,
    stage_order,
    expected_month_date,
    count(*) as deal_count,
    sum(deal_company_amount) as pipeline_company_amount
from snapshots_by_month
group by
    origin_date,
    region_id,
    team_id,
    owner_payee_id,
    stage_code,
    stage_order,
    expected_month_date
