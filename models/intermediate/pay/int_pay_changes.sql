-- One row a payee, component and day on which terms change inside a window: a new window from 0 begins (segment), or
-- new terms hold from then (continue). What is restated is no change: the new terms hold for the whole window.
with runs as (
    select as_of_date
    from {{ source('landing', 'run') }}
),

enrolments as (
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

terms as (
    select
        rule_set_id,
        plan_id,
        plan_version,
        component_id,
        plan_version_change_code,
        quota_change_code,
        target_change_code,
        transfer_code,
        quota_subject_code
    from {{ ref('stg_planning__component_terms') }}
),

assignments as (
    select
        assignment_id,
        role_code,
        team_id,
        region_id,
        territory_id,
        variable_target_amount,
        pay_currency_code
    from {{ ref('int_pay_assignments') }}
),

calendars as (
    select
        rule_set_id,
        calendar_id,
        period_id,
        start_date,
        end_date
    from {{ ref('stg_planning__calendars') }}
),

ramps as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        component_id,
        start_date,
        end_date,
        rate_ratio
    from {{ ref('int_pay_ramps') }}
),

stretches as (
    select
        enrolments.rule_set_id,
        enrolments.payee_id,
        enrolments.plan_id,
        enrolments.component_id,
        enrolments.plan_version,
        enrolments.assignment_id,
        enrolments.enrolled_from_date,
        terms.plan_version_change_code,
        terms.target_change_code,
        terms.transfer_code,
        terms.quota_subject_code,
        lag(enrolments.plan_version) over stretches_in_order as earlier_version,
        lag(enrolments.assignment_id) over stretches_in_order as earlier_assignment_id
    from enrolments
    inner join terms
        on
            enrolments.rule_set_id = terms.rule_set_id
            and enrolments.plan_id = terms.plan_id
            and enrolments.plan_version = terms.plan_version
            and enrolments.component_id = terms.component_id
    window stretches_in_order as (
        partition by enrolments.rule_set_id, enrolments.payee_id, enrolments.plan_id, enrolments.component_id
        order by enrolments.enrolled_from_date
    )
),

changes_of_stretches as (
    select
        stretches.rule_set_id,
        stretches.payee_id,
        stretches.plan_id,
        stretches.component_id,
        stretches.enrolled_from_date as change_date,
        case
            when stretches.plan_version <> stretches.earlier_version then stretches.plan_version_change_code
        end as version_code,
        case
            when
                coalesce(assignments.role_code, '') <> coalesce(earlier.role_code, '')
                or coalesce(assignments.team_id, '') <> coalesce(earlier.team_id, '')
                or coalesce(assignments.region_id, '') <> coalesce(earlier.region_id, '')
                or coalesce(assignments.territory_id, '') <> coalesce(earlier.territory_id, '')
                then stretches.transfer_code
        end as transfer_code,
        case
            when
                coalesce(assignments.variable_target_amount, -1) <> coalesce(earlier.variable_target_amount, -1)
                or coalesce(assignments.pay_currency_code, '') <> coalesce(earlier.pay_currency_code, '')
                then stretches.target_change_code
        end as target_code,
        stretches.quota_subject_code
    from stretches
    inner join assignments
        on stretches.assignment_id = assignments.assignment_id
    inner join assignments as earlier
        on stretches.earlier_assignment_id = earlier.assignment_id
),

-- A version that `continue`s has terms of its own already; a transfer has where the quota is the team's.
stretches_changed as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        component_id,
        change_date,
        case
            when 'segment' in (coalesce(version_code, ''), coalesce(transfer_code, ''), coalesce(target_code, ''))
                then 'segment'
            when target_code = 'continue' or (transfer_code = 'continue' and quota_subject_code = 'team')
                then 'continue'
        end as change_code
    from changes_of_stretches
),

quotas_dated as (
    select
        rule_set_id,
        'payee' as subject_code,
        payee_id as subject_id,
        plan_id,
        component_id,
        calendar_id,
        period_id,
        valid_from_date
    from {{ ref('stg_planning__quotas') }}
    where valid_from_date is not null
    union all
    select
        rule_set_id,
        'team' as subject_code,
        team_id as subject_id,
        plan_id,
        component_id,
        calendar_id,
        period_id,
        valid_from_date
    from {{ ref('stg_planning__team_quotas') }}
    where valid_from_date is not null
),

quotas_inside_periods as (
    select
        quotas_dated.rule_set_id,
        quotas_dated.subject_code,
        quotas_dated.subject_id,
        quotas_dated.plan_id,
        quotas_dated.component_id,
        quotas_dated.valid_from_date
    from quotas_dated
    inner join calendars
        on
            quotas_dated.rule_set_id = calendars.rule_set_id
            and quotas_dated.calendar_id = calendars.calendar_id
            and quotas_dated.period_id = calendars.period_id
            and quotas_dated.valid_from_date > calendars.start_date
            and quotas_dated.valid_from_date <= calendars.end_date
),

quotas_changed as (
    select
        enrolments.rule_set_id,
        enrolments.payee_id,
        enrolments.plan_id,
        enrolments.component_id,
        quotas.valid_from_date as change_date,
        max(terms.quota_change_code) as change_code
    from quotas_inside_periods as quotas
    inner join enrolments
        on
            quotas.rule_set_id = enrolments.rule_set_id
            and quotas.plan_id = enrolments.plan_id
            and quotas.component_id = enrolments.component_id
    inner join assignments
        on enrolments.assignment_id = assignments.assignment_id
    inner join terms
        on
            enrolments.rule_set_id = terms.rule_set_id
            and enrolments.plan_id = terms.plan_id
            and enrolments.plan_version = terms.plan_version
            and enrolments.component_id = terms.component_id
            and quotas.subject_code = terms.quota_subject_code
    where
        quotas.subject_id
        = case quotas.subject_code when 'payee' then enrolments.payee_id else assignments.team_id end
    group by
        enrolments.rule_set_id,
        enrolments.payee_id,
        enrolments.plan_id,
        enrolments.component_id,
        quotas.valid_from_date
    -- Nobody who was not there before has another quota.
    having
        min(enrolments.enrolled_from_date) < quotas.valid_from_date
        and max(enrolments.enrolled_to_date) >= quotas.valid_from_date
),

ramps_in_order as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        component_id,
        start_date,
        end_date,
        rate_ratio,
        lag(rate_ratio) over months_in_order as earlier_ratio,
        lead(start_date) over months_in_order is null as is_last
    from ramps
    window months_in_order as (
        partition by rule_set_id, payee_id, plan_id, component_id
        order by start_date
    )
),

rates_ramped as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        component_id,
        start_date as change_date,
        'continue' as change_code
    from ramps_in_order
    where rate_ratio <> coalesce(earlier_ratio, 1)
    union all
    select
        rule_set_id,
        payee_id,
        plan_id,
        component_id,
        {{ add_days('end_date', 1) }} as change_date,
        'continue' as change_code
    from ramps_in_order
    where is_last and rate_ratio <> 1
),

changes as (
    {%- for source in ['stretches_changed', 'quotas_changed', 'rates_ramped'] %}
    select
        rule_set_id,
        payee_id,
        plan_id,
        component_id,
        change_date,
        change_code
    from {{ source }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

select
    changes.rule_set_id,
    changes.payee_id,
    changes.plan_id,
    changes.component_id,
    changes.change_date,
    max(case when changes.change_code = 'segment' then 1 else 0 end) = 1 as is_segment,
    max(case when changes.change_code = 'continue' then 1 else 0 end) = 1 as is_continue
from changes
cross join runs
where
    changes.change_code in ('segment', 'continue')
    -- A change counts from its day on.
    and changes.change_date <= runs.as_of_date
group by
    changes.rule_set_id, changes.payee_id, changes.plan_id, changes.component_id, changes.change_date
