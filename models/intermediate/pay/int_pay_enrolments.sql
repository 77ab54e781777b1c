-- One row a payee, component and stretch of days on which the payee earns by that component of that plan version, with
-- one set of terms. `enrolment_number` is a short key inside one run; `terms_number` counts the sets of terms that a
-- payee has in a component, one after the other.
with enrolments_dated as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        plan_version,
        component_id,
        assignment_id,
        enrolled_from_date,
        enrolled_to_date
    from {{ ref('int_pay_enrolments_dated') }}
),

assignments as (
    select
        assignment_id,
        team_id,
        region_id,
        variable_target_amount,
        pay_currency_code,
        is_overlapping
    from {{ ref('int_pay_assignments') }}
),

plans as (
    select
        rule_set_id,
        plan_id,
        plan_version,
        currency_code,
        minor_unit_digits,
        calendar_id,
        pay_period_kind_code,
        rate_table_id,
        rate_kind_code,
        coalesce(rate_day_code, 'sale_date') as rate_day_code,
        coalesce(is_inverse_allowed, false) as is_inverse_allowed,
        rate_pivot_currency_code,
        rate_valid_days,
        payout_currency_code,
        coalesce(is_paid_in_payee_currency, false) as is_paid_in_payee_currency,
        payout_rate_table_id,
        payout_rate_kind_code,
        payout_rate_day_code,
        coalesce(is_payout_inverse_allowed, false) as is_payout_inverse_allowed,
        payout_rate_pivot_currency_code,
        payout_rate_valid_days
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
        is_whole_measured,
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

changes as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        component_id,
        change_date
    from {{ ref('int_pay_changes') }}
    where is_continue
),

stretch_starts as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        plan_version,
        component_id,
        assignment_id,
        enrolled_to_date,
        enrolled_from_date as starts_on_date
    from enrolments_dated
    union
    select
        enrolments_dated.rule_set_id,
        enrolments_dated.payee_id,
        enrolments_dated.plan_id,
        enrolments_dated.plan_version,
        enrolments_dated.component_id,
        enrolments_dated.assignment_id,
        enrolments_dated.enrolled_to_date,
        changes.change_date as starts_on_date
    from enrolments_dated
    inner join changes
        on
            enrolments_dated.rule_set_id = changes.rule_set_id
            and enrolments_dated.payee_id = changes.payee_id
            and enrolments_dated.plan_id = changes.plan_id
            and enrolments_dated.component_id = changes.component_id
            and enrolments_dated.enrolled_from_date < changes.change_date
            and enrolments_dated.enrolled_to_date >= changes.change_date
),

changes_counted as (
    select
        stretch_starts.rule_set_id,
        stretch_starts.payee_id,
        stretch_starts.plan_id,
        stretch_starts.plan_version,
        stretch_starts.component_id,
        stretch_starts.assignment_id,
        stretch_starts.enrolled_to_date,
        stretch_starts.starts_on_date,
        count(changes.change_date) as change_count
    from stretch_starts
    left join changes
        on
            stretch_starts.rule_set_id = changes.rule_set_id
            and stretch_starts.payee_id = changes.payee_id
            and stretch_starts.plan_id = changes.plan_id
            and stretch_starts.component_id = changes.component_id
            and stretch_starts.starts_on_date >= changes.change_date
    group by
        stretch_starts.rule_set_id,
        stretch_starts.payee_id,
        stretch_starts.plan_id,
        stretch_starts.plan_version,
        stretch_starts.component_id,
        stretch_starts.assignment_id,
        stretch_starts.enrolled_to_date,
        stretch_starts.starts_on_date
),

stretches as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        plan_version,
        component_id,
        assignment_id,
        starts_on_date as enrolled_from_date,
        coalesce(
            {{ add_days('lead(starts_on_date) over parts_of_stretch', -1) }},
            enrolled_to_date
        ) as enrolled_to_date,
        dense_rank() over (
            partition by rule_set_id, payee_id, plan_id, component_id
            order by plan_version, change_count
        ) as terms_number
    from changes_counted
    window parts_of_stretch as (
        partition by rule_set_id, payee_id, plan_id, plan_version, component_id, assignment_id
        order by starts_on_date
    )
),

{%- set stretch_columns = [
    'rule_set_id', 'payee_id', 'plan_id', 'plan_version', 'component_id', 'terms_number', 'assignment_id',
    'enrolled_from_date', 'enrolled_to_date',
] %}
{%- set assignment_columns = [
    'team_id', 'region_id', 'variable_target_amount', 'pay_currency_code', 'is_overlapping',
] %}
{%- set plan_columns = [
    'currency_code', 'minor_unit_digits', 'calendar_id', 'pay_period_kind_code', 'rate_table_id', 'rate_kind_code',
    'rate_day_code', 'is_inverse_allowed', 'rate_pivot_currency_code', 'rate_valid_days', 'payout_rate_table_id',
    'payout_rate_kind_code', 'payout_rate_day_code', 'is_payout_inverse_allowed', 'payout_rate_pivot_currency_code',
    'payout_rate_valid_days', 'is_paid_in_payee_currency',
] %}
{%- set component_columns = [
    'event_kind_code', 'measure_code', 'base_code', 'is_whole_measured', 'window_code', 'style_code', 'catch_up_code',
    'reversal_window_code', 'rounding_method_code', 'rounding_scope_code', 'credited_twice_code',
    'split_tolerance_ratio',
] %}

enrolments as (
    select
        {%- for source, columns in [
            ('stretches', stretch_columns), ('assignments', assignment_columns), ('plans', plan_columns),
            ('components', component_columns),
        ] %}
        {%- for column in columns %}
        {{ source }}.{{ column }},
        {%- endfor %}
        {%- endfor %}
        -- The plan's own, unless it says otherwise. A payee whose currency is unknown is held.
        coalesce(
            plans.payout_currency_code,
            case when plans.is_paid_in_payee_currency then assignments.pay_currency_code end,
            plans.currency_code
        ) as payout_currency_code
    from stretches
    inner join assignments
        on stretches.assignment_id = assignments.assignment_id
    inner join plans
        on
            stretches.rule_set_id = plans.rule_set_id
            and stretches.plan_id = plans.plan_id
            and stretches.plan_version = plans.plan_version
    inner join components
        on
            stretches.rule_set_id = components.rule_set_id
            and stretches.plan_id = components.plan_id
            and stretches.plan_version = components.plan_version
            and stretches.component_id = components.component_id
)

select
    {{ row_key() }} as enrolment_number,
    {{ stretch_columns | join(',\n    ') }},
    -- The payee's last day on the plan: a reversal that comes later counts in the window of that day.
    max(enrolled_to_date) over payees_on_plans as plan_to_date,
    team_id,
    region_id,
    variable_target_amount,
    pay_currency_code,
    {{ (plan_columns[:-1] + component_columns) | join(',\n    ') }},
    payout_currency_code,
    {{ minor_unit_digits('payout_currency_code') }} as payout_minor_unit_digits,
    -- Which exchange rates it reads, numbered: int_pay_rates has them by this number.
    dense_rank() over (
        order by
            rate_table_id, rate_kind_code, currency_code, rate_day_code, is_inverse_allowed, rate_pivot_currency_code,
            rate_valid_days, rule_set_id, calendar_id, pay_period_kind_code
    ) as rate_source_number,
    case
        when payout_currency_code <> currency_code
            then dense_rank() over (
                    order by
                        payout_rate_table_id, payout_rate_kind_code, currency_code, payout_currency_code,
                        payout_rate_day_code, is_payout_inverse_allowed, payout_rate_pivot_currency_code,
                        payout_rate_valid_days, rule_set_id, calendar_id, pay_period_kind_code
                )
    end as payout_rate_source_number,
    case
        when is_overlapping
            then 'assignment ' || assignment_id || ' begins while another assignment of payee '
                || payee_id || ' lasts'
        when is_paid_in_payee_currency and pay_currency_code is null
            then 'assignment ' || assignment_id || ' of payee ' || payee_id
                || ' names no currency, and plan ' || plan_id || ' pays in it'
        when min(payout_currency_code) over payees_on_plans <> max(payout_currency_code) over payees_on_plans
            then 'payee ' || payee_id || ' is paid in two currencies on plan ' || plan_id
                || ': another currency needs another plan'
    end as hold_text
from enrolments
window payees_on_plans as (partition by rule_set_id, payee_id, plan_id)
