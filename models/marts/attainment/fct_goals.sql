with settings as (
    select
        as_of_date,
        company_currency_code
    from {{ ref('int_settings_dated') }}
),

goals as (
    select
        rule_set_id,
        goal_id,
        subject_kind_code,
        subject_id,
        kpi_code,
        calendar_id,
        period_id,
        goal_value,
        currency_code
    from {{ ref('stg_planning__goals') }}
),

periods as (
    select
        period_id,
        period_kind_code,
        start_date,
        end_date,
        is_company_calendar
    from {{ ref('dim_periods') }}
),

kpis as (
    select
        subject_kind_code,
        subject_id,
        kpi_code,
        period_id,
        kpi_value,
        currency_code
    from {{ ref('fct_kpis') }}
    where dimension_code = 'all'
),

goals_with_actuals as (
    select
        goals.rule_set_id,
        goals.goal_id,
        goals.subject_kind_code,
        goals.subject_id,
        goals.kpi_code,
        goals.calendar_id,
        goals.period_id,
        periods.start_date,
        periods.end_date,
        goals.goal_value,
        goals.currency_code,
        -- Nothing sold is 0 of a goal; a ratio of nothing, a period to come and another currency are unknown.
        case
            when kpis.kpi_value is not null
                and coalesce(kpis.currency_code, '') = coalesce(goals.currency_code, kpis.currency_code, '')
                then kpis.kpi_value
            when
                kpis.kpi_code is null
                and goals.kpi_code in ({{ kpi_sum_codes() }})
                and periods.is_company_calendar
                and periods.period_kind_code in ('month', 'quarter', 'year')
                and periods.start_date <= settings.as_of_date
                and coalesce(goals.currency_code, settings.company_currency_code) = settings.company_currency_code
                then 0
        end as actual_value
    from goals
    cross join settings
    left join periods
        on goals.period_id = periods.period_id
    left join kpis
        on
            goals.subject_kind_code = kpis.subject_kind_code
            and goals.subject_id = kpis.subject_id
            and goals.kpi_code = kpis.kpi_code
            and goals.period_id = kpis.period_id
)

select
    rule_set_id,
    goal_id,
    subject_kind_code,
    subject_id,
    kpi_code,
    calendar_id,
    period_id,
    start_date,
    end_date,
    goal_value,
    currency_code,
    cast(actual_value as decimal(38, 12)) as actual_value,
    cast({{ divide_once('actual_value', 'goal_value') }} as decimal(38, 12)) as attainment_ratio
from goals_with_actuals
