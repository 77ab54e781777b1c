{{ config(materialized='view') }}

-- Everything that the win model may know about a deal on an origin, and beside it the outcome that it learns.
with snapshots as (
    select
        opportunity_id,
        origin_date,
        is_current,
        owner_payee_id,
        created_date,
        stage_code,
        stage_order,
        stage_entered_date,
        deal_amount,
        currency_code,
        expected_close_date,
        stage_change_count,
        close_push_count,
        is_won_count,
        outcome_date
    from {{ ref('int_opportunities_snapshotted') }}
),

opportunities as (
    select
        opportunity_id,
        account_id,
        opportunity_kind_code,
        lead_source_name,
        primary_product_id
    from {{ ref('fct_opportunities') }}
),

accounts as (
    select
        account_id,
        industry_name,
        segment_name,
        employee_count
    from {{ ref('dim_accounts') }}
),

products as (
    select
        product_id,
        product_family_name
    from {{ ref('dim_products') }}
),

activities as (
    select
        opportunity_id,
        activity_kind_code,
        occurred_date
    from {{ ref('fct_activities') }}
    where opportunity_id is not null
),

counted_activities as (
    select
        snapshots.opportunity_id,
        snapshots.origin_date,
        count(*) as activity_count,
        sum(case when activities.activity_kind_code in ('meeting', 'demo') then 1 else 0 end) as meeting_count,
        max(activities.occurred_date) as last_activity_date
    from snapshots
    inner join activities
        on
            snapshots.opportunity_id = activities.opportunity_id
            and snapshots.origin_date >= activities.occurred_date
    group by snapshots.opportunity_id, snapshots.origin_date
)

select
    snapshots.opportunity_id,
    snapshots.origin_date,
    snapshots.is_current,
    snapshots.owner_payee_id,
    snapshots.stage_code,
    snapshots.stage_order,
    snapshots.deal_amount,
    snapshots.currency_code,
    snapshots.stage_change_count,
    snapshots.close_push_count,
    opportunities.opportunity_kind_code,
    opportunities.lead_source_name,
    accounts.industry_name,
    accounts.segment_name,
    accounts.employee_count,
    products.product_family_name,
    snapshots.expected_close_date,
    snapshots.is_won_count,
    snapshots.outcome_date,
    {{ days_between('snapshots.created_date', 'snapshots.origin_date') }} as age_days,
    {{ days_between('snapshots.stage_entered_date', 'snapshots.origin_date') }} as stage_age_days,
    {{ days_between('snapshots.origin_date', 'snapshots.expected_close_date') }} as expected_close_days,
    coalesce(counted_activities.activity_count, 0) as activity_count,
    coalesce(counted_activities.meeting_count, 0) as meeting_count,
    {{ days_between('counted_activities.last_activity_date', 'snapshots.origin_date') }} as days_since_activity,
    greatest(
        coalesce(snapshots.stage_entered_date, snapshots.created_date),
        coalesce(counted_activities.last_activity_date, snapshots.created_date),
        coalesce(snapshots.created_date, snapshots.stage_entered_date)
    ) as newest_evidence_date
from snapshots
inner join opportunities
    on snapshots.opportunity_id = opportunities.opportunity_id
left join accounts
    on opportunities.account_id = accounts.account_id
left join products
    on opportunities.primary_product_id = products.product_id
left join counted_activities
    on
        snapshots.opportunity_id = counted_activities.opportunity_id
        and snapshots.origin_date = counted_activities.origin_date
