-- One row a payee, plan and component of whose window or year an earlier system computed a part: how far the measure
-- stands, what was earned and what of caps is used, from the opening day on. docs/decisions/pay_openings.md has the
-- readings. Rows only for companies that began in the middle of a window.
{%- set keys = ['rule_set_id', 'payee_id', 'plan_id', 'component_id'] %}
with entries as (
    select
        {{ keys | join(',\n        ') }},
        min(opening_id) as opening_id,
        min(opening_date) as opening_date,
        max(opening_date) as last_opening_date,
        min(currency_code) as currency_code,
        max(currency_code) as last_currency_code,
        count(*) as entry_count,
        count(distinct entry_code) as entry_code_count,
        {%- for code in ['quota_credit', 'pay_credit', 'earned', 'cap_used'] %}
        cast(max(case when entry_code = '{{ code }}' then opening_amount end) as {{ pay_type() }}) as {{ code }}_amount
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from {{ ref('stg_planning__opening_entries') }}
    where entry_code in ('quota_credit', 'pay_credit', 'earned', 'cap_used')
    group by {{ keys | join(', ') }}
),

enrolments as (
    select
        enrolment_number,
        {{ keys | join(',\n        ') }},
        event_kind_code,
        calendar_id,
        pay_period_kind_code,
        currency_code,
        window_code,
        style_code,
        catch_up_code,
        enrolled_from_date,
        enrolled_to_date,
        hold_text
    from {{ ref('int_pay_enrolments') }}
),

scopes as (
    select
        scope_number,
        {{ keys | join(',\n        ') }},
        window_code,
        window_period_id,
        window_start_date,
        segment_from_date,
        segment_to_date,
        hold_text
    from {{ ref('int_pay_scopes') }}
),

prorated_scopes as (
    select distinct scope_number
    from {{ ref('int_pay_prorations') }}
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

days as (
    select
        rule_set_id,
        calendar_id,
        calendar_day,
        year_period_id
    from {{ ref('int_pay_days') }}
),

closed_periods as (
    select
        rule_set_id,
        plan_id,
        period_id
    from {{ ref('stg_planning__closed_periods') }}
),

rules as (
    select
        rule_set_id,
        plan_id,
        component_id,
        case when rule_level_code = 'plan' then 'gate_of_plan' else 'gate' end as rule_code
    from {{ ref('stg_planning__component_gates') }}
    union all
    select
        rule_set_id,
        plan_id,
        component_id,
        case when multiplier_kind_code = 'measure' then 'multiplier' else 'multiplier_of_sale' end as rule_code
    from {{ ref('stg_planning__component_multipliers') }}
    union all
    select
        rule_set_id,
        plan_id,
        component_id,
        'limit' as rule_code
    from {{ ref('stg_planning__component_limits') }}
    union all
    select
        rule_set_id,
        plan_id,
        component_id,
        'matrix' as rule_code
    from {{ ref('stg_planning__matrix_bands') }}
    union all
    select
        rule_set_id,
        plan_id,
        component_id,
        'waiting' as rule_code
    from {{ ref('stg_planning__payable_terms') }}
    {%- for rule in ['cap', 'floor'] %}
    {%- set rule_code = "'" ~ rule ~ "_of_' || limits.per_code" %}
    {%- if rule == 'cap' %}
    {%- set rule_code = rule_code ~ " || case when limits.is_cap_prorated then '_prorated' else '' end" %}
    {%- endif %}
    union all
    select
        limits.rule_set_id,
        limits.plan_id,
        limits.component_id,
        {{ rule_code }} as rule_code
    from {{ ref('stg_planning__component_limits') }} as limits
    where limits.{{ rule }}_amount is not null
    union all
    select
        limits.rule_set_id,
        limits.plan_id,
        components.component_id,
        {{ rule_code }} as rule_code
    from {{ ref('stg_planning__plan_limits') }} as limits
    inner join {{ ref('stg_planning__components') }} as components
        on
            limits.rule_set_id = components.rule_set_id
            and limits.plan_id = components.plan_id
    where limits.{{ rule }}_amount is not null
    {%- endfor %}
),

-- What a component has in any of its versions.
rules_of_components as (
    select
        rule_set_id,
        plan_id,
        component_id,
        max(case when rule_code in ('gate', 'gate_of_plan') then 1 else 0 end) = 1 as has_gate,
        max(case when rule_code = 'gate_of_plan' then 1 else 0 end) = 1
        and max(case when rule_code = 'limit' then 1 else 0 end) = 1 as has_gate_after_limits,
        max(case when rule_code = 'matrix' then 1 else 0 end) = 1 as has_matrix,
        max(case when rule_code = 'multiplier_of_sale' then 1 else 0 end) = 1 as has_multiplier_of_sale,
        max(case when rule_code = 'waiting' then 1 else 0 end) = 1 as is_waiting,
        max(case when rule_code like 'cap_of_window%' then 1 else 0 end) = 1 as has_cap_of_window,
        max(case when rule_code like 'cap_of_year%' then 1 else 0 end) = 1 as has_cap_of_year,
        max(case when rule_code in ('cap_of_window_prorated', 'cap_of_year_prorated') then 1 else 0 end) = 1
            as has_prorated_cap,
        max(case when rule_code in ('floor_of_window', 'floor_of_year') then 1 else 0 end) = 1 as has_floor,
        -- Whether what is owed depends on more than the measure and the base.
        max(case when rule_code <> 'waiting' then 1 else 0 end) = 1 as has_rules
    from rules
    group by rule_set_id, plan_id, component_id
),

enrolled as (
    select
        entries.rule_set_id,
        entries.payee_id,
        entries.plan_id,
        entries.component_id,
        entries.opening_id,
        entries.opening_date,
        entries.last_opening_date,
        entries.currency_code,
        entries.last_currency_code,
        entries.entry_count,
        entries.entry_code_count,
        entries.quota_credit_amount,
        entries.pay_credit_amount,
        entries.earned_amount,
        entries.cap_used_amount,
        enrolments.enrolment_number,
        enrolments.event_kind_code,
        enrolments.calendar_id,
        enrolments.pay_period_kind_code,
        enrolments.currency_code as plan_currency_code,
        enrolments.window_code,
        enrolments.style_code,
        enrolments.catch_up_code,
        enrolments.hold_text,
        row_number() over (
            partition by entries.rule_set_id, entries.payee_id, entries.plan_id, entries.component_id
            order by enrolments.enrolled_from_date
        ) as enrolment_order
    from entries
    inner join enrolments
        on
            {{ same_keys('entries', 'enrolments', keys) }}
            and entries.opening_date >= enrolments.enrolled_from_date
            and entries.opening_date <= enrolments.enrolled_to_date
),

first_enrolments as (
    select
        entries.rule_set_id,
        entries.payee_id,
        entries.plan_id,
        entries.component_id,
        min(enrolments.enrolled_from_date) as enrolled_from_date
    from entries
    inner join enrolments
        on {{ same_keys('entries', 'enrolments', keys) }}
    group by entries.rule_set_id, entries.payee_id, entries.plan_id, entries.component_id
),

credits_before as (
    select
        entries.rule_set_id,
        entries.payee_id,
        entries.plan_id,
        entries.component_id,
        min(credits.credit_date) as credit_date
    from entries
    inner join enrolments
        on {{ same_keys('entries', 'enrolments', keys) }}
    inner join {{ ref('int_pay_credits') }} as credits
        on
            enrolments.enrolment_number = credits.enrolment_number
            and entries.opening_date > credits.credit_date
    group by entries.rule_set_id, entries.payee_id, entries.plan_id, entries.component_id
),

first_closed as (
    select
        closed_periods.rule_set_id,
        closed_periods.plan_id,
        calendars.calendar_id,
        min(calendars.start_date) as start_date
    from closed_periods
    inner join calendars
        on
            closed_periods.rule_set_id = calendars.rule_set_id
            and closed_periods.period_id = calendars.period_id
    group by closed_periods.rule_set_id, closed_periods.plan_id, calendars.calendar_id
),

openings as (
    select
        enrolled.rule_set_id,
        enrolled.payee_id,
        enrolled.plan_id,
        enrolled.component_id,
        enrolled.opening_id,
        enrolled.opening_date,
        {{ add_days('enrolled.opening_date', -1) }} as day_before,
        scopes.scope_number,
        enrolled.enrolment_number,
        enrolled.event_kind_code,
        enrolled.window_code,
        enrolled.style_code,
        scopes.window_start_date,
        days.year_period_id,
        periods.period_id,
        coalesce(periods.start_date <> enrolled.opening_date, true) as is_inside_period,
        coalesce(periods_before.period_id, periods.period_id) as period_before_id,
        enrolled.quota_credit_amount,
        enrolled.pay_credit_amount,
        enrolled.earned_amount,
        enrolled.cap_used_amount,
        coalesce(
            enrolled.quota_credit_amount, enrolled.pay_credit_amount, enrolled.earned_amount
        ) is not null as is_of_window,
        enrolled.entry_count > enrolled.entry_code_count or enrolled.opening_date <> enrolled.last_opening_date
            as is_repeated,
        enrolled.currency_code <> enrolled.plan_currency_code
        or enrolled.last_currency_code <> enrolled.plan_currency_code as is_other_currency,
        enrolled.plan_currency_code,
        credits_before.credit_date as credited_from_date,
        coalesce(first_closed.start_date < enrolled.opening_date, false) as is_closed_before,
        prorated_scopes.scope_number is not null and first_enrolments.enrolled_from_date = enrolled.opening_date
            as is_proration_unknown,
        coalesce(rules.has_prorated_cap, false) and first_enrolments.enrolled_from_date = enrolled.opening_date
            as is_cap_unknown,
        coalesce(rules.has_gate, false) as has_gate,
        coalesce(rules.has_gate_after_limits, false) as has_gate_after_limits,
        coalesce(rules.has_matrix, false) as has_matrix,
        coalesce(rules.has_multiplier_of_sale, false) as has_multiplier_of_sale,
        coalesce(rules.is_waiting, false) as is_waiting,
        coalesce(rules.has_cap_of_window, false) as has_cap_of_window,
        coalesce(rules.has_cap_of_year, false) as has_cap_of_year,
        coalesce(rules.has_floor, false) as has_floor,
        -- Owed is then a function of X and Y: what was earned can be compared with it.
        enrolled.earned_amount is not null
        and not coalesce(rules.has_rules, false)
        and (
            enrolled.style_code in ('retroactive', 'step', 'interpolated')
            or (enrolled.style_code = 'marginal' and enrolled.pay_credit_amount = enrolled.quota_credit_amount)
        ) as is_compared,
        (enrolled.style_code = 'retroactive' and enrolled.catch_up_code = 'events_re_rated')
        or coalesce(rules.has_gate, false) as is_changed_later,
        coalesce(scopes.hold_text, enrolled.hold_text) as hold_text
    from enrolled
    inner join scopes
        on
            {{ same_keys('enrolled', 'scopes', keys) }}
            and enrolled.window_code = scopes.window_code
            and enrolled.opening_date >= scopes.segment_from_date
            and enrolled.opening_date <= scopes.segment_to_date
    inner join first_enrolments
        on {{ same_keys('enrolled', 'first_enrolments', keys) }}
    left join prorated_scopes
        on scopes.scope_number = prorated_scopes.scope_number
    left join days
        on
            enrolled.rule_set_id = days.rule_set_id
            and enrolled.calendar_id = days.calendar_id
            and enrolled.opening_date = days.calendar_day
    left join calendars as periods
        on
            enrolled.rule_set_id = periods.rule_set_id
            and enrolled.calendar_id = periods.calendar_id
            and enrolled.pay_period_kind_code = periods.period_kind_code
            and enrolled.opening_date >= periods.start_date
            and enrolled.opening_date <= periods.end_date
    left join calendars as periods_before
        on
            enrolled.rule_set_id = periods_before.rule_set_id
            and enrolled.calendar_id = periods_before.calendar_id
            and enrolled.pay_period_kind_code = periods_before.period_kind_code
            and periods_before.end_date = {{ add_days('enrolled.opening_date', -1) }}
    left join credits_before
        on {{ same_keys('enrolled', 'credits_before', keys) }}
    left join first_closed
        on
            enrolled.rule_set_id = first_closed.rule_set_id
            and enrolled.plan_id = first_closed.plan_id
            and enrolled.calendar_id = first_closed.calendar_id
    left join rules_of_components as rules
        on
            enrolled.rule_set_id = rules.rule_set_id
            and enrolled.plan_id = rules.plan_id
            and enrolled.component_id = rules.component_id
    where enrolled.enrolment_order = 1
),

checked as (
    select
        {{ keys | join(',\n        ') }},
        opening_id,
        opening_date,
        day_before,
        scope_number,
        enrolment_number,
        year_period_id,
        period_id,
        period_before_id,
        quota_credit_amount,
        pay_credit_amount,
        earned_amount,
        cap_used_amount,
        is_of_window,
        is_compared,
        hold_text,
        case
            when is_repeated then 'one entry of a kind and one day are enough, and there are more'
            when is_other_currency then 'it is not in ' || plan_currency_code || ', the currency of the plan'
            when credited_from_date is not null
                then
                    'the payee has credits from ' || cast(credited_from_date as {{ dbt.type_string() }})
                    || ' on, before its day, which would count twice'
            when is_closed_before then 'periods of the plan are closed before its day, which would count twice'
            when is_inside_period then 'no pay period begins on its day'
            when event_kind_code in ('fixed', 'mbo', 'ratio', 'pool', 'contest', 'spiff', 'linked')
                then 'a component that pays for a ' || event_kind_code || ' cannot be opened yet'
            when is_cap_unknown
                then 'the plan begins on its day and prorates a cap: nobody knows which days before it count'
            when has_floor then 'a component with a floor of the window or year cannot be opened yet'
            when not is_of_window and has_cap_of_year then null
            when not is_of_window then 'no cap of the year reads it'
            when window_code = 'none' then 'the component has no window that it could stand in'
            when window_code <> 'plan_life' and window_start_date = opening_date
                then 'the window begins on its day, with nothing'
            when quota_credit_amount is null then 'an entry quota_credit is missing'
            when pay_credit_amount is null and style_code in ('marginal', 'retroactive')
                then 'an entry pay_credit is missing'
            when is_proration_unknown
                then 'the plan begins on its day and prorates: nobody knows which days before it count'
            when has_matrix then 'a component with a matrix cannot be opened yet'
            when has_gate_after_limits
                then 'the gate of the plan would release what limits of the component left, which nobody knows'
            when has_gate and style_code in ('whole_event_before', 'whole_event_after', 'period_to_date_tier')
                then 'a gate cannot release single events that nobody knows'
            when has_multiplier_of_sale and is_changed_later
                then 'its events may be paid later, by multipliers of events that nobody knows'
            when is_waiting and (is_changed_later or is_compared)
                then 'its pay may change later, and nobody knows what its events wait for'
            when has_cap_of_window and earned_amount is null then 'there is a cap of the window and no entry earned'
            when
                has_cap_of_year
                and cap_used_amount is null
                and (earned_amount is null or window_code <> 'year')
                then 'there is a cap of the year and no entry cap_used'
        end as fault_text
    from openings
)

select
    {{ keys | join(',\n    ') }},
    scope_number,
    enrolment_number,
    opening_date,
    day_before,
    year_period_id,
    period_id,
    period_before_id,
    quota_credit_amount,
    -- Steps and points are paid for the measure alone.
    coalesce(pay_credit_amount, 0) as pay_credit_amount,
    earned_amount,
    coalesce(cap_used_amount, earned_amount) as cap_used_amount,
    is_compared,
    is_of_window or fault_text is not null as is_credited,
    -- What holds the whole window, an absent quota above all, leaves what was opened as it is.
    fault_text is null as is_known,
    coalesce(
        'opening entry ' || opening_id || ' of payee ' || payee_id || ' for ' || component_id || ': ' || fault_text,
        hold_text
    ) as hold_text
from checked
