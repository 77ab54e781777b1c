with settings as (
    select calendar_id
    from {{ ref('int_settings_dated') }}
),

calendars as (
    select
        rule_set_id,
        calendar_id,
        period_id,
        period_kind_code,
        start_date,
        end_date,
        period_sequence,
        quarter_period_id,
        half_period_id,
        year_period_id
    from {{ ref('stg_planning__calendars') }}
),

company_months as (
    select
        calendars.period_id,
        calendars.start_date,
        calendars.end_date,
        calendars.period_sequence,
        calendars.quarter_period_id,
        calendars.half_period_id,
        calendars.year_period_id
    from calendars
    inner join settings
        on calendars.calendar_id = settings.calendar_id
    where
        calendars.rule_set_id = 'live'
        and calendars.period_kind_code = 'month'
)

select
    {{ unnest_days('start_date', 'end_date') }} as calendar_date,
    period_id,
    period_sequence,
    quarter_period_id,
    half_period_id,
    year_period_id
from company_months
