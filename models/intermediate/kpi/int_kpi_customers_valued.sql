with settings as (
    select
        as_of_date,
        customer_lifetime_years
    from {{ ref('int_settings_dated') }}
),

parts as (
    select
        kpi_code,
        period_id,
        subject_kind_code,
        subject_id,
        numerator,
        denominator
    from {{ ref('int_kpi_parts_rolled') }}
    where kpi_code in ('customer_changes', 'customer_revenue', 'customer_cost', 'renewal_rate')
),

periods as (
    select
        periods.period_id,
        periods.period_kind_code,
        periods.period_sequence,
        periods.quarter_period_id,
        periods.year_period_id
    from {{ ref('dim_periods') }} as periods
    inner join settings
        on periods.start_date <= settings.as_of_date
    where
        periods.is_company_calendar
        and periods.period_kind_code = 'month'
),

subject_months as (
    select
        parts.subject_kind_code,
        parts.subject_id,
        periods.period_sequence,
        sum(case when parts.kpi_code = 'customer_changes' then parts.numerator else 0 end) as customer_change_count,
        sum(case when parts.kpi_code = 'customer_revenue' then parts.numerator else 0 end) as revenue_value,
        sum(case when parts.kpi_code = 'customer_revenue' then parts.denominator else 0 end) as costed_revenue_value,
        sum(case when parts.kpi_code = 'customer_cost' then parts.numerator else 0 end) as cost_value,
        sum(case when parts.kpi_code = 'renewal_rate' then parts.denominator else 0 end) as due_count,
        sum(case when parts.kpi_code = 'renewal_rate' then parts.denominator - parts.numerator else 0 end) as lost_count
    from parts
    inner join periods
        on parts.period_id = periods.period_id
    group by
        parts.subject_kind_code,
        parts.subject_id,
        periods.period_sequence
),

first_month as (
    select min(period_sequence) as period_sequence
    from subject_months
    where customer_change_count <> 0
),

subjects as (
    select distinct
        subject_kind_code,
        subject_id
    from subject_months
),

-- One row for every month, also those without an invoice, so that twelve rows are twelve months.
subject_months_filled as (
    select
        subjects.subject_kind_code,
        subjects.subject_id,
        periods.period_id,
        periods.quarter_period_id,
        periods.year_period_id,
        periods.period_sequence,
        least(periods.period_sequence - first_month.period_sequence + 1, 12) as covered_month_count,
        coalesce(subject_months.customer_change_count, 0) as customer_change_count,
        coalesce(subject_months.revenue_value, 0) as revenue_value,
        coalesce(subject_months.costed_revenue_value, 0) as costed_revenue_value,
        coalesce(subject_months.cost_value, 0) as cost_value,
        coalesce(subject_months.due_count, 0) as due_count,
        coalesce(subject_months.lost_count, 0) as lost_count
    from subjects
    cross join first_month
    inner join periods
        on first_month.period_sequence <= periods.period_sequence
    left join subject_months
        on
            subjects.subject_kind_code = subject_months.subject_kind_code
            and subjects.subject_id = subject_months.subject_id
            and periods.period_sequence = subject_months.period_sequence
),

last_twelve_months as (
    select
        subject_kind_code,
        subject_id,
        period_id,
        quarter_period_id,
        year_period_id,
        period_sequence,
        covered_month_count,
        sum(customer_change_count) over to_date as active_customer_count,
        sum(revenue_value) over twelve_months as revenue_value,
        sum(costed_revenue_value) over twelve_months as costed_revenue_value,
        sum(cost_value) over twelve_months as cost_value,
        sum(due_count) over twelve_months as due_count,
        sum(lost_count) over twelve_months as lost_count
    from subject_months_filled
    window
        to_date as (
            partition by subject_kind_code, subject_id
            order by period_sequence
            rows between unbounded preceding and current row
        ),
        twelve_months as (
            partition by subject_kind_code, subject_id
            order by period_sequence
            rows between 11 preceding and current row
        )
),

lifetime_values as (
    select
        last_twelve_months.subject_kind_code,
        last_twelve_months.subject_id,
        last_twelve_months.period_id,
        last_twelve_months.quarter_period_id,
        last_twelve_months.year_period_id,
        last_twelve_months.period_sequence,
        last_twelve_months.active_customer_count,
        cast(last_twelve_months.revenue_value as double) * 12 / last_twelve_months.covered_month_count
        * case
            when last_twelve_months.costed_revenue_value > 0
                then
                    1 - cast(last_twelve_months.cost_value as double)
                    / cast(last_twelve_months.costed_revenue_value as double)
            else 1
        end
        * case
            when last_twelve_months.lost_count > 0
                then
                    least(
                        cast(settings.customer_lifetime_years as double),
                        cast(last_twelve_months.due_count as double) / cast(last_twelve_months.lost_count as double)
                    )
            else cast(settings.customer_lifetime_years as double)
        end as lifetime_value
    from last_twelve_months
    cross join settings
    where last_twelve_months.active_customer_count > 0
),

-- A quarter and a year show the value of their last month that has begun.
periods_valued as (
    select
        subject_kind_code,
        subject_id,
        period_id,
        period_sequence,
        active_customer_count,
        lifetime_value
    from lifetime_values

    union all

    select
        subject_kind_code,
        subject_id,
        quarter_period_id as period_id,
        period_sequence,
        active_customer_count,
        lifetime_value
    from lifetime_values

    union all

    select
        subject_kind_code,
        subject_id,
        year_period_id as period_id,
        period_sequence,
        active_customer_count,
        lifetime_value
    from lifetime_values
),

periods_valued_ranked as (
    select
        subject_kind_code,
        subject_id,
        period_id,
        active_customer_count,
        lifetime_value,
        row_number() over (
            partition by subject_kind_code, subject_id, period_id
            order by period_sequence desc
        ) as last_month_rank
    from periods_valued
)

select
    period_id,
    subject_kind_code,
    subject_id,
    cast(round(lifetime_value, 6) as {{ kpi_part_type() }}) as lifetime_value,
    cast(active_customer_count as {{ kpi_part_type() }}) as active_customer_count
from periods_valued_ranked
where last_month_rank = 1
