-- One row a credit and measure that a gate, a multiplier or a matrix of its component reads: the measure before and
-- after the event, or at the end of the pay period in which the credit is posted, and the quota that holds on the day
-- of the reading, in the window that it is read in. A gate that reaches back is read at every credit of the measure, in
-- whichever component it stands.
with ruled_scopes as (
    select
        scope_number,
        rule_set_id,
        payee_id,
        plan_id,
        component_id,
        segment_from_date,
        segment_to_date
    from {{ ref('int_pay_ruled_scopes') }}
),

quotas as (
    select
        scope_number,
        from_date,
        to_date,
        quota_amount
    from {{ ref('int_pay_quotas_dated') }}
),

ruled_credits as (
    select
        credit_number,
        scope_number,
        rule_set_id,
        plan_id,
        plan_version,
        component_id,
        period_id,
        credit_date,
        is_mirror,
        is_ruled,
        quota_credit_amount,
        is_measure_unknown,
        event_order
    from {{ ref('int_pay_ruled_credits') }}
),

readings_declared as (
    select
        rule_set_id,
        plan_id,
        plan_version,
        component_id,
        measured_component_id,
        reading_code
    from {{ ref('stg_planning__component_gates') }}
    union
    select
        rule_set_id,
        plan_id,
        plan_version,
        component_id,
        measured_component_id,
        reading_code
    from {{ ref('stg_planning__component_multipliers') }}
    where measured_component_id is not null
    union
    select
        rule_set_id,
        plan_id,
        plan_version,
        component_id,
        measured_component_id,
        reading_code
    from {{ ref('stg_planning__matrix_bands') }}
    -- A ratio is known by period: its matrix reads it itself.
    where unit_code <> 'measure'
),

plans as (
    select
        rule_set_id,
        plan_id,
        plan_version,
        calendar_id
    from {{ ref('stg_planning__plans') }}
),

calendars as (
    select
        rule_set_id,
        calendar_id,
        period_id,
        end_date
    from {{ ref('stg_planning__calendars') }}
),

-- The window of the measured component that holds the window of the credit, or the segment that its segment lies in.
scopes_measured as (
    select
        scopes.scope_number,
        scopes.component_id,
        measured.component_id as measured_component_id,
        measured.scope_number as measured_scope_number
    from ruled_scopes as scopes
    inner join ruled_scopes as measured
        on
            scopes.rule_set_id = measured.rule_set_id
            and scopes.payee_id = measured.payee_id
            and scopes.plan_id = measured.plan_id
            and case
                when scopes.component_id = measured.component_id then scopes.scope_number = measured.scope_number
                else
                    scopes.segment_from_date <= measured.segment_to_date
                    and scopes.segment_to_date >= measured.segment_from_date
            end
),

-- Gates that change earlier lines when another component's measure opens or closes them.
gates_elsewhere as (
    select distinct
        rule_set_id,
        plan_id,
        plan_version,
        component_id,
        measured_component_id
    from {{ ref('stg_planning__component_gates') }}
    where
        measured_component_id <> component_id
        and (opening_code in ('release', 'above') or (opening_code = 'period' and reading_code = 'event'))
),

credits_reading as (
    select
        credit_number,
        scope_number,
        rule_set_id,
        plan_id,
        plan_version,
        component_id,
        period_id,
        credit_date,
        event_order
    from ruled_credits
    where
        is_ruled
        and not is_mirror
    union
    select
        ruled_credits.credit_number,
        scopes_measured.scope_number,
        ruled_credits.rule_set_id,
        ruled_credits.plan_id,
        ruled_credits.plan_version,
        scopes_measured.component_id,
        ruled_credits.period_id,
        ruled_credits.credit_date,
        ruled_credits.event_order
    from gates_elsewhere
    inner join ruled_credits
        on
            gates_elsewhere.rule_set_id = ruled_credits.rule_set_id
            and gates_elsewhere.plan_id = ruled_credits.plan_id
            and gates_elsewhere.plan_version = ruled_credits.plan_version
            and gates_elsewhere.measured_component_id = ruled_credits.component_id
    inner join scopes_measured
        on
            ruled_credits.scope_number = scopes_measured.measured_scope_number
            and gates_elsewhere.component_id = scopes_measured.component_id
    union
    -- A measure of a longer window opens the gate for lines of several windows of the gated component.
    select
        ruled_credits.credit_number,
        scopes_waiting.scope_number,
        ruled_credits.rule_set_id,
        ruled_credits.plan_id,
        ruled_credits.plan_version,
        scopes_waiting.component_id,
        ruled_credits.period_id,
        ruled_credits.credit_date,
        ruled_credits.event_order
    from gates_elsewhere
    inner join ruled_credits
        on
            gates_elsewhere.rule_set_id = ruled_credits.rule_set_id
            and gates_elsewhere.plan_id = ruled_credits.plan_id
            and gates_elsewhere.plan_version = ruled_credits.plan_version
            and gates_elsewhere.component_id = ruled_credits.component_id
    inner join scopes_measured
        on
            ruled_credits.scope_number = scopes_measured.scope_number
            and gates_elsewhere.measured_component_id = scopes_measured.measured_component_id
    inner join scopes_measured as scopes_waiting
        on
            scopes_measured.measured_scope_number = scopes_waiting.measured_scope_number
            and scopes_measured.component_id = scopes_waiting.component_id
            and scopes_measured.scope_number <> scopes_waiting.scope_number
    where
        ruled_credits.is_ruled
        and not ruled_credits.is_mirror
),

readers as (
    select
        credits_reading.credit_number,
        credits_reading.scope_number,
        readings_declared.measured_component_id,
        readings_declared.reading_code,
        credits_reading.event_order,
        case
            when readings_declared.reading_code = 'period_end' then calendars.end_date
            else credits_reading.credit_date
        end as reading_date,
        case when readings_declared.reading_code = 'event' then credits_reading.event_order else 0 end as reading_order
    from credits_reading
    inner join readings_declared
        on
            credits_reading.rule_set_id = readings_declared.rule_set_id
            and credits_reading.plan_id = readings_declared.plan_id
            and credits_reading.plan_version = readings_declared.plan_version
            and credits_reading.component_id = readings_declared.component_id
    inner join plans
        on
            credits_reading.rule_set_id = plans.rule_set_id
            and credits_reading.plan_id = plans.plan_id
            and credits_reading.plan_version = plans.plan_version
    inner join calendars
        on
            plans.rule_set_id = calendars.rule_set_id
            and plans.calendar_id = calendars.calendar_id
            and credits_reading.period_id = calendars.period_id
),

readers_in_scopes as (
    select
        readers.credit_number,
        readers.scope_number,
        readers.measured_component_id,
        readers.reading_code,
        readers.reading_date,
        readers.reading_order,
        scopes_measured.measured_scope_number
    from readers
    left join scopes_measured
        on
            readers.scope_number = scopes_measured.scope_number
            and readers.measured_component_id = scopes_measured.measured_component_id
),

reading_points as (
    select distinct
        measured_scope_number,
        reading_code,
        reading_date,
        reading_order
    from readers_in_scopes
    where measured_scope_number is not null
),

-- Movements of the measure and the points at which it is read, in one order.
movements as (
    select
        reading_points.measured_scope_number,
        reading_points.reading_code,
        reading_points.reading_date,
        reading_points.reading_order,
        ruled_credits.quota_credit_amount,
        ruled_credits.is_measure_unknown,
        reading_points.reading_code = 'event' and ruled_credits.event_order = reading_points.reading_order
            as is_of_event
    from reading_points
    inner join ruled_credits
        on
            reading_points.measured_scope_number = ruled_credits.scope_number
            and case
                when reading_points.reading_code = 'event'
                    then reading_points.reading_order >= ruled_credits.event_order
                else reading_points.reading_date >= ruled_credits.credit_date
            end
),

points_read as (
    select
        measured_scope_number,
        reading_code,
        reading_date,
        reading_order,
        sum(quota_credit_amount) as measure_after_amount,
        sum(case when not is_of_event then quota_credit_amount else 0 end) as measure_before_amount,
        max(case when is_measure_unknown then 1 else 0 end) = 1 as is_unknown
    from movements
    group by measured_scope_number, reading_code, reading_date, reading_order
)

select
    readers_in_scopes.credit_number,
    readers_in_scopes.scope_number,
    readers_in_scopes.measured_component_id,
    readers_in_scopes.reading_code,
    quotas.quota_amount,
    readers_in_scopes.measured_scope_number is null or coalesce(points_read.is_unknown, false) as is_unknown,
    cast(coalesce(points_read.measure_before_amount, 0) as {{ pay_type() }}) as measure_before_amount,
    cast(coalesce(points_read.measure_after_amount, 0) as {{ pay_type() }}) as measure_after_amount
from readers_in_scopes
left join points_read
    on
        readers_in_scopes.measured_scope_number = points_read.measured_scope_number
        and readers_in_scopes.reading_code = points_read.reading_code
        and readers_in_scopes.reading_date = points_read.reading_date
        and readers_in_scopes.reading_order = points_read.reading_order
left join quotas
    on
        readers_in_scopes.measured_scope_number = quotas.scope_number
        and readers_in_scopes.reading_date >= quotas.from_date
        and readers_in_scopes.reading_date <= quotas.to_date
