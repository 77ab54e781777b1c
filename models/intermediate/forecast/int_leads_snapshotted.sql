{{ config(materialized='view') }}

-- Each lead when it was created, two and six weeks later if it was still open then, and on the day of the run the leads
-- that are open or have no dates: with what was known on that day, and beside it the day on which it converted.
with settings as (
    select
        as_of_date,
        timezone_name
    from {{ ref('int_settings_dated') }}
),

leads as (
    select
        leads.lead_id,
        {{ local_date('leads.created_at', 'settings.timezone_name') }} as created_date,
        leads.created_at,
        leads.country_code,
        leads.industry_name,
        leads.employee_count,
        leads.lead_source_name,
        leads.campaign_id,
        leads.first_responded_at,
        {{ local_date('leads.first_responded_at', 'settings.timezone_name') }} as first_responded_date,
        {{ local_date('leads.converted_at', 'settings.timezone_name') }} as converted_date,
        coalesce(leads.is_converted, false)
        or leads.converted_at is not null
        or leads.converted_opportunity_id is not null as is_converted
    from {{ ref('stg_crm__leads') }} as leads
    cross join settings
),

campaigns as (
    select
        campaign_id,
        campaign_kind_name
    from {{ ref('stg_crm__campaigns') }}
),

looks as (
    select 0 as look_days
    union all
    select 14 as look_days
    union all
    select 42 as look_days
),

past_looks as (
    select
        leads.lead_id,
        {{ add_days('leads.created_date', 'looks.look_days') }} as origin_date,
        false as is_current
    from leads
    cross join looks
    where leads.created_date is not null
),

current_looks as (
    select
        leads.lead_id,
        settings.as_of_date as origin_date,
        true as is_current
    from leads
    cross join settings
    where not leads.is_converted or leads.created_date is null
),

all_looks as (
    select
        lead_id,
        origin_date,
        is_current
    from past_looks
    union all
    select
        lead_id,
        origin_date,
        is_current
    from current_looks
),

snapshots as (
    select
        leads.lead_id,
        all_looks.origin_date,
        all_looks.is_current,
        leads.created_date,
        leads.created_at,
        leads.country_code,
        leads.industry_name,
        leads.employee_count,
        leads.lead_source_name,
        leads.campaign_id,
        leads.first_responded_at,
        leads.first_responded_date,
        leads.converted_date,
        leads.is_converted
    from leads
    inner join all_looks
        on leads.lead_id = all_looks.lead_id
    cross join settings
    where
        all_looks.is_current
        or (
            all_looks.origin_date < settings.as_of_date
            and (not leads.is_converted or leads.converted_date > all_looks.origin_date)
        )
),

activities as (
    select
        lead_id,
        activity_kind_code,
        occurred_date
    from {{ ref('fct_activities') }}
    where lead_id is not null
),

counted_activities as (
    select
        snapshots.lead_id,
        snapshots.origin_date,
        snapshots.is_current,
        count(*) as activity_count,
        sum(case when activities.activity_kind_code = 'call' then 1 else 0 end) as call_count,
        sum(case when activities.activity_kind_code = 'email' then 1 else 0 end) as email_count,
        sum(case when activities.activity_kind_code = 'meeting' then 1 else 0 end) as meeting_count,
        sum(case when activities.activity_kind_code = 'demo' then 1 else 0 end) as demo_count,
        max(activities.occurred_date) as last_activity_date
    from snapshots
    inner join activities
        on snapshots.lead_id = activities.lead_id and snapshots.origin_date >= activities.occurred_date
    group by snapshots.lead_id, snapshots.origin_date, snapshots.is_current
)

select
    snapshots.lead_id,
    snapshots.origin_date,
    snapshots.is_current,
    snapshots.created_date,
    snapshots.country_code,
    snapshots.industry_name,
    snapshots.employee_count,
    snapshots.lead_source_name,
    campaigns.campaign_kind_name,
    snapshots.converted_date,
    snapshots.is_converted,
    {{ days_between('snapshots.created_date', 'snapshots.origin_date') }} as age_days,
    case
        when snapshots.first_responded_date <= snapshots.origin_date
            then {{ dbt.datediff('snapshots.created_at', 'snapshots.first_responded_at', 'hour') }}
    end as response_hours,
    coalesce(counted_activities.activity_count, 0) as activity_count,
    coalesce(counted_activities.call_count, 0) as call_count,
    coalesce(counted_activities.email_count, 0) as email_count,
    coalesce(counted_activities.meeting_count, 0) as meeting_count,
    coalesce(counted_activities.demo_count, 0) as demo_count,
    {{ days_between('counted_activities.last_activity_date', 'snapshots.origin_date') }} as days_since_activity,
    coalesce(counted_activities.last_activity_date, snapshots.created_date) as newest_evidence_date
from snapshots
left join campaigns
    on snapshots.campaign_id = campaigns.campaign_id
left join counted_activities
    on
        snapshots.lead_id = counted_activities.lead_id
        and snapshots.origin_date = counted_activities.origin_date
        and snapshots.is_current = counted_activities.is_current
