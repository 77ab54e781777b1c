-- One row an event and plan version with late_event open that counts on another day than its own, or whose sale does,
-- because its period was closed when it came; and one where that is unknown. Rows for such plans with closed periods
-- alone. `plan_number` is a short key inside one run.
{%- set plan_keys = ['rule_set_id', 'plan_id', 'plan_version'] %}
with runs as (
    select as_of_date
    from {{ source('landing', 'run') }}
),

plans as (
    select
        {{ plan_keys | join(',\n        ') }},
        calendar_id,
        pay_period_kind_code
    from {{ ref('stg_planning__plans') }}
    where late_event_code = 'open'
),

closed_periods as (
    select
        rule_set_id,
        plan_id,
        period_id,
        known_event_count
    from {{ ref('stg_planning__closed_periods') }}
),

-- A kind that is none is of no event: the list lacks one.
closed_events as (
    select
        rule_set_id,
        plan_id,
        event_kind_code,
        event_id,
        period_id
    from {{ ref('stg_planning__closed_events') }}
    where
        event_kind_code in (
            'booking', 'invoice', 'credit_note', 'margin', 'margin_reversal', 'activity', 'lead_conversion', 'renewal',
            'cancellation', 'contract_end'
        )
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

shares as (
    select
        event_order,
        event_kind_code,
        event_id,
        origin_event_id,
        event_date,
        origin_date,
        event_kind_code in ('credit_note', 'margin_reversal') as is_reversal
    from {{ ref('int_pay_shares') }}
),

event_counts as (
    select
        rule_set_id,
        plan_id,
        period_id,
        count(*) as event_count
    from closed_events
    group by rule_set_id, plan_id, period_id
),

periods_closed as (
    select
        {%- for key in plan_keys %}
        plans.{{ key }},
        {%- endfor %}
        closed_periods.period_id,
        calendars.start_date,
        calendars.end_date,
        closed_periods.known_event_count,
        coalesce(event_counts.event_count, 0) as event_count
    from plans
    inner join closed_periods
        on
            plans.rule_set_id = closed_periods.rule_set_id
            and plans.plan_id = closed_periods.plan_id
    inner join calendars
        on
            plans.rule_set_id = calendars.rule_set_id
            and plans.calendar_id = calendars.calendar_id
            and plans.pay_period_kind_code = calendars.period_kind_code
            and closed_periods.period_id = calendars.period_id
    left join event_counts
        on
            closed_periods.rule_set_id = event_counts.rule_set_id
            and closed_periods.plan_id = event_counts.plan_id
            and closed_periods.period_id = event_counts.period_id
    cross join runs
    -- What counts on a day that is still to come is no credit yet: until then, what comes late adjusts.
    where calendars.end_date < runs.as_of_date
),

-- Closed periods follow each other without a gap.
closes as (
    select
        {{ plan_keys | join(',\n        ') }},
        min(start_date) as closed_from_date,
        max(end_date) as closed_to_date,
        min(
            case
                when known_event_count is null
                    then 'known_event_count of period ' || period_id || ' in closed_periods is absent'
                when known_event_count <> event_count
                    then 'closed_events has ' || cast(event_count as {{ dbt.type_string() }})
                        || ' events of period ' || period_id || ', and known_event_count says '
                        || cast(known_event_count as {{ dbt.type_string() }})
            end
        ) as fault_text
    from periods_closed
    group by {{ plan_keys | join(', ') }}
),

events as (
    select distinct
        {%- for key in plan_keys %}
        closes.{{ key }},
        {%- endfor %}
        closes.closed_from_date,
        closes.closed_to_date,
        closes.fault_text,
        shares.event_order,
        shares.event_kind_code,
        shares.event_id,
        shares.origin_event_id,
        shares.event_date,
        shares.origin_date,
        shares.is_reversal
    from shares
    inner join closes
        on
            shares.event_date <= closes.closed_to_date
            or (shares.is_reversal and shares.origin_date <= closes.closed_to_date)
),

events_counted as (
    select
        {%- for key in plan_keys %}
        events.{{ key }},
        {%- endfor %}
        events.event_order,
        case events.event_kind_code
            when 'credit_note' then 'invoice'
            when 'margin_reversal' then 'margin'
            else events.event_kind_code
        end as sale_kind_code,
        events.origin_event_id,
        events.event_date,
        events.origin_date,
        events.is_reversal,
        case
            when events.fault_text is not null then events.event_date
            when periods_closed.start_date is not null then greatest(periods_closed.start_date, events.event_date)
            when events.event_date >= events.closed_from_date and events.event_date <= events.closed_to_date
                then {{ add_days('events.closed_to_date', 1) }}
            else events.event_date
        end as credit_date,
        case
            when events.event_date <= events.closed_to_date
                then
                    'which events of plan ' || events.plan_id || ' came when their period was closed is unknown: '
                    || events.fault_text
        end as hold_text
    from events
    left join closed_events
        on
            events.rule_set_id = closed_events.rule_set_id
            and events.plan_id = closed_events.plan_id
            and events.event_kind_code = closed_events.event_kind_code
            and events.event_id = closed_events.event_id
    left join periods_closed
        on
            {{ same_keys('events', 'periods_closed', plan_keys) }}
            and closed_events.period_id = periods_closed.period_id
),

events_with_sales as (
    select
        {{ plan_keys | join(',\n        ') }},
        event_order,
        event_date,
        origin_date,
        credit_date,
        -- Absent where the sale is of an open day.
        max(case when not is_reversal then credit_date end) over (
            partition by {{ plan_keys | join(', ') }}, sale_kind_code, origin_event_id
        ) as sale_credit_date,
        hold_text
    from events_counted
)

select
    {{ plan_keys | join(',\n    ') }},
    dense_rank() over (order by {{ plan_keys | join(', ') }}) as plan_number,
    event_order,
    credit_date,
    coalesce(sale_credit_date, origin_date) as sale_credit_date,
    hold_text
from events_with_sales
where
    credit_date <> event_date
    or sale_credit_date <> origin_date
    or hold_text is not null
