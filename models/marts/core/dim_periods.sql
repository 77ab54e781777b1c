with settings as (
    select
        as_of_date,
        calendar_id
    from {{ ref('int_settings_dated') }}
),

calendars as (
    select
        rule_set_id,
        calendar_id,
        period_id,
        period_kind_code,
        period_name,
        start_date,
        end_date,
        period_sequence,
        quarter_period_id,
        half_period_id,
        year_period_id
    from {{ ref('stg_planning__calendars') }}
)

select
    calendars.calendar_id,
    calendars.period_id,
    calendars.period_kind_code,
    calendars.period_name,
    calendars.start_date,
    calendars.end_date,
    calendars.period_sequence,
    calendars.quarter_period_id,
    calendars.half_period_id,
    calendars.year_period_id,
    calendars.calendar_id = settings.calendar_id as is_company_calendar,
    calendars.end_date <= settings.as_of_date as is_complete,
    {{ days_between('calendars.start_date', 'calendars.end_date') }} + 1 as day_count
from calendars
cross join settings
where calendars.rule_set_id = 'live'
