-- What this run computes, before quotas: one row a payee, component, window and segment of it. `scope_number` is a
-- short join key inside one run and is never published.
with runs as (
    select as_of_date
    from {{ source('landing', 'run') }}
),

enrolments as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        plan_version,
        component_id,
        enrolled_from_date,
        enrolled_to_date,
        calendar_id,
        currency_code,
        minor_unit_digits,
        pay_period_kind_code,
        window_code
    from {{ ref('int_pay_enrolments') }}
),

changes as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        component_id,
        change_date
    from {{ ref('int_pay_changes') }}
    where is_segment
),

calendars as (
    select
        rule_set_id,
        calendar_id,
        period_id,
        period_kind_code,
        start_date,
        end_date
    from {{ ref('stg_planning__calendars') }}
),

windows_by_calendar as (
    select distinct
        enrolments.rule_set_id,
        enrolments.payee_id,
        enrolments.plan_id,
        enrolments.component_id,
        enrolments.calendar_id,
        enrolments.currency_code,
        enrolments.minor_unit_digits,
        enrolments.pay_period_kind_code,
        enrolments.window_code,
        calendars.period_id as window_period_id,
        calendars.start_date as window_start_date,
        calendars.end_date as window_end_date
    from enrolments
    inner join calendars
        on
            enrolments.rule_set_id = calendars.rule_set_id
            and enrolments.calendar_id = calendars.calendar_id
            and enrolments.window_code = calendars.period_kind_code
            and enrolments.enrolled_from_date <= calendars.end_date
            and enrolments.enrolled_to_date >= calendars.start_date
    cross join runs
    where calendars.start_date <= runs.as_of_date
),

windows_without_calendar as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        component_id,
        calendar_id,
        currency_code,
        minor_unit_digits,
        pay_period_kind_code,
        window_code,
        cast(null as {{ dbt.type_string() }}) as window_period_id,
        min(enrolled_from_date) as window_start_date,
        max(enrolled_to_date) as window_end_date
    from enrolments
    where window_code in ('none', 'plan_life')
    group by
        rule_set_id,
        payee_id,
        plan_id,
        component_id,
        calendar_id,
        currency_code,
        minor_unit_digits,
        pay_period_kind_code,
        window_code
),

windows as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        component_id,
        calendar_id,
        currency_code,
        minor_unit_digits,
        pay_period_kind_code,
        window_code,
        window_period_id,
        window_start_date,
        window_end_date
    from windows_by_calendar
    union all
    select
        rule_set_id,
        payee_id,
        plan_id,
        component_id,
        calendar_id,
        currency_code,
        minor_unit_digits,
        pay_period_kind_code,
        window_code,
        window_period_id,
        window_start_date,
        window_end_date
    from windows_without_calendar
),

-- A window of the calendar falls into segments where its terms change; others are one segment.
segment_starts as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        component_id,
        calendar_id,
        currency_code,
        minor_unit_digits,
        pay_period_kind_code,
        window_code,
        window_period_id,
        window_start_date,
        window_end_date,
        window_start_date as segment_from_date
    from windows
    union all
    select
        windows.rule_set_id,
        windows.payee_id,
        windows.plan_id,
        windows.component_id,
        windows.calendar_id,
        windows.currency_code,
        windows.minor_unit_digits,
        windows.pay_period_kind_code,
        windows.window_code,
        windows.window_period_id,
        windows.window_start_date,
        windows.window_end_date,
        changes.change_date as segment_from_date
    from windows
    inner join changes
        on
            windows.rule_set_id = changes.rule_set_id
            and windows.payee_id = changes.payee_id
            and windows.plan_id = changes.plan_id
            and windows.component_id = changes.component_id
            and windows.window_start_date < changes.change_date
            and windows.window_end_date >= changes.change_date
    where windows.window_period_id is not null
),

segments as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        component_id,
        calendar_id,
        currency_code,
        minor_unit_digits,
        pay_period_kind_code,
        window_code,
        window_period_id,
        window_start_date,
        window_end_date,
        row_number() over segments_in_order as segment_number,
        count(*) over (
            partition by rule_set_id, payee_id, plan_id, component_id, window_start_date, window_period_id
        ) as segment_count,
        segment_from_date,
        coalesce({{ add_days('lead(segment_from_date) over segments_in_order', -1) }}, window_end_date)
            as segment_to_date
    from segment_starts
    window segments_in_order as (
        partition by rule_set_id, payee_id, plan_id, component_id, window_start_date, window_period_id
        order by segment_from_date
    )
)

select
    row_number() over (
        order by
            rule_set_id, payee_id, plan_id, component_id, window_start_date, window_period_id, segment_number
    ) as scope_number,
    rule_set_id,
    payee_id,
    plan_id,
    component_id,
    calendar_id,
    currency_code,
    minor_unit_digits,
    pay_period_kind_code,
    window_code,
    window_period_id,
    window_start_date,
    window_end_date,
    segment_number,
    segment_count,
    -- Without a calendar whatever is credited counts.
    case when window_period_id is null then cast('1900-01-01' as date) else segment_from_date end as segment_from_date,
    case when window_period_id is null then {{ far_future_date() }} else segment_to_date end as segment_to_date
from segments
