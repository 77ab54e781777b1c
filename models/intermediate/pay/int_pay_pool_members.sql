-- One row a payee, pool component, team and window that is over: whether the payee is a member of the pool, and with
-- what weight. Who was on the team in the window and is no member is a leaver.
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
        -- Who has no team shares the pool of no team, which is held.
        coalesce(team_id, '') as team_id,
        calendar_id,
        pay_period_kind_code,
        window_code,
        currency_code,
        minor_unit_digits,
        rounding_method_code,
        enrolled_from_date,
        enrolled_to_date,
        hold_text
    from {{ ref('int_pay_enrolments') }}
    where event_kind_code = 'pool'
),

scopes as (
    select
        scope_number,
        rule_set_id,
        payee_id,
        plan_id,
        component_id,
        window_period_id
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

assignments as (
    select
        assignment_id,
        payee_id,
        valid_from_date,
        valid_to_date
    from {{ ref('int_pay_assignments') }}
),

roles as (
    select
        assignment_id,
        role_code
    from {{ ref('stg_people__assignments') }}
),

period_components as (
    select
        rule_set_id,
        plan_id,
        plan_version,
        component_id,
        of_component_id,
        members_code,
        paid_after_days,
        shares_code,
        leaver_share_code
    from {{ ref('stg_planning__period_components') }}
    where event_kind_code = 'pool'
),

weights as (
    select
        rule_set_id,
        plan_id,
        plan_version,
        component_id,
        role_code,
        part_ratio
    from {{ ref('stg_planning__period_component_parts') }}
    where part_code = 'weight'
),

component_days as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        component_id,
        team_id,
        credit_date,
        measure_amount
    from {{ ref('int_pay_component_days') }}
),

stretches as (
    select
        enrolments.enrolment_number,
        enrolments.rule_set_id,
        enrolments.payee_id,
        enrolments.plan_id,
        enrolments.plan_version,
        enrolments.component_id,
        enrolments.team_id,
        enrolments.calendar_id,
        enrolments.pay_period_kind_code,
        enrolments.currency_code,
        enrolments.minor_unit_digits,
        enrolments.rounding_method_code,
        enrolments.hold_text,
        windows.period_id as window_period_id,
        windows.start_date as window_start_date,
        windows.end_date as window_end_date,
        least(windows.end_date, enrolments.enrolled_to_date) as last_date,
        {{ days_between(
            'greatest(windows.start_date, enrolments.enrolled_from_date)',
            'least(windows.end_date, enrolments.enrolled_to_date)'
        ) }} + 1 as stretch_days
    from enrolments
    inner join calendars as windows
        on
            enrolments.rule_set_id = windows.rule_set_id
            and enrolments.calendar_id = windows.calendar_id
            and enrolments.window_code = windows.period_kind_code
            and enrolments.enrolled_from_date <= windows.end_date
            and enrolments.enrolled_to_date >= windows.start_date
    cross join runs
    where windows.end_date <= runs.as_of_date
),

last_stretches as (
    select
        enrolment_number,
        rule_set_id,
        payee_id,
        plan_id,
        component_id,
        team_id,
        calendar_id,
        pay_period_kind_code,
        currency_code,
        minor_unit_digits,
        rounding_method_code,
        window_period_id,
        window_start_date,
        window_end_date,
        last_date,
        sum(stretch_days) over team_windows as team_days,
        max(hold_text) over team_windows as hold_text,
        -- One set of terms a team and window: those of the last version that anybody had.
        max(plan_version) over (partition by rule_set_id, plan_id, component_id, team_id, window_period_id)
            as plan_version,
        row_number() over (
            partition by rule_set_id, plan_id, component_id, team_id, window_period_id, payee_id
            order by last_date desc, enrolment_number desc
        ) as last_order
    from stretches
    window team_windows as (partition by rule_set_id, plan_id, component_id, team_id, window_period_id, payee_id)
),

people as (
    select
        last_stretches.enrolment_number,
        last_stretches.rule_set_id,
        last_stretches.payee_id,
        last_stretches.plan_id,
        last_stretches.plan_version,
        last_stretches.component_id,
        last_stretches.team_id,
        last_stretches.calendar_id,
        last_stretches.pay_period_kind_code,
        last_stretches.currency_code,
        last_stretches.minor_unit_digits,
        last_stretches.rounding_method_code,
        last_stretches.window_period_id,
        last_stretches.window_start_date,
        last_stretches.window_end_date,
        last_stretches.last_date,
        last_stretches.team_days,
        {{ days_between('last_stretches.window_start_date', 'last_stretches.window_end_date') }} + 1 as window_days,
        last_stretches.hold_text,
        period_components.of_component_id,
        period_components.members_code,
        period_components.shares_code,
        period_components.leaver_share_code,
        {{ add_days('last_stretches.window_end_date', 'period_components.paid_after_days') }} as payment_date
    from last_stretches
    inner join period_components
        on
            last_stretches.rule_set_id = period_components.rule_set_id
            and last_stretches.plan_id = period_components.plan_id
            and last_stretches.plan_version = period_components.plan_version
            and last_stretches.component_id = period_components.component_id
    where last_stretches.last_order = 1
),

-- On the team on the day of payment, whoever was in the window.
on_payment_date as (
    select distinct
        people.enrolment_number,
        people.window_period_id
    from people
    inner join enrolments
        on
            people.rule_set_id = enrolments.rule_set_id
            and people.payee_id = enrolments.payee_id
            and people.plan_id = enrolments.plan_id
            and people.component_id = enrolments.component_id
            and people.team_id = enrolments.team_id
            and people.payment_date >= enrolments.enrolled_from_date
            and people.payment_date <= enrolments.enrolled_to_date
    where people.members_code = 'payment_date'
),

contributions as (
    select
        people.enrolment_number,
        people.window_period_id,
        sum(component_days.measure_amount) as measure_amount
    from people
    inner join component_days
        on
            people.rule_set_id = component_days.rule_set_id
            and people.payee_id = component_days.payee_id
            and people.plan_id = component_days.plan_id
            and people.of_component_id = component_days.component_id
            and people.team_id = component_days.team_id
            and people.window_start_date <= component_days.credit_date
            and people.window_end_date >= component_days.credit_date
    where people.shares_code = 'contribution'
    group by people.enrolment_number, people.window_period_id
),

role_weights as (
    select
        people.enrolment_number,
        people.window_period_id,
        max(weights.part_ratio) as weight_ratio
    from people
    inner join assignments
        on
            people.payee_id = assignments.payee_id
            and people.last_date >= assignments.valid_from_date
            and people.last_date <= assignments.valid_to_date
    inner join roles
        on assignments.assignment_id = roles.assignment_id
    inner join weights
        on
            people.rule_set_id = weights.rule_set_id
            and people.plan_id = weights.plan_id
            and people.plan_version = weights.plan_version
            and people.component_id = weights.component_id
            and roles.role_code = weights.role_code
    where people.shares_code = 'role'
    group by people.enrolment_number, people.window_period_id
),

pay_periods as (
    select
        rule_set_id,
        calendar_id,
        period_kind_code,
        period_id,
        end_date
    from calendars
)

select
    scopes.scope_number,
    people.enrolment_number,
    people.rule_set_id,
    people.payee_id,
    people.plan_id,
    people.plan_version,
    people.component_id,
    people.team_id,
    people.currency_code,
    people.minor_unit_digits,
    people.rounding_method_code,
    people.window_period_id,
    people.window_start_date,
    people.window_end_date,
    pay_periods.period_id,
    people.shares_code,
    people.leaver_share_code,
    people.team_days,
    case people.members_code
        when 'every_day' then people.team_days = people.window_days
        when 'last_day' then people.last_date = people.window_end_date
        else on_payment_date.enrolment_number is not null
    end as is_member,
    cast(
        case people.shares_code
            when 'equal' then 1
            when 'days' then people.team_days
            when 'role' then coalesce(role_weights.weight_ratio, 0)
            else greatest(coalesce(contributions.measure_amount, 0), 0)
        end as {{ pay_type() }}
    ) as weight_amount,
    coalesce(
        people.hold_text,
        case
            when people.team_id = ''
                then 'the assignment of payee ' || people.payee_id || ' names no team, and so no pool'
        end
    ) as hold_text
from people
cross join runs
inner join scopes
    on
        people.rule_set_id = scopes.rule_set_id
        and people.payee_id = scopes.payee_id
        and people.plan_id = scopes.plan_id
        and people.component_id = scopes.component_id
        and people.window_period_id = scopes.window_period_id
inner join pay_periods
    on
        people.rule_set_id = pay_periods.rule_set_id
        and people.calendar_id = pay_periods.calendar_id
        and people.pay_period_kind_code = pay_periods.period_kind_code
        and people.window_end_date = pay_periods.end_date
left join on_payment_date
    on
        people.enrolment_number = on_payment_date.enrolment_number
        and people.window_period_id = on_payment_date.window_period_id
left join contributions
    on
        people.enrolment_number = contributions.enrolment_number
        and people.window_period_id = contributions.window_period_id
left join role_weights
    on
        people.enrolment_number = role_weights.enrolment_number
        and people.window_period_id = role_weights.window_period_id
where people.payment_date <= runs.as_of_date
