with settings as (
    select
        as_of_date,
        company_currency_code
    from {{ ref('int_settings_dated') }}
),

parts as (
    select
        kpi_code,
        period_id,
        subject_kind_code,
        subject_id,
        numerator
    from {{ ref('int_kpi_parts_rolled') }}
    where kpi_code in ('open_pipeline', 'won_value', 'target', 'manager_target')
),

goals as (
    select
        goals.subject_kind_code,
        goals.subject_id,
        goals.period_id,
        goals.goal_value
    from {{ ref('stg_planning__goals') }} as goals
    inner join settings
        on goals.currency_code = settings.company_currency_code
    where
        goals.rule_set_id = 'live'
        and goals.kpi_code = 'won_value'
),

periods as (
    select periods.period_id
    from {{ ref('dim_periods') }} as periods
    inner join settings
        on periods.end_date >= settings.as_of_date
    where
        periods.is_company_calendar
        and periods.period_kind_code in ('month', 'quarter', 'year')
),

goals_by_subject as (
    select
        subject_kind_code,
        subject_id,
        period_id,
        max(goal_value) as goal_value
    from goals
    group by
        subject_kind_code,
        subject_id,
        period_id
),

parts_by_subject as (
    select
        subject_kind_code,
        subject_id,
        period_id,
        sum(case when kpi_code = 'open_pipeline' then numerator else 0 end) as open_value,
        sum(case when kpi_code = 'won_value' then numerator else 0 end) as won_value,
        max(case when kpi_code in ('target', 'manager_target') then numerator end) as quota_value
    from parts
    group by
        subject_kind_code,
        subject_id,
        period_id
),

subjects_with_target as (
    select
        coalesce(parts_by_subject.subject_kind_code, goals_by_subject.subject_kind_code) as subject_kind_code,
        coalesce(parts_by_subject.subject_id, goals_by_subject.subject_id) as subject_id,
        coalesce(parts_by_subject.period_id, goals_by_subject.period_id) as period_id,
        coalesce(parts_by_subject.open_value, 0) as open_value,
        coalesce(parts_by_subject.won_value, 0) as won_value,
        coalesce(goals_by_subject.goal_value, parts_by_subject.quota_value) as target_value
    from parts_by_subject
    full outer join goals_by_subject
        on
            parts_by_subject.subject_kind_code = goals_by_subject.subject_kind_code
            and parts_by_subject.subject_id = goals_by_subject.subject_id
            and parts_by_subject.period_id = goals_by_subject.period_id
)

select
    subjects_with_target.period_id,
    subjects_with_target.subject_kind_code,
    subjects_with_target.subject_id,
    cast(subjects_with_target.open_value as {{ kpi_part_type() }}) as open_value,
    cast(greatest(subjects_with_target.target_value - subjects_with_target.won_value, 0) as {{ kpi_part_type() }})
        as remaining_value
from subjects_with_target
inner join periods
    on subjects_with_target.period_id = periods.period_id
where subjects_with_target.target_value is not null
