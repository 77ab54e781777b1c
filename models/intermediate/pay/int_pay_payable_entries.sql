-- One row a posting between earned and payable. Where a component pays at once what it earns there is one entry of each
-- kind a payee, component and period, whatever the number of lines; where pay waits for something, one a line, kind and
-- day. What was posted for a closed period stays; what differs from it catches up in the first open one.
with terms as (
    select
        rule_set_id,
        plan_id,
        plan_version,
        component_id,
        coalesce(earned_at_code, 'credit') <> 'credit' as is_earned_later
    from {{ ref('stg_planning__payable_terms') }}
),

closed_periods as (
    select
        rule_set_id,
        plan_id,
        period_id
    from {{ ref('stg_planning__closed_periods') }}
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

payout_lines as (
    select
        lines.rule_set_id,
        lines.payee_id,
        lines.plan_id,
        lines.component_id,
        lines.calendar_id,
        lines.period_id,
        case
            when terms.is_earned_later and lines.line_kind_code = 'adjustment' then 'credited_adjustment'
            when terms.is_earned_later then 'credited'
            when lines.line_kind_code in ('rerate', 'adjustment') then lines.line_kind_code
            else 'earned'
        end as entry_kind_code,
        lines.line_date,
        lines.earned_amount,
        lines.currency_code,
        lines.is_held,
        terms.component_id is not null as is_waiting
    from {{ ref('fct_payout_lines') }} as lines
    left join terms
        on
            lines.rule_set_id = terms.rule_set_id
            and lines.plan_id = terms.plan_id
            and lines.plan_version = terms.plan_version
            and lines.component_id = terms.component_id
    -- Lines that wait have entries of their own; what was posted for closed periods, and adjusts them, is no such line.
    where terms.component_id is null or lines.line_kind_code in ('posted', 'adjustment')
),

closed_lines as (
    select
        closed_lines.rule_set_id,
        closed_lines.payee_id,
        closed_lines.plan_id,
        closed_lines.component_id,
        closed_lines.calendar_id,
        closed_lines.period_id,
        closed_lines.line_kind_code,
        closed_lines.line_date,
        closed_lines.payable_amount,
        closed_lines.became_earned_amount,
        terms.is_earned_later,
        closed_lines.currency_code
    from {{ ref('int_pay_closed_lines') }} as closed_lines
    inner join terms
        on
            closed_lines.rule_set_id = terms.rule_set_id
            and closed_lines.plan_id = terms.plan_id
            and closed_lines.plan_version = terms.plan_version
            and closed_lines.component_id = terms.component_id
    where closed_lines.recomputed_amount is null
),

{%- set columns = [
    'payee_id', 'plan_id', 'component_id', 'calendar_id', 'period_id', 'entry_date', 'entry_kind_code', 'currency_code',
    'line_id', 'event_id',
] %}

-- Clawbacks cut what lines have triggered: both are one posting.
postings as (
    {%- for source in ['int_pay_waiting_entries', 'int_pay_clawbacks'] %}
    select
        rule_set_id,
        entry_id,
        {{ columns | join(',\n        ') }},
        entry_amount,
        cause_text,
        is_held
    from {{ ref(source) }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

postings_added as (
    select
        rule_set_id,
        entry_id,
        {{ columns | join(',\n        ') }},
        sum(entry_amount) as entry_amount,
        -- What nobody takes over yet is held as long as the cut leaves something of it.
        max(case when is_held and entry_amount is null then 1 else 0 end) = 1
        or (max(case when is_held then 1 else 0 end) = 1 and sum(entry_amount) <> 0) as is_held,
        coalesce(max(case when is_held then cause_text end), max(cause_text)) as cause_text
    from postings
    group by rule_set_id, entry_id, {{ columns | join(', ') }}
),

waiting_entries as (
    select
        entries.rule_set_id,
        entries.entry_id,
        entries.payee_id,
        entries.plan_id,
        entries.component_id,
        entries.calendar_id,
        entries.period_id,
        entries.entry_date,
        entries.entry_kind_code,
        entries.entry_amount,
        entries.currency_code,
        entries.line_id,
        entries.event_id,
        entries.cause_text,
        entries.is_held,
        closed_periods.period_id is not null as is_closed
    from postings_added as entries
    left join closed_periods
        on
            entries.rule_set_id = closed_periods.rule_set_id
            and entries.plan_id = closed_periods.plan_id
            and entries.period_id = closed_periods.period_id
),

{%- set keys = ['rule_set_id', 'payee_id', 'plan_id', 'component_id', 'calendar_id', 'period_id', 'currency_code'] %}

-- All lines are added up once, as finely as what follows asks for.
lines_added as (
    select
        {%- for key in keys %}
        {{ key }},
        {%- endfor %}
        entry_kind_code,
        is_waiting,
        max(line_date) as line_date,
        sum(earned_amount) as earned_amount,
        max(case when is_held then 1 else 0 end) as is_held
    from payout_lines
    group by {{ keys | join(', ') }}, entry_kind_code, is_waiting
),

components_in_periods as (
    select
        {%- for key in keys %}
        {{ key }},
        {%- endfor %}
        entry_kind_code,
        max(line_date) as entry_date,
        sum(earned_amount) as entry_amount,
        0 as adjustment_amount,
        max(is_held) = 1 as is_held
    from lines_added
    group by {{ keys | join(', ') }}, entry_kind_code
    union all
    select
        {%- for key in keys %}
        {{ key }},
        {%- endfor %}
        'became_payable' as entry_kind_code,
        max(line_date) as entry_date,
        sum(earned_amount) as entry_amount,
        sum(case when entry_kind_code = 'adjustment' then earned_amount else 0 end) as adjustment_amount,
        max(is_held) = 1 as is_held
    from lines_added
    where not is_waiting
    group by {{ keys | join(', ') }}
    union all
    select
        {%- for key in keys %}
        {{ key }},
        {%- endfor %}
        'became_payable' as entry_kind_code,
        max(line_date) as entry_date,
        sum(payable_amount) as entry_amount,
        sum(case when line_kind_code = 'adjustment' then payable_amount else 0 end) as adjustment_amount,
        count(payable_amount) < count(*) as is_held
    from closed_lines
    group by {{ keys | join(', ') }}
    union all
    select
        {%- for key in keys %}
        {{ key }},
        {%- endfor %}
        'became_earned' as entry_kind_code,
        max(line_date) as entry_date,
        sum(became_earned_amount) as entry_amount,
        0 as adjustment_amount,
        false as is_held
    from closed_lines
    where is_earned_later
    group by {{ keys | join(', ') }}
),

-- What was triggered, or is earned later, in closed periods as they recompute, less what was posted for them.
closed_differences as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        component_id,
        calendar_id,
        currency_code,
        'became_payable' as entry_kind_code,
        case when entry_kind_code = 'cancelled_unpaid' then -entry_amount else entry_amount end as entry_amount,
        is_held
    from waiting_entries
    where is_closed and entry_kind_code in ('became_payable', 'released', 'taken_over', 'cancelled_unpaid')
    union all
    select
        rule_set_id,
        payee_id,
        plan_id,
        component_id,
        calendar_id,
        currency_code,
        'became_payable' as entry_kind_code,
        -payable_amount as entry_amount,
        payable_amount is null as is_held
    from closed_lines
    union all
    select
        rule_set_id,
        payee_id,
        plan_id,
        component_id,
        calendar_id,
        currency_code,
        entry_kind_code,
        entry_amount,
        is_held
    from waiting_entries
    where is_closed and entry_kind_code = 'became_earned'
    union all
    select
        rule_set_id,
        payee_id,
        plan_id,
        component_id,
        calendar_id,
        currency_code,
        'became_earned' as entry_kind_code,
        -became_earned_amount as entry_amount,
        false as is_held
    from closed_lines
    where is_earned_later
),

differences_added as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        component_id,
        calendar_id,
        currency_code,
        entry_kind_code,
        sum(entry_amount) as entry_amount,
        max(case when is_held then 1 else 0 end) = 1 as is_held
    from closed_differences
    group by rule_set_id, payee_id, plan_id, component_id, calendar_id, currency_code, entry_kind_code
),

last_days_closed as (
    select
        closed_periods.rule_set_id,
        closed_periods.plan_id,
        calendars.calendar_id,
        calendars.period_kind_code,
        max(calendars.end_date) as closed_to_date
    from closed_periods
    inner join calendars
        on
            closed_periods.rule_set_id = calendars.rule_set_id
            and closed_periods.period_id = calendars.period_id
    group by closed_periods.rule_set_id, closed_periods.plan_id, calendars.calendar_id, calendars.period_kind_code
),

catch_ups as (
    select
        differences_added.rule_set_id,
        differences_added.payee_id,
        differences_added.plan_id,
        differences_added.component_id,
        differences_added.calendar_id,
        calendars.period_id,
        differences_added.currency_code,
        calendars.end_date as entry_date,
        differences_added.entry_kind_code,
        differences_added.entry_amount,
        differences_added.is_held
    from differences_added
    inner join last_days_closed
        on
            differences_added.rule_set_id = last_days_closed.rule_set_id
            and differences_added.plan_id = last_days_closed.plan_id
            and differences_added.calendar_id = last_days_closed.calendar_id
    inner join calendars
        on
            last_days_closed.rule_set_id = calendars.rule_set_id
            and last_days_closed.calendar_id = calendars.calendar_id
            and last_days_closed.period_kind_code = calendars.period_kind_code
            and calendars.start_date = {{ add_days('last_days_closed.closed_to_date', 1) }}
),

entries as (
    select
        rule_set_id,
        -- Lines of the plan as a whole, such as its floor, have no component.
        entry_kind_code || ':' || payee_id || ':' || plan_id || ':' || coalesce(component_id, '') || ':' || period_id
            as entry_id,
        {%- for key in keys[1:] %}
        {{ key }},
        {%- endfor %}
        entry_date,
        entry_kind_code,
        entry_amount,
        adjustment_amount,
        cast(null as {{ dbt.type_string() }}) as line_id,
        cast(null as {{ dbt.type_string() }}) as event_id,
        case when is_held then 'held: a line of the period is held, or what was posted is unknown' end as cause_text,
        is_held
    from components_in_periods
    union all
    select
        rule_set_id,
        entry_kind_code || ':catch-up:' || payee_id || ':' || plan_id || ':' || component_id || ':' || period_id
            as entry_id,
        {%- for key in keys[1:] %}
        {{ key }},
        {%- endfor %}
        entry_date,
        entry_kind_code,
        entry_amount,
        case when entry_kind_code = 'became_payable' then entry_amount else 0 end as adjustment_amount,
        cast(null as {{ dbt.type_string() }}) as line_id,
        cast(null as {{ dbt.type_string() }}) as event_id,
        case
            when is_held then 'held: what became payable or earned in closed periods is unknown'
            else
                'what was ' || case when entry_kind_code = 'became_earned' then 'earned' else 'triggered' end
                || ' in closed periods, less what was posted for them'
        end as cause_text,
        is_held
    from catch_ups
    union all
    select
        rule_set_id,
        entry_id,
        {%- for key in keys[1:] %}
        {{ key }},
        {%- endfor %}
        entry_date,
        entry_kind_code,
        entry_amount,
        0 as adjustment_amount,
        line_id,
        event_id,
        cause_text,
        is_held
    from waiting_entries
    -- What nobody takes over stays in sight when its period closes.
    where not is_closed or (is_held and entry_kind_code in ('passed_on', 'passed_on_held'))
)

select
    rule_set_id,
    entry_id,
    payee_id,
    plan_id,
    component_id,
    calendar_id,
    period_id,
    entry_date,
    entry_kind_code,
    case when not is_held then cast(entry_amount as {{ pay_type() }}) end as entry_amount,
    -- What of it adjusts closed periods.
    case when not is_held then cast(adjustment_amount as {{ pay_type() }}) end as adjustment_amount,
    currency_code,
    line_id,
    event_id,
    cause_text,
    is_held
from entries
where is_held or entry_amount <> 0 or adjustment_amount <> 0
