-- One row a payee, component and stretch of days on which the payee earns by that component of that plan version.
-- `enrolment_number` is a short key inside one run.
with assignments as (
    select
        assignment_id,
        payee_id,
        team_id,
        region_id,
        plan_id,
        valid_from_date,
        valid_to_date,
        is_overlapping
    from {{ ref('int_pay_assignments') }}
),

plans as (
    select
        rule_set_id,
        plan_id,
        plan_version,
        valid_from_date,
        coalesce(valid_to_date, {{ far_future_date() }}) as valid_to_date,
        currency_code,
        minor_unit_digits,
        calendar_id,
        pay_period_kind_code,
        rate_table_id,
        rate_kind_code
    from {{ ref('stg_planning__plans') }}
),

components as (
    select
        rule_set_id,
        plan_id,
        plan_version,
        component_id,
        event_kind_code,
        measure_code,
        base_code,
        window_code,
        style_code,
        catch_up_code,
        reversal_window_code,
        rounding_method_code,
        rounding_scope_code,
        credited_twice_code,
        split_tolerance_ratio
    from {{ ref('stg_planning__components') }}
),

enrolments_dated as (
    select
        plans.rule_set_id,
        assignments.payee_id,
        plans.plan_id,
        plans.plan_version,
        components.component_id,
        greatest(assignments.valid_from_date, plans.valid_from_date) as enrolled_from_date,
        least(assignments.valid_to_date, plans.valid_to_date) as enrolled_to_date,
        assignments.team_id,
        assignments.region_id,
        assignments.is_overlapping,
        assignments.assignment_id,
        plans.currency_code,
        plans.minor_unit_digits,
        plans.calendar_id,
        plans.pay_period_kind_code,
        plans.rate_table_id,
        plans.rate_kind_code,
        components.event_kind_code,
        components.measure_code,
        components.base_code,
        components.window_code,
        components.style_code,
        components.catch_up_code,
        components.reversal_window_code,
        components.rounding_method_code,
        components.rounding_scope_code,
        components.credited_twice_code,
        components.split_tolerance_ratio
    from assignments
    inner join plans
        on
            assignments.plan_id = plans.plan_id
            and assignments.valid_from_date <= plans.valid_to_date
            and assignments.valid_to_date >= plans.valid_from_date
    inner join components
        on
            plans.rule_set_id = components.rule_set_id
            and plans.plan_id = components.plan_id
            and plans.plan_version = components.plan_version
)

select
    {{ row_key() }} as enrolment_number,
    rule_set_id,
    payee_id,
    plan_id,
    plan_version,
    component_id,
    enrolled_from_date,
    enrolled_to_date,
    -- The payee's last day on the plan: a reversal that comes later counts in the window of that day.
    max(enrolled_to_date) over (partition by rule_set_id, payee_id, plan_id) as plan_to_date,
    team_id,
    region_id,
    currency_code,
    minor_unit_digits,
    calendar_id,
    pay_period_kind_code,
    rate_table_id,
    rate_kind_code,
    event_kind_code,
    measure_code,
    base_code,
    window_code,
    style_code,
    catch_up_code,
    reversal_window_code,
    rounding_method_code,
    rounding_scope_code,
    credited_twice_code,
    split_tolerance_ratio,
    case
        when is_overlapping
            then 'assignment ' || assignment_id || ' begins while another assignment of payee ' || payee_id || ' lasts'
    end as hold_text
from enrolments_dated
