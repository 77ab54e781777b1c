-- One row a payee, component that pays for a period, and period that it pays for and that is over: when it counts, by
-- which terms, and on how many days of it the payee had the component. The terms are those of the last of these days.
-- Fixed amounts and objectives pay for their window, once, in the pay period with which it ends; others each period.
with runs as (
    select as_of_date
    from {{ source('landing', 'run') }}
),

enrolments as (
    select
        enrolment_number,
        rule_set_id,
        payee_id,
        plan_id,
        plan_version,
        component_id,
        event_kind_code,
        calendar_id,
        pay_period_kind_code,
        window_code,
        case when event_kind_code in ('fixed', 'mbo') then window_code else pay_period_kind_code end
            as paid_kind_code,
        enrolled_from_date,
        enrolled_to_date,
        hold_text
    from {{ ref('int_pay_enrolments') }}
    where event_kind_code in ('fixed', 'linked', 'mbo', 'ratio', 'pool', 'contest')
),

scopes as (
    select
        scope_number,
        rule_set_id,
        payee_id,
        plan_id,
        component_id,
        window_period_id,
        hold_text
    from {{ ref('int_pay_scopes') }}
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

enrolments_in_periods as (
    select
        enrolments.enrolment_number,
        enrolments.rule_set_id,
        enrolments.payee_id,
        enrolments.plan_id,
        enrolments.plan_version,
        enrolments.component_id,
        enrolments.event_kind_code,
        enrolments.calendar_id,
        enrolments.pay_period_kind_code,
        enrolments.window_code,
        calendars.period_id,
        calendars.start_date as period_start_date,
        calendars.end_date as period_end_date,
        least(calendars.end_date, enrolments.enrolled_to_date) as last_date,
        {{ days_between(
            'greatest(calendars.start_date, enrolments.enrolled_from_date)',
            'least(calendars.end_date, enrolments.enrolled_to_date)'
        ) }} + 1 as enrolled_days,
        enrolments.hold_text
    from enrolments
    inner join calendars
        on
            enrolments.rule_set_id = calendars.rule_set_id
            and enrolments.calendar_id = calendars.calendar_id
            and enrolments.paid_kind_code = calendars.period_kind_code
            and enrolments.enrolled_from_date <= calendars.end_date
            and enrolments.enrolled_to_date >= calendars.start_date
    cross join runs
    where calendars.end_date <= runs.as_of_date
),

periods as (
    select
        enrolment_number,
        rule_set_id,
        payee_id,
        plan_id,
        plan_version,
        component_id,
        event_kind_code,
        calendar_id,
        pay_period_kind_code,
        window_code,
        period_start_date,
        period_end_date,
        last_date as event_date,
        sum(enrolled_days) over payee_periods as enrolled_days,
        max(hold_text) over payee_periods as hold_text,
        row_number() over (
            partition by rule_set_id, payee_id, plan_id, component_id, period_id
            order by last_date desc, plan_version desc
        ) as last_order
    from enrolments_in_periods
    window payee_periods as (partition by rule_set_id, payee_id, plan_id, component_id, period_id)
),

periods_in_windows as (
    select
        periods.enrolment_number,
        periods.rule_set_id,
        periods.payee_id,
        periods.plan_id,
        periods.plan_version,
        periods.component_id,
        periods.event_kind_code,
        pay_periods.period_id,
        periods.period_start_date,
        periods.period_end_date,
        windows.period_id as window_period_id,
        windows.start_date as window_start_date,
        windows.end_date as window_end_date,
        periods.event_date,
        periods.enrolled_days,
        periods.hold_text
    from periods
    inner join calendars as windows
        on
            periods.rule_set_id = windows.rule_set_id
            and periods.calendar_id = windows.calendar_id
            and periods.window_code = windows.period_kind_code
            and periods.event_date >= windows.start_date
            and periods.event_date <= windows.end_date
    inner join calendars as pay_periods
        on
            periods.rule_set_id = pay_periods.rule_set_id
            and periods.calendar_id = pay_periods.calendar_id
            and periods.pay_period_kind_code = pay_periods.period_kind_code
            and periods.period_end_date >= pay_periods.start_date
            and periods.period_end_date <= pay_periods.end_date
    where periods.last_order = 1
)

select
    scopes.scope_number,
    periods_in_windows.enrolment_number,
    periods_in_windows.rule_set_id,
    periods_in_windows.payee_id,
    periods_in_windows.plan_id,
    periods_in_windows.plan_version,
    periods_in_windows.component_id,
    periods_in_windows.event_kind_code,
    periods_in_windows.period_id,
    periods_in_windows.period_start_date,
    periods_in_windows.period_end_date,
    periods_in_windows.window_period_id,
    periods_in_windows.window_start_date,
    periods_in_windows.window_end_date,
    periods_in_windows.event_date,
    periods_in_windows.enrolled_days,
    {{ days_between('periods_in_windows.period_start_date', 'periods_in_windows.period_end_date') }} + 1
        as period_days,
    coalesce(scopes.hold_text, periods_in_windows.hold_text) as hold_text
from periods_in_windows
inner join scopes
    on
        periods_in_windows.rule_set_id = scopes.rule_set_id
        and periods_in_windows.payee_id = scopes.payee_id
        and periods_in_windows.plan_id = scopes.plan_id
        and periods_in_windows.component_id = scopes.component_id
        and periods_in_windows.window_period_id = scopes.window_period_id
