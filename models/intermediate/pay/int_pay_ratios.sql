-- One row a payee, ratio component and pay period: the quotient to date in its window. A sum over a sum, divided once,
-- never a mean of ratios; or the weighted attainment of several components, each divided once by its quota. Where the
-- pay periods before the last one of the window pay something else than what the ratio to date earns, interim_code says
-- what, and of how many pay periods of the window this one is which.
with payee_periods as (
    select
        scope_number,
        enrolment_number,
        rule_set_id,
        payee_id,
        plan_id,
        plan_version,
        component_id,
        period_id,
        period_end_date,
        window_period_id,
        window_start_date,
        window_end_date,
        event_date,
        hold_text
    from {{ ref('int_pay_payee_periods') }}
    where event_kind_code = 'ratio'
),

period_components as (
    select
        rule_set_id,
        plan_id,
        plan_version,
        component_id,
        of_component_id,
        denominator_component_id,
        empty_ratio_code,
        interim_code,
        interim_share_ratio
    from {{ ref('stg_planning__period_components') }}
),

enrolments as (
    select
        enrolment_number,
        rule_set_id,
        payee_id,
        plan_id,
        component_id,
        event_kind_code,
        window_code,
        calendar_id,
        pay_period_kind_code,
        minor_unit_digits,
        enrolled_from_date,
        enrolled_to_date
    from {{ ref('int_pay_enrolments') }}
),

calendars as (
    select
        rule_set_id,
        calendar_id,
        period_kind_code,
        end_date
    from {{ ref('stg_planning__calendars') }}
),

interim_periods as (
    select
        payee_periods.scope_number,
        payee_periods.rule_set_id,
        payee_periods.payee_id,
        payee_periods.plan_id,
        payee_periods.component_id,
        payee_periods.period_id,
        payee_periods.period_end_date,
        payee_periods.window_end_date,
        period_components.interim_code,
        period_components.interim_share_ratio,
        enrolments.window_code,
        enrolments.minor_unit_digits,
        sum(case when calendars.end_date <= payee_periods.period_end_date then 1 else 0 end) as part_number,
        count(*) as part_count
    from payee_periods
    inner join period_components
        on
            payee_periods.rule_set_id = period_components.rule_set_id
            and payee_periods.plan_id = period_components.plan_id
            and payee_periods.plan_version = period_components.plan_version
            and payee_periods.component_id = period_components.component_id
    inner join enrolments
        on payee_periods.enrolment_number = enrolments.enrolment_number
    inner join calendars
        on
            enrolments.rule_set_id = calendars.rule_set_id
            and enrolments.calendar_id = calendars.calendar_id
            and enrolments.pay_period_kind_code = calendars.period_kind_code
            and payee_periods.window_start_date <= calendars.end_date
            and payee_periods.window_end_date >= calendars.end_date
    where period_components.interim_code is not null
    group by
        payee_periods.scope_number, payee_periods.rule_set_id, payee_periods.payee_id, payee_periods.plan_id,
        payee_periods.component_id, payee_periods.period_id, payee_periods.period_end_date,
        payee_periods.window_end_date, period_components.interim_code, period_components.interim_share_ratio,
        enrolments.window_code, enrolments.minor_unit_digits
),

-- Those after which the payee still has the component, and so another period of the window.
periods_before_others as (
    select distinct
        interim_periods.scope_number,
        interim_periods.period_id
    from interim_periods
    inner join enrolments
        on
            interim_periods.rule_set_id = enrolments.rule_set_id
            and interim_periods.payee_id = enrolments.payee_id
            and interim_periods.plan_id = enrolments.plan_id
            and interim_periods.component_id = enrolments.component_id
            and interim_periods.window_code = enrolments.window_code
            and enrolments.event_kind_code = 'ratio'
            and enrolments.enrolled_from_date <= {{ add_days('interim_periods.period_end_date', 1) }}
            and interim_periods.period_end_date < enrolments.enrolled_to_date
    where interim_periods.period_end_date < interim_periods.window_end_date
),

weighted_parts as (
    select
        rule_set_id,
        plan_id,
        plan_version,
        component_id,
        part_number,
        of_component_id,
        part_ratio
    from {{ ref('stg_planning__period_component_parts') }}
    where part_code = 'weighted'
),

-- The quota of a component is the one that holds on the last day of what is paid; no window of one that is read is cut.
quotas as (
    select
        scopes.rule_set_id,
        scopes.payee_id,
        scopes.plan_id,
        scopes.component_id,
        scopes.window_period_id,
        dated.quota_amount,
        dated.from_date,
        dated.to_date
    from {{ ref('int_pay_scopes') }} as scopes
    inner join {{ ref('int_pay_quotas_dated') }} as dated
        on scopes.scope_number = dated.scope_number
),

component_days as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        component_id,
        credit_date,
        measure_amount,
        hold_text
    from {{ ref('int_pay_component_days') }}
),

terms as (
    select
        payee_periods.scope_number,
        payee_periods.enrolment_number,
        payee_periods.rule_set_id,
        payee_periods.payee_id,
        payee_periods.plan_id,
        payee_periods.period_id,
        payee_periods.period_end_date,
        payee_periods.window_start_date,
        payee_periods.event_date,
        payee_periods.hold_text,
        period_components.of_component_id,
        period_components.denominator_component_id,
        period_components.empty_ratio_code
    from payee_periods
    inner join period_components
        on
            payee_periods.rule_set_id = period_components.rule_set_id
            and payee_periods.plan_id = period_components.plan_id
            and payee_periods.plan_version = period_components.plan_version
            and payee_periods.component_id = period_components.component_id
    where period_components.denominator_component_id is not null
),

{%- for part, component in [('numerators', 'of_component_id'), ('denominators', 'denominator_component_id')] %}

{{ part }} as (
    select
        terms.scope_number,
        terms.period_id,
        sum(component_days.measure_amount) as measure_amount,
        max(component_days.hold_text) as hold_text
    from terms
    inner join component_days
        on
            terms.rule_set_id = component_days.rule_set_id
            and terms.payee_id = component_days.payee_id
            and terms.plan_id = component_days.plan_id
            and terms.{{ component }} = component_days.component_id
            and terms.window_start_date <= component_days.credit_date
            and terms.period_end_date >= component_days.credit_date
    group by terms.scope_number, terms.period_id
),
{%- endfor %}

sums as (
    select
        terms.scope_number,
        terms.enrolment_number,
        terms.period_id,
        terms.event_date,
        terms.of_component_id,
        terms.denominator_component_id,
        terms.empty_ratio_code,
        cast(coalesce(numerators.measure_amount, 0) as {{ pay_type() }}) as numerator_amount,
        cast(coalesce(denominators.measure_amount, 0) as {{ pay_type() }}) as denominator_amount,
        coalesce(
            terms.hold_text,
            terms.of_component_id || ' is held: ' || numerators.hold_text,
            terms.denominator_component_id || ' is held: ' || denominators.hold_text,
            case
                when coalesce(denominators.measure_amount, 0) = 0 and terms.empty_ratio_code = 'blocked'
                    then terms.denominator_component_id || ' is 0, and a ratio of it is unknown'
            end
        ) as hold_text
    from terms
    left join numerators
        on terms.scope_number = numerators.scope_number and terms.period_id = numerators.period_id
    left join denominators
        on terms.scope_number = denominators.scope_number and terms.period_id = denominators.period_id
),

quotients as (
    select
        scope_number,
        enrolment_number,
        period_id,
        event_date,
        of_component_id,
        denominator_component_id,
        empty_ratio_code,
        numerator_amount,
        denominator_amount,
        {{ divide_once('numerator_amount', 'denominator_amount') }} as quotient_amount,
        hold_text
    from sums
),

parts_measured as (
    select
        payee_periods.scope_number,
        payee_periods.enrolment_number,
        payee_periods.rule_set_id,
        payee_periods.payee_id,
        payee_periods.plan_id,
        payee_periods.period_id,
        payee_periods.window_period_id,
        payee_periods.event_date,
        payee_periods.hold_text,
        weighted_parts.part_number,
        weighted_parts.of_component_id,
        weighted_parts.part_ratio,
        cast(coalesce(sum(component_days.measure_amount), 0) as {{ pay_type() }}) as part_amount,
        max(component_days.hold_text) as part_hold_text
    from payee_periods
    inner join weighted_parts
        on
            payee_periods.rule_set_id = weighted_parts.rule_set_id
            and payee_periods.plan_id = weighted_parts.plan_id
            and payee_periods.plan_version = weighted_parts.plan_version
            and payee_periods.component_id = weighted_parts.component_id
    left join component_days
        on
            payee_periods.rule_set_id = component_days.rule_set_id
            and payee_periods.payee_id = component_days.payee_id
            and payee_periods.plan_id = component_days.plan_id
            and weighted_parts.of_component_id = component_days.component_id
            and payee_periods.window_start_date <= component_days.credit_date
            and payee_periods.period_end_date >= component_days.credit_date
    group by
        payee_periods.scope_number, payee_periods.enrolment_number, payee_periods.rule_set_id, payee_periods.payee_id,
        payee_periods.plan_id, payee_periods.period_id, payee_periods.window_period_id, payee_periods.event_date,
        payee_periods.hold_text, weighted_parts.part_number, weighted_parts.of_component_id, weighted_parts.part_ratio
),

quotas_of_parts as (
    select
        parts_measured.scope_number,
        parts_measured.enrolment_number,
        parts_measured.period_id,
        parts_measured.event_date,
        parts_measured.of_component_id,
        parts_measured.part_ratio,
        parts_measured.part_amount,
        cast(quotas.quota_amount as {{ pay_type() }}) as quota_amount,
        interim_periods.minor_unit_digits,
        -- Known where the quota counts in part only.
        case
            when
                interim_periods.interim_code = 'actual_to_date_prorated_quota'
                and interim_periods.part_number < interim_periods.part_count
                then {{ multiply_amounts('quotas.quota_amount', 'interim_periods.part_number') }}
        end as quota_to_date_amount,
        cast(interim_periods.part_count as {{ pay_type() }}) as part_count,
        coalesce(
            parts_measured.hold_text,
            parts_measured.of_component_id || ' is held: ' || parts_measured.part_hold_text,
            case
                when quotas.quota_amount is null
                    then 'the quota of ' || parts_measured.of_component_id || ' is unknown'
            end
        ) as hold_text
    from parts_measured
    left join interim_periods
        on
            parts_measured.scope_number = interim_periods.scope_number
            and parts_measured.period_id = interim_periods.period_id
    left join quotas
        on
            parts_measured.rule_set_id = quotas.rule_set_id
            and parts_measured.payee_id = quotas.payee_id
            and parts_measured.plan_id = quotas.plan_id
            and parts_measured.of_component_id = quotas.component_id
            and parts_measured.window_period_id = quotas.window_period_id
            and parts_measured.event_date >= quotas.from_date
            and parts_measured.event_date <= quotas.to_date
),

quotas_to_date as (
    select
        scope_number,
        enrolment_number,
        period_id,
        event_date,
        of_component_id,
        part_ratio,
        part_amount,
        quota_amount,
        minor_unit_digits,
        case
            when quota_to_date_amount is not null then {{ divide_once('quota_to_date_amount', 'part_count') }}
        end as quota_to_date_amount,
        hold_text
    from quotas_of_parts
),

parts_with_quotas as (
    select
        scope_number,
        enrolment_number,
        period_id,
        event_date,
        of_component_id,
        part_ratio,
        part_amount,
        case
            when quota_to_date_amount is null then quota_amount
            else {{ round_to_minor_unit('quota_to_date_amount', 'minor_unit_digits', "'half_up'") }}
        end as quota_amount,
        hold_text
    from quotas_to_date
),

parts_attained as (
    select
        scope_number,
        enrolment_number,
        period_id,
        event_date,
        {{ divide_once(multiply_exact('part_amount', 'part_ratio'), 'quota_amount') }} as attained_amount,
        coalesce(
            hold_text,
            case when quota_amount = 0 then 'the quota of ' || of_component_id || ' is prorated to 0' end
        ) as hold_text
    from parts_with_quotas
),

ratios as (
    select
        scope_number,
        enrolment_number,
        period_id,
        event_date,
        case
            when hold_text is not null then null
            when denominator_amount <> 0 then cast(quotient_amount as {{ pay_type() }})
            when empty_ratio_code = 'all' then cast(1 as {{ pay_type() }})
            else cast(0 as {{ pay_type() }})
        end as measure_amount,
        hold_text,
        case
            when hold_text is null
                then of_component_id || ' over ' || denominator_component_id || ' to date: '
                    || {{ number_in_words('numerator_amount') }} || ' / '
                    || {{ number_in_words('denominator_amount') }}
        end as cause_text
    from quotients
    union all
    select
        scope_number,
        enrolment_number,
        period_id,
        event_date,
        case when max(hold_text) is null then cast(sum(attained_amount) as {{ pay_type() }}) end as measure_amount,
        max(hold_text) as hold_text,
        case
            when max(hold_text) is null
                then 'weighted attainment of ' || cast(count(*) as {{ dbt.type_string() }}) || ' components to date: '
                    || {{ number_in_words('cast(sum(attained_amount) as ' ~ pay_type() ~ ')') }}
        end as cause_text
    from parts_attained
    group by scope_number, enrolment_number, period_id, event_date
)

select
    ratios.scope_number,
    ratios.enrolment_number,
    ratios.period_id,
    ratios.event_date,
    ratios.measure_amount,
    ratios.hold_text,
    ratios.cause_text,
    interim_periods.interim_code,
    interim_periods.interim_share_ratio,
    interim_periods.part_number,
    interim_periods.part_count,
    -- Who leaves is trued up too, except where what was paid is against the quota to date.
    coalesce(
        interim_periods.part_number = interim_periods.part_count
        or (
            interim_periods.interim_code <> 'actual_to_date_prorated_quota'
            and periods_before_others.scope_number is null
        ),
        false
    ) as is_last
from ratios
left join interim_periods
    on
        ratios.scope_number = interim_periods.scope_number
        and ratios.period_id = interim_periods.period_id
left join periods_before_others
    on
        ratios.scope_number = periods_before_others.scope_number
        and ratios.period_id = periods_before_others.period_id
