-- One row a scope of which only a part counts, with the part as a quotient of whole numbers that is never divided here:
-- numerator / denominator of the window's days, and of its quota, where a ramp weighs the days. A scope without a row
-- counts in full. Numerators of a window's segments add up to those of the window.
{%- set ramp_parts = 10000 %}
with windows as (
    select
        scope_number,
        rule_set_id,
        payee_id,
        plan_id,
        component_id,
        calendar_id,
        window_code,
        window_period_id,
        window_start_date,
        window_end_date,
        segment_number,
        segment_count,
        segment_from_date,
        segment_to_date
    from {{ ref('int_pay_windows') }}
),

-- Equal in every version of a component: the plan checks see to it.
rules as (
    select
        rule_set_id,
        plan_id,
        component_id,
        max(proration_days_code) as proration_days_code,
        max(start_day_code) as start_day_code,
        max(case when is_quota_prorated then 1 else 0 end) = 1 as is_quota_prorated,
        max(case when is_target_prorated then 1 else 0 end) = 1 as is_target_prorated,
        max(case when are_bounds_prorated then 1 else 0 end) = 1 as are_bounds_prorated
    from {{ ref('stg_planning__component_terms') }}
    where is_prorated
    group by rule_set_id, plan_id, component_id
),

enrolments as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        component_id,
        enrolled_from_date,
        enrolled_to_date
    from {{ ref('int_pay_enrolments_dated') }}
),

leaves as (
    select
        employee_id as payee_id,
        leave_kind_name,
        start_date,
        coalesce(end_date, {{ far_future_date() }}) as end_date
    from {{ ref('stg_people__leaves') }}
),

leave_rules as (
    select distinct
        rule_set_id,
        plan_id,
        component_id,
        leave_kind_name
    from {{ ref('stg_planning__proration_leaves') }}
),

ramps as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        component_id,
        month_period_id,
        start_date,
        end_date,
        quota_ratio
    from {{ ref('int_pay_ramps') }}
    where quota_ratio <> 1
),

days as (
    select
        rule_set_id,
        calendar_id,
        calendar_day,
        month_period_id
    from {{ ref('int_pay_days') }}
),

months as (
    select
        rule_set_id,
        calendar_id,
        period_id,
        {{ days_between('start_date', 'end_date') }} + 1 as day_count
    from {{ ref('stg_planning__calendars') }}
    where period_kind_code = 'month'
),

scopes as (
    select
        windows.scope_number,
        windows.rule_set_id,
        windows.payee_id,
        windows.plan_id,
        windows.component_id,
        windows.calendar_id,
        windows.window_period_id,
        windows.window_start_date,
        windows.window_end_date,
        windows.segment_number,
        windows.segment_count,
        -- Where the first day does not count, the day of a change belongs to what was before.
        case
            when rules.start_day_code = 'not_counted' and windows.segment_number > 1
                then {{ add_days('windows.segment_from_date', 1) }}
            else windows.segment_from_date
        end as counts_from_date,
        case
            when rules.start_day_code = 'not_counted' and windows.segment_number < windows.segment_count
                then {{ add_days('windows.segment_to_date', 1) }}
            else windows.segment_to_date
        end as counts_to_date,
        windows.window_code,
        rules.proration_days_code,
        rules.is_quota_prorated,
        rules.is_target_prorated,
        rules.are_bounds_prorated
    from windows
    inner join rules
        on
            windows.rule_set_id = rules.rule_set_id
            and windows.plan_id = rules.plan_id
            and windows.component_id = rules.component_id
),

enrolments_in_order as (
    select
        enrolments.rule_set_id,
        enrolments.payee_id,
        enrolments.plan_id,
        enrolments.component_id,
        enrolments.enrolled_from_date,
        enrolments.enrolled_to_date,
        rules.start_day_code,
        lag(enrolments.enrolled_to_date) over (
            partition by enrolments.rule_set_id, enrolments.payee_id, enrolments.plan_id, enrolments.component_id
            order by enrolments.enrolled_from_date
        ) as earlier_to_date
    from enrolments
    inner join rules
        on
            enrolments.rule_set_id = rules.rule_set_id
            and enrolments.plan_id = rules.plan_id
            and enrolments.component_id = rules.component_id
),

days_counted as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        component_id,
        case
            when
                start_day_code = 'not_counted'
                and coalesce({{ add_days('earlier_to_date', 1) }} <> enrolled_from_date, true)
                then {{ add_days('enrolled_from_date', 1) }}
            else enrolled_from_date
        end as counted_from_date,
        enrolled_to_date as counted_to_date
    from enrolments_in_order
),

leaves_counted as (
    select
        leave_rules.rule_set_id,
        leave_rules.plan_id,
        leave_rules.component_id,
        leaves.payee_id,
        leaves.start_date,
        leaves.end_date
    from leaves
    inner join leave_rules
        on leaves.leave_kind_name = leave_rules.leave_kind_name
),

days_covered as (
    select
        scopes.scope_number,
        sum(
            {{
                days_between(
                    'greatest(days_counted.counted_from_date, scopes.window_start_date)',
                    'least(days_counted.counted_to_date, scopes.window_end_date)'
                )
            }} + 1
        ) as day_count
    from scopes
    inner join days_counted
        on
            scopes.rule_set_id = days_counted.rule_set_id
            and scopes.payee_id = days_counted.payee_id
            and scopes.plan_id = days_counted.plan_id
            and scopes.component_id = days_counted.component_id
            and scopes.window_start_date <= days_counted.counted_to_date
            and scopes.window_end_date >= days_counted.counted_from_date
    group by scopes.scope_number
),

scopes_on_leave as (
    select distinct scopes.scope_number
    from scopes
    inner join leaves_counted
        on
            scopes.rule_set_id = leaves_counted.rule_set_id
            and scopes.payee_id = leaves_counted.payee_id
            and scopes.plan_id = leaves_counted.plan_id
            and scopes.component_id = leaves_counted.component_id
            and scopes.window_start_date <= leaves_counted.end_date
            and scopes.window_end_date >= leaves_counted.start_date
),

scopes_on_ramp as (
    select distinct scopes.scope_number
    from scopes
    inner join ramps
        on
            scopes.rule_set_id = ramps.rule_set_id
            and scopes.payee_id = ramps.payee_id
            and scopes.plan_id = ramps.plan_id
            and scopes.component_id = ramps.component_id
            and scopes.window_start_date <= ramps.end_date
            and scopes.window_end_date >= ramps.start_date
),

-- Days are looked at one by one only where it matters.
partial_scopes as (
    select
        scopes.scope_number,
        scopes.rule_set_id,
        scopes.payee_id,
        scopes.plan_id,
        scopes.component_id,
        scopes.calendar_id,
        scopes.window_period_id,
        scopes.window_start_date,
        scopes.window_end_date,
        scopes.segment_number,
        scopes.segment_count,
        scopes.counts_from_date,
        scopes.counts_to_date,
        scopes.window_code,
        scopes.proration_days_code,
        scopes.is_quota_prorated,
        scopes.is_target_prorated,
        scopes.are_bounds_prorated
    from scopes
    left join days_covered
        on scopes.scope_number = days_covered.scope_number
    left join scopes_on_leave
        on scopes.scope_number = scopes_on_leave.scope_number
    left join scopes_on_ramp
        on scopes.scope_number = scopes_on_ramp.scope_number
    where
        scopes.segment_count > 1
        or coalesce(days_covered.day_count, 0)
        < {{ days_between('scopes.window_start_date', 'scopes.window_end_date') }} + 1
        or scopes_on_leave.scope_number is not null
        or scopes_on_ramp.scope_number is not null
),

days_weighed as (
    select
        scopes.scope_number,
        days.calendar_day,
        {{ weight_of_day('scopes.proration_days_code', 'days.calendar_day', 'months.day_count') }} as weight,
        days.calendar_day >= scopes.counts_from_date and days.calendar_day <= scopes.counts_to_date as is_in_segment,
        days_counted.counted_from_date is not null and leaves_counted.start_date is null as is_counted,
        coalesce(ramps.quota_ratio, 1) as quota_ratio
    from partial_scopes as scopes
    inner join days
        on
            scopes.rule_set_id = days.rule_set_id
            and scopes.calendar_id = days.calendar_id
            and scopes.window_start_date <= days.calendar_day
            and scopes.window_end_date >= days.calendar_day
    inner join months
        on
            days.rule_set_id = months.rule_set_id
            and days.calendar_id = months.calendar_id
            and days.month_period_id = months.period_id
    left join days_counted
        on
            scopes.rule_set_id = days_counted.rule_set_id
            and scopes.payee_id = days_counted.payee_id
            and scopes.plan_id = days_counted.plan_id
            and scopes.component_id = days_counted.component_id
            and days.calendar_day >= days_counted.counted_from_date
            and days.calendar_day <= days_counted.counted_to_date
    left join leaves_counted
        on
            scopes.rule_set_id = leaves_counted.rule_set_id
            and scopes.payee_id = leaves_counted.payee_id
            and scopes.plan_id = leaves_counted.plan_id
            and scopes.component_id = leaves_counted.component_id
            and days.calendar_day >= leaves_counted.start_date
            and days.calendar_day <= leaves_counted.end_date
    left join ramps
        on
            scopes.rule_set_id = ramps.rule_set_id
            and scopes.payee_id = ramps.payee_id
            and scopes.plan_id = ramps.plan_id
            and scopes.component_id = ramps.component_id
            and days.month_period_id = ramps.month_period_id
),

-- Two leaves on one day take it off once.
days_once as (
    select
        scope_number,
        calendar_day,
        max(weight) as weight,
        max(case when is_in_segment then 1 else 0 end) as is_in_segment,
        max(case when is_counted then 1 else 0 end) as is_counted,
        max(quota_ratio) as quota_ratio
    from days_weighed
    group by scope_number, calendar_day
),

weights_added as (
    select
        scope_number,
        cast(sum(weight) as bigint) as window_weight,
        cast(sum(weight * is_counted) as bigint) as counted_weight,
        cast(sum(weight * is_counted * is_in_segment) as bigint) as segment_weight,
        cast(sum(weight * is_counted * is_in_segment * quota_ratio * {{ ramp_parts }}) as bigint) as ramped_weight
    from days_once
    group by scope_number
),

segments_added as (
    select
        scopes.scope_number,
        scopes.proration_days_code,
        scopes.is_quota_prorated,
        scopes.is_target_prorated,
        scopes.are_bounds_prorated,
        scopes.segment_number = scopes.segment_count as is_last,
        weights_added.window_weight = weights_added.counted_weight as is_whole,
        weights_added.segment_weight,
        weights_added.ramped_weight,
        {{
            weight_of_stretch('scopes.proration_days_code', 'scopes.window_code', 'weights_added.window_weight')
        }} as denominator_count,
        sum(weights_added.segment_weight) over segments_in_order as running_weight
    from partial_scopes as scopes
    inner join weights_added
        on scopes.scope_number = weights_added.scope_number
    window segments_in_order as (
        partition by scopes.rule_set_id, scopes.payee_id, scopes.plan_id, scopes.component_id, scopes.window_period_id
        order by scopes.segment_number
        rows between unbounded preceding and current row
    )
),

-- Never more than the whole, and the whole where every day counts.
parts as (
    select
        scope_number,
        proration_days_code,
        is_quota_prorated,
        is_target_prorated,
        are_bounds_prorated,
        ramped_weight,
        case when is_last and is_whole then denominator_count else least(running_weight, denominator_count) end
        - least(running_weight - segment_weight, denominator_count) as numerator_count,
        denominator_count
    from segments_added
)

select
    scope_number,
    is_quota_prorated,
    is_target_prorated,
    are_bounds_prorated,
    cast(numerator_count as bigint) as numerator_count,
    cast(denominator_count as bigint) as denominator_count,
    -- A ramp is refused where days are counted against 360 or 365.
    case
        when proration_days_code in ('days_360', 'days_365') then cast(numerator_count as bigint)
        else ramped_weight
    end as quota_numerator_count,
    case
        when proration_days_code in ('days_360', 'days_365') then cast(denominator_count as bigint)
        else cast(denominator_count as bigint) * {{ ramp_parts }}
    end as quota_denominator_count
from parts
