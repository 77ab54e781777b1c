-- One row a scope and set of terms of its payee, with the day on which the terms begin to count in it, the rules of
-- what changes, and the team and variable target that hold by them. Terms that lie outside of the scope are rows too:
-- the reversal of an earlier window's sale is paid by them.
{%- set counted = {
    'team_id': 'transfer_code',
    'variable_target_amount': 'target_change_code',
    'pay_currency_code': 'target_change_code',
} %}
with runs as (
    select as_of_date
    from {{ source('landing', 'run') }}
),

windows as (
    select
        scope_number,
        rule_set_id,
        payee_id,
        plan_id,
        component_id,
        calendar_id,
        currency_code,
        minor_unit_digits,
        window_code,
        window_period_id,
        segment_number,
        segment_count,
        segment_from_date,
        segment_to_date
    from {{ ref('int_pay_windows') }}
),

enrolments as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        plan_version,
        component_id,
        terms_number,
        enrolled_from_date,
        enrolled_to_date,
        team_id,
        variable_target_amount,
        pay_currency_code
    from {{ ref('int_pay_enrolments') }}
),

component_terms as (
    select
        rule_set_id,
        plan_id,
        plan_version,
        component_id,
        quota_change_code,
        target_change_code,
        transfer_code,
        quota_period_kind_code,
        quota_subject_code,
        quota_amount,
        target_share_ratio
    from {{ ref('stg_planning__component_terms') }}
),

terms_of_payees as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        component_id,
        terms_number,
        max(plan_version) as plan_version,
        min(enrolled_from_date) as terms_from_date,
        max(enrolled_to_date) as terms_to_date
    from enrolments
    group by rule_set_id, payee_id, plan_id, component_id, terms_number
),

scope_terms as (
    select
        windows.scope_number,
        windows.rule_set_id,
        windows.payee_id,
        windows.plan_id,
        windows.component_id,
        windows.calendar_id,
        windows.currency_code,
        windows.minor_unit_digits,
        windows.window_code,
        windows.window_period_id,
        windows.segment_number,
        windows.segment_count,
        terms_of_payees.terms_number,
        terms_of_payees.plan_version,
        terms_of_payees.terms_from_date,
        terms_of_payees.terms_from_date <= windows.segment_to_date
        and terms_of_payees.terms_to_date >= windows.segment_from_date as is_in_segment,
        greatest(terms_of_payees.terms_from_date, windows.segment_from_date) as terms_day,
        least(windows.segment_to_date, greatest(runs.as_of_date, windows.segment_from_date)) as last_day,
        component_terms.quota_change_code,
        component_terms.target_change_code,
        component_terms.transfer_code,
        coalesce(component_terms.quota_period_kind_code, windows.window_code) as quota_period_kind_code,
        coalesce(component_terms.quota_subject_code, 'payee') as quota_subject_code,
        component_terms.quota_amount as plan_quota_amount,
        component_terms.target_share_ratio
    from windows
    inner join terms_of_payees
        on
            windows.rule_set_id = terms_of_payees.rule_set_id
            and windows.payee_id = terms_of_payees.payee_id
            and windows.plan_id = terms_of_payees.plan_id
            and windows.component_id = terms_of_payees.component_id
    cross join runs
    left join component_terms
        on
            terms_of_payees.rule_set_id = component_terms.rule_set_id
            and terms_of_payees.plan_id = component_terms.plan_id
            and terms_of_payees.plan_version = component_terms.plan_version
            and terms_of_payees.component_id = component_terms.component_id
),

-- The assignment that counts: the one that holds by the terms, or the last one of the segment where that is restated.
assignments_counted as (
    select
        scope_terms.scope_number,
        scope_terms.terms_number,
    {%- for column, code in counted.items() %}
        {%- set is_counted %}
        (scope_terms.{{ code }} = 'restate' or enrolments.enrolled_from_date <= scope_terms.terms_day)
        {%- endset %}
        {{ value_of_greatest(
            'case when' ~ is_counted ~ ' then enrolments.' ~ column ~ ' end',
            'case when' ~ is_counted ~ " then enrolments.enrolled_from_date else cast('1900-01-01' as date) end",
            'enrolments.terms_number'
        ) }} as {{ column }}{{ ',' if not loop.last }}
    {%- endfor %}
    from scope_terms
    inner join enrolments
        on
            scope_terms.rule_set_id = enrolments.rule_set_id
            and scope_terms.payee_id = enrolments.payee_id
            and scope_terms.plan_id = enrolments.plan_id
            and scope_terms.component_id = enrolments.component_id
            and scope_terms.last_day >= enrolments.enrolled_from_date
    where
        scope_terms.target_share_ratio is not null
        or scope_terms.quota_subject_code = 'team'
    group by scope_terms.scope_number, scope_terms.terms_number
)

select
    scope_terms.scope_number,
    scope_terms.rule_set_id,
    scope_terms.payee_id,
    scope_terms.plan_id,
    scope_terms.component_id,
    scope_terms.calendar_id,
    scope_terms.currency_code,
    scope_terms.minor_unit_digits,
    scope_terms.window_code,
    scope_terms.window_period_id,
    scope_terms.segment_number,
    scope_terms.segment_count,
    scope_terms.terms_number,
    scope_terms.plan_version,
    scope_terms.terms_from_date,
    scope_terms.is_in_segment,
    scope_terms.terms_day,
    scope_terms.last_day,
    scope_terms.quota_change_code,
    scope_terms.target_change_code,
    scope_terms.transfer_code,
    scope_terms.quota_period_kind_code,
    scope_terms.quota_subject_code,
    scope_terms.plan_quota_amount,
    scope_terms.target_share_ratio,
    assignments_counted.team_id,
    assignments_counted.variable_target_amount,
    assignments_counted.pay_currency_code
from scope_terms
left join assignments_counted
    on
        scope_terms.scope_number = assignments_counted.scope_number
        and scope_terms.terms_number = assignments_counted.terms_number
