with settings as (
    select
        company_id,
        company_name,
        company_currency_code
    from {{ ref('int_settings_dated') }}
),

parts as (
    select
        kpi_code,
        dimension_code,
        period_id,
        subject_kind_code,
        subject_id,
        numerator,
        denominator
    from {{ ref('int_kpi_parts_rolled') }}
),

velocities as (
    select
        period_id,
        subject_kind_code,
        subject_id,
        expected_won_value,
        cycle_days
    from {{ ref('int_kpi_velocities_computed') }}
),

pipelines as (
    select
        period_id,
        subject_kind_code,
        subject_id,
        open_value,
        remaining_value
    from {{ ref('int_kpi_pipelines_covered') }}
),

customers as (
    select
        period_id,
        subject_kind_code,
        subject_id,
        lifetime_value,
        active_customer_count
    from {{ ref('int_kpi_customers_valued') }}
),

periods as (
    select
        period_id,
        period_kind_code,
        start_date
    from {{ ref('dim_periods') }}
),

payees as (
    select
        payee_id,
        payee_name
    from {{ ref('dim_payees') }}
),

teams as (
    select
        team_id,
        team_name
    from {{ ref('dim_teams') }}
),

assignments as (
    select
        region_id,
        region_name
    from {{ ref('int_payee_assignments_dated') }}
    where region_id is not null
),

subjects as (
    select
        'company' as subject_kind_code,
        company_id as subject_id,
        company_name as subject_name
    from settings

    union all

    select
        'region' as subject_kind_code,
        region_id as subject_id,
        coalesce(max(region_name), region_id) as subject_name
    from assignments
    group by region_id

    union all

    select
        'team' as subject_kind_code,
        team_id as subject_id,
        team_name as subject_name
    from teams

    union all

    select
        'payee' as subject_kind_code,
        payee_id as subject_id,
        payee_name as subject_name
    from payees
),

kpis as (
    select
        kpi_code,
        dimension_code,
        period_id,
        subject_kind_code,
        subject_id,
        numerator,
        case when kpi_code in ({{ kpi_sum_codes() }}) then 1 else denominator end as denominator
    from parts
    where {{ kpi_unit('kpi_code') }} is not null

    union all

    select
        'pipeline_velocity' as kpi_code,
        'all' as dimension_code,
        period_id,
        subject_kind_code,
        subject_id,
        expected_won_value as numerator,
        cycle_days as denominator
    from velocities

    union all

    select
        'pipeline_coverage' as kpi_code,
        'all' as dimension_code,
        period_id,
        subject_kind_code,
        subject_id,
        open_value as numerator,
        remaining_value as denominator
    from pipelines

    union all

    select
        'customer_lifetime_value' as kpi_code,
        'all' as dimension_code,
        period_id,
        subject_kind_code,
        subject_id,
        lifetime_value as numerator,
        active_customer_count as denominator
    from customers
),

kpis_with_units as (
    select
        kpi_code,
        dimension_code,
        period_id,
        subject_kind_code,
        subject_id,
        {{ kpi_unit('kpi_code') }} as unit_code,
        numerator,
        denominator
    from kpis
)

select
    kpis_with_units.subject_kind_code,
    kpis_with_units.subject_id,
    subjects.subject_name,
    kpis_with_units.kpi_code,
    kpis_with_units.dimension_code,
    kpis_with_units.period_id,
    periods.period_kind_code,
    periods.start_date,
    kpis_with_units.unit_code,
    cast(kpis_with_units.numerator as {{ kpi_part_type() }}) as numerator,
    cast(kpis_with_units.denominator as {{ kpi_part_type() }}) as denominator,
    {{ divide_kpi('kpis_with_units.numerator', 'kpis_with_units.denominator') }} as kpi_value,
    case
        when kpis_with_units.unit_code in ('amount', 'amount_per_day') then settings.company_currency_code
    end as currency_code
from kpis_with_units
cross join settings
inner join periods
    on kpis_with_units.period_id = periods.period_id
left join subjects
    on
        kpis_with_units.subject_kind_code = subjects.subject_kind_code
        and kpis_with_units.subject_id = subjects.subject_id
