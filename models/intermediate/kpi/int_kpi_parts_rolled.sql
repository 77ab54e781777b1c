with settings as (
    select company_id
    from {{ ref('int_settings_dated') }}
),

parts as (
    select
        kpi_code,
        dimension_code,
        period_id,
        payee_id,
        team_id,
        region_id,
        numerator,
        denominator,
        is_sum_of_months
    from {{ ref('int_kpi_parts_united') }}
),

periods as (
    select
        period_id,
        period_kind_code,
        quarter_period_id,
        year_period_id
    from {{ ref('dim_periods') }}
    where
        is_company_calendar
        and period_kind_code in ('month', 'quarter', 'year')
),

periods_rolled as (
    select
        period_id,
        period_id as rolled_period_id,
        true as is_same_period
    from periods

    union all

    select
        period_id,
        quarter_period_id as rolled_period_id,
        false as is_same_period
    from periods
    where period_kind_code = 'month'

    union all

    select
        period_id,
        year_period_id as rolled_period_id,
        false as is_same_period
    from periods
    where period_kind_code = 'month'
),

parts_by_subject as (
    select
        parts.kpi_code,
        parts.dimension_code,
        periods_rolled.rolled_period_id as period_id,
        parts.payee_id,
        parts.team_id,
        parts.region_id,
        grouping(parts.payee_id) as is_without_payee,
        grouping(parts.team_id) as is_without_team,
        grouping(parts.region_id) as is_without_region,
        sum(parts.numerator) as numerator,
        sum(parts.denominator) as denominator
    from parts
    inner join periods_rolled
        on
            parts.period_id = periods_rolled.period_id
            and (parts.is_sum_of_months or periods_rolled.is_same_period)
    group by
        grouping sets (
            (parts.kpi_code, parts.dimension_code, periods_rolled.rolled_period_id),
            (parts.kpi_code, parts.dimension_code, periods_rolled.rolled_period_id, parts.payee_id),
            (parts.kpi_code, parts.dimension_code, periods_rolled.rolled_period_id, parts.team_id),
            (parts.kpi_code, parts.dimension_code, periods_rolled.rolled_period_id, parts.region_id)
        )
),

subjects_named as (
    select
        parts_by_subject.kpi_code,
        parts_by_subject.dimension_code,
        parts_by_subject.period_id,
        case
            when parts_by_subject.is_without_payee = 0 then 'payee'
            when parts_by_subject.is_without_team = 0 then 'team'
            when parts_by_subject.is_without_region = 0 then 'region'
            else 'company'
        end as subject_kind_code,
        case
            when parts_by_subject.is_without_payee = 0 then parts_by_subject.payee_id
            when parts_by_subject.is_without_team = 0 then parts_by_subject.team_id
            when parts_by_subject.is_without_region = 0 then parts_by_subject.region_id
            else settings.company_id
        end as subject_id,
        parts_by_subject.numerator,
        parts_by_subject.denominator
    from parts_by_subject
    cross join settings
)

-- What belongs to no payee, team or region counts for the company and for nobody below it.
select
    kpi_code,
    dimension_code,
    period_id,
    subject_kind_code,
    subject_id,
    cast(numerator as {{ kpi_part_type() }}) as numerator,
    cast(denominator as {{ kpi_part_type() }}) as denominator
from subjects_named
where
    subject_id is not null
    and (kpi_code <> 'manager_target' or subject_kind_code = 'payee')
