-- One row a calendar and day, with the periods that hold it: a join by day is an equality, whatever the calendar.
with calendars as (
    select
        rule_set_id,
        calendar_id,
        period_id,
        period_kind_code,
        start_date,
        end_date,
        quarter_period_id,
        half_period_id,
        year_period_id
    from {{ ref('stg_planning__calendars') }}
)

select
    rule_set_id,
    calendar_id,
    {{ unnest_days('start_date', 'end_date') }} as calendar_day,
    period_id as month_period_id,
    quarter_period_id,
    half_period_id,
    year_period_id
from calendars
where period_kind_code = 'month'
