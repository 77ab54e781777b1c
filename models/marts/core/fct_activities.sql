with settings as (
    select timezone_name
    from {{ ref('int_settings_dated') }}
),

activities as (
    select
        activities.activity_id,
        activities.activity_kind_code,
        activities.user_id,
        activities.account_id,
        activities.lead_id,
        activities.opportunity_id,
        activities.occurred_at,
        {{ local_date('activities.occurred_at', 'settings.timezone_name') }} as occurred_date,
        activities.duration_minutes,
        activities.outcome_name
    from {{ ref('stg_crm__activities') }} as activities
    cross join settings
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
)

select
    activities.activity_id,
    activities.activity_kind_code,
    users_matched.payee_id,
    assignments.team_id,
    assignments.region_id,
    activities.account_id,
    activities.lead_id,
    activities.opportunity_id,
    activities.occurred_at,
    activities.occurred_date,
    calendar_days.period_id,
    activities.duration_minutes,
    activities.outcome_name
from activities
left join users_matched
    on activities.user_id = users_matched.user_id
left join assignments
    on
        users_matched.payee_id = assignments.payee_id
        and activities.occurred_date between assignments.valid_from_date and assignments.valid_to_date
left join calendar_days
    on activities.occurred_date = calendar_days.calendar_date
