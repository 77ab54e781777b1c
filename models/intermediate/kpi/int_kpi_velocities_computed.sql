with parts as (
    select
        kpi_code,
        period_id,
        subject_kind_code,
        subject_id,
        numerator,
        denominator
    from {{ ref('int_kpi_parts_rolled') }}
    where kpi_code in ('win_rate_by_count', 'average_deal_value', 'sales_cycle', 'deals_opened_and_ended')
),

periods as (
    select
        period_id,
        period_kind_code,
        start_date
    from {{ ref('dim_periods') }}
),

subject_periods as (
    select
        parts.subject_kind_code,
        parts.subject_id,
        parts.period_id,
        periods.period_kind_code,
        periods.start_date,
        sum(case when parts.kpi_code = 'win_rate_by_count' then parts.numerator else 0 end) as won_count,
        sum(case when parts.kpi_code = 'win_rate_by_count' then parts.denominator else 0 end) as closed_count,
        sum(case when parts.kpi_code = 'average_deal_value' then parts.numerator else 0 end) as won_value,
        sum(case when parts.kpi_code = 'average_deal_value' then parts.denominator else 0 end) as valued_won_count,
        sum(case when parts.kpi_code = 'sales_cycle' then parts.numerator else 0 end) as cycle_days,
        sum(case when parts.kpi_code = 'sales_cycle' then parts.denominator else 0 end) as cycle_count,
        sum(case when parts.kpi_code = 'deals_opened_and_ended' then parts.numerator - parts.denominator else 0 end)
            as open_change_count
    from parts
    inner join periods
        on parts.period_id = periods.period_id
    group by
        parts.subject_kind_code,
        parts.subject_id,
        parts.period_id,
        periods.period_kind_code,
        periods.start_date
),

subject_periods_with_open_deals as (
    select
        subject_kind_code,
        subject_id,
        period_id,
        won_count,
        closed_count,
        won_value,
        valued_won_count,
        cycle_days,
        cycle_count,
        sum(open_change_count) over (
            partition by subject_kind_code, subject_id, period_kind_code
            order by start_date
            rows between unbounded preceding and current row
        ) as open_count
    from subject_periods
)

select
    period_id,
    subject_kind_code,
    subject_id,
    cast(
        round(
            cast(open_count as double) * cast(won_count as double) / cast(closed_count as double)
            * cast(won_value as double) / cast(valued_won_count as double),
            6
        ) as {{ kpi_part_type() }}
    ) as expected_won_value,
    cast(round(cast(cycle_days as double) / cast(cycle_count as double), 6) as {{ kpi_part_type() }}) as cycle_days
from subject_periods_with_open_deals
where
    closed_count > 0
    and valued_won_count > 0
    and cycle_count > 0
