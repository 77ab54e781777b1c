-- One row a credit of an event that a SPIFF pays: its bonus in whole minor units, in the declared order until the
-- budget is used. The event that reaches the budget has the rest, later ones 0.00. From the first unknown one on,
-- nobody can say what is left. A SPIFF's days are days of sales; what came late counts, and is paid, on a later one.
-- A budget that is prorated is shared once the last day is over, and its bonuses are paid with that day: each has the
-- same share, floored to the minor unit, and the rest goes one unit each by largest fraction, largest bonus and order.
{%- set bonus_columns = [
    'enrolment_number', 'rule_set_id', 'payee_id', 'plan_id', 'component_id', 'calendar_id', 'pay_period_kind_code',
    'window_code', 'share_number', 'event_kind_code', 'event_id', 'event_date', 'credit_date', 'window_date',
    'credit_kind_code', 'bonus_amount',
] %}
with runs as (
    select as_of_date
    from {{ source('landing', 'run') }}
),

-- A SPIFF of several plan versions has one budget, and shares it in one way: as the last of them says.
period_components as (
    select
        rule_set_id,
        plan_id,
        plan_version,
        component_id,
        amount,
        of_component_id,
        budget_amount,
        first_value(budget_amount) over one_spiff as shared_budget_amount,
        coalesce(first_value(budget_code) over one_spiff = 'prorated', false) as is_budget_shared,
        first_date,
        last_date
    from {{ ref('stg_planning__period_components') }}
    where event_kind_code = 'spiff'
    window one_spiff as (
        partition by rule_set_id, plan_id, component_id, first_date, last_date
        order by plan_version desc
        rows between unbounded preceding and unbounded following
    )
),

enrolments as (
    select
        enrolment_number,
        rule_set_id,
        payee_id,
        plan_id,
        plan_version,
        component_id,
        calendar_id,
        pay_period_kind_code,
        window_code,
        minor_unit_digits,
        rounding_method_code,
        enrolled_from_date,
        enrolled_to_date,
        hold_text
    from {{ ref('int_pay_enrolments') }}
),

spiffs as (
    select
        enrolments.enrolment_number,
        enrolments.rule_set_id,
        enrolments.payee_id,
        enrolments.plan_id,
        enrolments.component_id,
        enrolments.calendar_id,
        enrolments.pay_period_kind_code,
        enrolments.window_code,
        enrolments.minor_unit_digits,
        enrolments.rounding_method_code,
        enrolments.hold_text,
        max(enrolments.enrolled_to_date) over (
            partition by enrolments.rule_set_id, enrolments.payee_id, enrolments.plan_id, enrolments.component_id
        ) as component_to_date,
        greatest(enrolments.enrolled_from_date, period_components.first_date) as first_date,
        least(enrolments.enrolled_to_date, period_components.last_date) as last_date,
        period_components.amount,
        period_components.of_component_id,
        period_components.budget_amount,
        period_components.shared_budget_amount,
        period_components.is_budget_shared,
        period_components.first_date as spiff_first_date,
        period_components.last_date as spiff_last_date
    from period_components
    cross join runs
    inner join enrolments
        on
            period_components.rule_set_id = enrolments.rule_set_id
            and period_components.plan_id = enrolments.plan_id
            and period_components.plan_version = enrolments.plan_version
            and period_components.component_id = enrolments.component_id
    where
        not period_components.is_budget_shared
        or period_components.last_date <= runs.as_of_date
),

credits as (
    select
        share_number,
        enrolment_number,
        credit_kind_code,
        credit_date,
        quota_credit_amount,
        hold_text
    from {{ ref('int_pay_credits') }}
),

shares as (
    select
        share_number,
        event_kind_code,
        event_id,
        event_date
    from {{ ref('int_pay_shares') }}
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

counting_enrolments as (
    select distinct
        enrolments.enrolment_number,
        enrolments.rule_set_id,
        enrolments.payee_id,
        enrolments.plan_id,
        enrolments.component_id
    from enrolments
    inner join period_components
        on
            enrolments.rule_set_id = period_components.rule_set_id
            and enrolments.plan_id = period_components.plan_id
            and enrolments.component_id = period_components.of_component_id
),

counted as (
    select
        counting_enrolments.rule_set_id,
        counting_enrolments.payee_id,
        counting_enrolments.plan_id,
        counting_enrolments.component_id,
        credits.share_number,
        shares.event_kind_code,
        shares.event_id,
        shares.event_date,
        credits.credit_date,
        credits.credit_kind_code,
        credits.quota_credit_amount,
        case when credits.quota_credit_amount is null then credits.hold_text end as hold_text
    from credits
    inner join counting_enrolments
        on credits.enrolment_number = counting_enrolments.enrolment_number
    inner join shares
        on credits.share_number = shares.share_number
),

bonuses_exact as (
    select
        spiffs.enrolment_number,
        spiffs.rule_set_id,
        spiffs.payee_id,
        spiffs.plan_id,
        spiffs.component_id,
        spiffs.calendar_id,
        spiffs.pay_period_kind_code,
        spiffs.window_code,
        spiffs.minor_unit_digits,
        spiffs.rounding_method_code,
        spiffs.budget_amount,
        spiffs.shared_budget_amount,
        spiffs.is_budget_shared,
        spiffs.spiff_first_date,
        spiffs.spiff_last_date,
        counted.share_number,
        counted.event_kind_code,
        counted.event_id,
        counted.event_date,
        case
            when spiffs.is_budget_shared then greatest(counted.credit_date, spiffs.spiff_last_date)
            else counted.credit_date
        end as credit_date,
        spiffs.component_to_date,
        counted.credit_kind_code,
        cast(
            {{ multiply_exact('counted.quota_credit_amount', 'spiffs.amount') }} as {{ pay_type() }}
        ) as exact_amount,
        coalesce(spiffs.hold_text, counted.hold_text) as hold_text
    from spiffs
    inner join counted
        on
            spiffs.rule_set_id = counted.rule_set_id
            and spiffs.payee_id = counted.payee_id
            and spiffs.plan_id = counted.plan_id
            and spiffs.of_component_id = counted.component_id
            and spiffs.first_date <= counted.event_date
            and spiffs.last_date >= counted.event_date
),

bonuses as (
    select
        enrolment_number,
        rule_set_id,
        payee_id,
        plan_id,
        component_id,
        calendar_id,
        pay_period_kind_code,
        window_code,
        minor_unit_digits,
        budget_amount,
        shared_budget_amount,
        is_budget_shared,
        spiff_first_date,
        spiff_last_date,
        share_number,
        event_kind_code,
        event_id,
        event_date,
        credit_date,
        -- What comes after the payee's last day counts in the window of that day.
        least(credit_date, component_to_date) as window_date,
        credit_kind_code,
        hold_text,
        {{ round_to_minor_unit('exact_amount', 'minor_unit_digits', 'rounding_method_code') }} as bonus_amount
    from bonuses_exact
),

bonuses_in_order as (
    select
        {{ bonus_columns | join(',\n        ') }},
        budget_amount,
        max(hold_text) over declared_order as hold_text,
        cast(sum(bonus_amount) over declared_order as {{ pay_type() }}) as accumulated_amount
    from bonuses
    where not is_budget_shared
    window declared_order as (
        partition by rule_set_id, plan_id, component_id
        order by credit_date, event_date, event_id, event_kind_code, payee_id, credit_kind_code
        rows between unbounded preceding and current row
    )
),

bonuses_to_share as (
    select
        {{ bonus_columns | join(',\n        ') }},
        minor_unit_digits,
        spiff_first_date,
        spiff_last_date,
        max(hold_text) over one_spiff as hold_text,
        coalesce(shared_budget_amount < sum(bonus_amount) over one_spiff, false) as is_shared,
        {{ minor_units('shared_budget_amount', 'minor_unit_digits') }} as budget_units,
        {{ minor_units('bonus_amount', 'minor_unit_digits') }} as bonus_units,
        nullif(sum({{ minor_units('bonus_amount', 'minor_unit_digits') }}) over one_spiff, 0) as total_units
    from bonuses
    where is_budget_shared
    window one_spiff as (partition by rule_set_id, plan_id, component_id, spiff_first_date, spiff_last_date)
),

bonuses_multiplied as (
    select
        {{ bonus_columns | join(',\n        ') }},
        minor_unit_digits,
        spiff_first_date,
        spiff_last_date,
        hold_text,
        is_shared,
        budget_units,
        bonus_units,
        total_units,
        -- What a division leaves, 0 or more: a return has a bonus below 0.
        ((bonus_units * budget_units) % total_units + total_units) % total_units as left_units
    from bonuses_to_share
),

bonuses_shared as (
    select
        {{ bonus_columns | join(',\n        ') }},
        minor_unit_digits,
        hold_text,
        is_shared,
        (bonus_units * budget_units - left_units) // total_units as floor_units,
        budget_units - sum((bonus_units * budget_units - left_units) // total_units) over one_spiff as rest_units,
        row_number() over (
            partition by rule_set_id, plan_id, component_id, spiff_first_date, spiff_last_date
            order by
                left_units desc, bonus_units desc, credit_date asc, event_date asc, event_id asc, event_kind_code asc,
                payee_id asc, credit_kind_code asc
        ) as rest_order
    from bonuses_multiplied
    window one_spiff as (partition by rule_set_id, plan_id, component_id, spiff_first_date, spiff_last_date)
),

bonuses_in_budget as (
    select
        {{ bonus_columns | join(',\n        ') }},
        hold_text,
        'what the budget left of ' as budget_text,
        case
            when budget_amount is null then bonus_amount
            else least(accumulated_amount, budget_amount) - least(accumulated_amount - bonus_amount, budget_amount)
        end as paid_amount
    from bonuses_in_order
    union all
    select
        {{ bonus_columns | join(',\n        ') }},
        hold_text,
        'the share that the budget left of ' as budget_text,
        case
            when is_shared
                then {{ from_minor_units(
                    '(floor_units + case when rest_order <= rest_units then 1 else 0 end)', 'minor_unit_digits'
                ) }}
            else bonus_amount
        end as paid_amount
    from bonuses_shared
)

select
    scopes.scope_number,
    bonuses_in_budget.enrolment_number,
    pay_periods.period_id,
    bonuses_in_budget.event_kind_code || ':' || bonuses_in_budget.event_id || ':' || bonuses_in_budget.credit_kind_code
        as event_id,
    bonuses_in_budget.event_id as counted_event_id,
    bonuses_in_budget.event_kind_code as counted_event_kind_code,
    bonuses_in_budget.share_number as counted_share_number,
    bonuses_in_budget.event_date,
    bonuses_in_budget.credit_date,
    case
        when bonuses_in_budget.hold_text is null then cast(bonuses_in_budget.paid_amount as {{ pay_type() }})
    end as measure_amount,
    case
        when bonuses_in_budget.hold_text is not null
            then 'an event of the SPIFF is held: ' || bonuses_in_budget.hold_text
    end as hold_text,
    case
        when bonuses_in_budget.hold_text is null
            then 'SPIFF for ' || bonuses_in_budget.event_kind_code || ' ' || bonuses_in_budget.event_id
                || case
                    when bonuses_in_budget.credit_date <> bonuses_in_budget.event_date
                        then ' of ' || cast(bonuses_in_budget.event_date as {{ dbt.type_string() }})
                            || ', which came when its period was closed'
                    else ''
                end
                || case
                    when bonuses_in_budget.paid_amount < bonuses_in_budget.bonus_amount
                        then ', ' || bonuses_in_budget.budget_text
                            || {{ number_in_words('bonuses_in_budget.bonus_amount') }}
                    else ''
                end
    end as cause_text
from bonuses_in_budget
inner join calendars as pay_periods
    on
        bonuses_in_budget.rule_set_id = pay_periods.rule_set_id
        and bonuses_in_budget.calendar_id = pay_periods.calendar_id
        and bonuses_in_budget.pay_period_kind_code = pay_periods.period_kind_code
        and bonuses_in_budget.credit_date >= pay_periods.start_date
        and bonuses_in_budget.credit_date <= pay_periods.end_date
inner join calendars as windows
    on
        bonuses_in_budget.rule_set_id = windows.rule_set_id
        and bonuses_in_budget.calendar_id = windows.calendar_id
        and bonuses_in_budget.window_code = windows.period_kind_code
        and bonuses_in_budget.window_date >= windows.start_date
        and bonuses_in_budget.window_date <= windows.end_date
inner join scopes
    on
        bonuses_in_budget.rule_set_id = scopes.rule_set_id
        and bonuses_in_budget.payee_id = scopes.payee_id
        and bonuses_in_budget.plan_id = scopes.plan_id
        and bonuses_in_budget.component_id = scopes.component_id
        and windows.period_id = scopes.window_period_id
