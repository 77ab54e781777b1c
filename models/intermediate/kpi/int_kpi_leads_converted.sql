with settings as (
    select timezone_name
    from {{ ref('int_settings_dated') }}
),

leads as (
    select
        leads.lead_id,
        leads.owner_user_id,
        {{ local_date('leads.created_at', 'settings.timezone_name') }} as created_date,
        leads.converted_at is not null
        or leads.converted_opportunity_id is not null
        or coalesce(leads.is_converted, false) as is_said_converted
    from {{ ref('stg_crm__leads') }} as leads
    cross join settings
    where leads.created_at is not null
),

opportunities as (
    select lead_id
    from {{ ref('fct_opportunities') }}
    where lead_id is not null
),

users_matched as (
    select
        user_id,
        payee_id
    from {{ ref('int_users_matched') }}
),

assignments as (
    select
        payee_id,
        team_id,
        region_id,
        valid_from_date,
        valid_to_date
    from {{ ref('int_payee_assignments_dated') }}
),

calendar_days as (
    select
        calendar_date,
        period_id
    from {{ ref('int_calendar_days_expanded') }}
),

leads_with_deals as (
    select distinct lead_id
    from opportunities
)

select
    calendar_days.period_id,
    users_matched.payee_id,
    assignments.team_id,
    assignments.region_id,
    sum(case when leads.is_said_converted or leads_with_deals.lead_id is not null then 1 else 0 end) as converted_count,
    count(*) as created_count
from leads
inner join calendar_days
    on leads.created_date = calendar_days.calendar_date
left join users_matched
    on leads.owner_user_id = users_matched.user_id
left join assignments
    on
        users_matched.payee_id = assignments.payee_id
        and leads.created_date between assignments.valid_from_date and assignments.valid_to_date
left join leads_with_deals
    on leads.lead_id = leads_with_deals.lead_id
group by
    calendar_days.period_id,
    users_matched.payee_id,
    assignments.team_id,
    assignments.region_id
