with runs as (
    select as_of_date
    from {{ source('landing', 'run') }}
),

scopes as (
    select
        scope_number,
        rule_set_id,
        payee_id,
        plan_id,
        component_id,
        calendar_id,
        currency_code,
        pay_period_kind_code,
        window_code,
        window_period_id,
        window_start_date,
        window_end_date,
        segment_from_date,
        segment_to_date,
        quota_amount
    from {{ ref('int_pay_scopes') }}
),

enrolments as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        plan_version,
        component_id,
        measure_code,
        enrolled_from_date,
        enrolled_to_date,
        team_id,
        region_id
    from {{ ref('int_pay_enrolments') }}
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

measures as (
    select
        scope_number,
        credit_date,
        quota_credit_amount
    from {{ ref('int_pay_running_measures') }}
),

scope_periods as (
    select
        scopes.scope_number,
        calendars.period_id,
        calendars.start_date as period_start_date,
        calendars.end_date as period_end_date,
        -- A reversal that comes after the window's end moves the attainment of the window that it belongs to: its last
        -- period.
        case
            when row_number() over (partition by scopes.scope_number order by calendars.start_date desc) = 1
                then {{ far_future_date() }}
            else calendars.end_date
        end as counts_until_date
    from scopes
    inner join calendars
        on
            scopes.rule_set_id = calendars.rule_set_id
            and scopes.calendar_id = calendars.calendar_id
            and scopes.pay_period_kind_code = calendars.period_kind_code
            and scopes.window_start_date <= calendars.end_date
            and scopes.window_end_date >= calendars.start_date
            and scopes.segment_from_date <= calendars.end_date
            and scopes.segment_to_date >= calendars.start_date
    cross join runs
    where calendars.start_date <= runs.as_of_date
),

measured_days as (
    select
        scope_number,
        credit_date,
        sum(quota_credit_amount) as measure_amount,
        max(case when quota_credit_amount is null then 1 else 0 end) as is_held
    from measures
    group by scope_number, credit_date
),

measured_periods as (
    select
        scope_periods.scope_number,
        scope_periods.period_id,
        sum(measured_days.measure_amount) as measure_amount,
        coalesce(max(measured_days.is_held), 0) as is_held
    from scope_periods
    left join measured_days
        on
            scope_periods.scope_number = measured_days.scope_number
            and scope_periods.period_start_date <= measured_days.credit_date
            and scope_periods.counts_until_date >= measured_days.credit_date
    group by scope_periods.scope_number, scope_periods.period_id
),

-- The plan version and the team are those of the last day in the period on which the payee earned by the component.
versions as (
    select
        scope_periods.scope_number,
        scope_periods.period_id,
        {{ value_of_greatest('enrolments.plan_version', 'enrolments.enrolled_from_date', 'enrolments.plan_version') }}
            as plan_version,
        {{ value_of_greatest('enrolments.measure_code', 'enrolments.enrolled_from_date', 'enrolments.plan_version') }}
            as measure_code,
        {{ value_of_greatest('enrolments.team_id', 'enrolments.enrolled_from_date', 'enrolments.plan_version') }}
            as team_id,
        {{ value_of_greatest('enrolments.region_id', 'enrolments.enrolled_from_date', 'enrolments.plan_version') }}
            as region_id
    from scope_periods
    inner join scopes
        on scope_periods.scope_number = scopes.scope_number
    inner join enrolments
        on
            scopes.rule_set_id = enrolments.rule_set_id
            and scopes.payee_id = enrolments.payee_id
            and scopes.plan_id = enrolments.plan_id
            and scopes.component_id = enrolments.component_id
            and scope_periods.period_end_date >= enrolments.enrolled_from_date
            and scopes.window_start_date <= enrolments.enrolled_to_date
    group by scope_periods.scope_number, scope_periods.period_id
),

measures_to_date as (
    select
        scopes.rule_set_id,
        scopes.payee_id,
        scopes.plan_id,
        versions.plan_version,
        scopes.component_id,
        scopes.calendar_id,
        scope_periods.period_id,
        scopes.window_code as window_kind_code,
        scopes.window_period_id,
        versions.measure_code,
        scopes.quota_amount,
        scopes.currency_code,
        versions.team_id,
        versions.region_id,
        least(scopes.window_end_date, scopes.segment_to_date) <= runs.as_of_date as is_window_complete,
        -- Where a period holds several windows, or a change cuts a window in two, the last one stands for the period.
        row_number() over (
            partition by
                scopes.rule_set_id, scopes.payee_id, scopes.plan_id, scopes.component_id, scope_periods.period_id
            order by scopes.window_start_date desc, scopes.segment_from_date desc
        ) = 1 as is_last_window,
        coalesce(
            case
                when scopes.window_code = 'none' then measured_periods.measure_amount
                else sum(measured_periods.measure_amount) over periods_in_order
            end,
            0
        ) as measure_amount,
        case
            when scopes.window_code = 'none' then measured_periods.is_held
            else max(measured_periods.is_held) over periods_in_order
        end as is_held
    from scope_periods
    inner join scopes
        on scope_periods.scope_number = scopes.scope_number
    inner join versions
        on
            scope_periods.scope_number = versions.scope_number
            and scope_periods.period_id = versions.period_id
    inner join measured_periods
        on
            scope_periods.scope_number = measured_periods.scope_number
            and scope_periods.period_id = measured_periods.period_id
    cross join runs
    window periods_in_order as (
        partition by scope_periods.scope_number
        order by scope_periods.period_start_date
        rows between unbounded preceding and current row
    )
),

-- Outside the CASE below, where the engine would compute each part of the quotient anew.
attainments as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        plan_version,
        component_id,
        calendar_id,
        period_id,
        window_kind_code,
        window_period_id,
        measure_code,
        measure_amount,
        quota_amount,
        {{
            divide_once('cast(measure_amount as ' ~ pay_type() ~ ')', 'cast(quota_amount as ' ~ pay_type() ~ ')')
        }} as attainment_ratio,
        currency_code,
        team_id,
        region_id,
        is_window_complete,
        is_held
    from measures_to_date
    where is_last_window
)

select
    rule_set_id,
    payee_id,
    plan_id,
    plan_version,
    component_id,
    calendar_id,
    period_id,
    window_kind_code,
    window_period_id,
    case when is_held = 0 then cast(measure_amount as {{ pay_type() }}) end as measure_amount,
    quota_amount,
    case when is_held = 0 then cast(attainment_ratio as {{ pay_type() }}) end as attainment_ratio,
    case when measure_code = 'amount' then currency_code end as currency_code,
    team_id,
    region_id,
    is_window_complete,
    is_held = 1 as is_held
from attainments
