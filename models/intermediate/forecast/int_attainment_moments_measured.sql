{{ config(materialized='view') }}

-- Each window with a quota at its start and at the end of each of its periods: what had been measured by then, what the
-- payee's earlier windows gave, and the payee's pipeline that was expected to close inside the window.
with settings as (
    select
        as_of_date,
        company_currency_code
    from {{ ref('int_settings_dated') }}
),

company_rates as (
    select
        currency_code,
        calendar_date,
        exchange_rate
    from {{ ref('int_company_rates_expanded') }}
),

periods as (
    select
        calendar_id,
        period_id,
        start_date,
        end_date
    from {{ ref('dim_periods') }}
),

attainment as (
    select
        payee_id,
        plan_id,
        component_id,
        calendar_id,
        period_id,
        window_kind_code,
        window_period_id,
        measure_amount,
        quota_amount,
        currency_code,
        is_window_complete
    from {{ ref('fct_attainment') }}
    where rule_set_id = 'live' and quota_amount > 0 and window_period_id is not null
),

pipeline as (
    select
        origin_date,
        owner_payee_id,
        expected_month_date,
        sum(pipeline_company_amount) as pipeline_company_amount
    from {{ ref('int_pipeline_by_month_summed') }}
    group by origin_date, owner_payee_id, expected_month_date
),

period_ends as (
    select
        attainment.payee_id,
        attainment.plan_id,
        attainment.component_id,
        attainment.calendar_id,
        attainment.window_kind_code,
        attainment.window_period_id,
        windows.start_date as window_start_date,
        windows.end_date as window_end_date,
        least(periods.end_date, settings.as_of_date) as moment_date,
        attainment.measure_amount,
        attainment.quota_amount,
        attainment.currency_code,
        attainment.is_window_complete,
        row_number() over (
            partition by
                attainment.payee_id,
                attainment.plan_id,
                attainment.component_id,
                attainment.calendar_id,
                attainment.window_period_id
            order by periods.end_date desc
        ) as position_from_end
    from attainment
    cross join settings
    inner join periods
        on
            attainment.calendar_id = periods.calendar_id
            and attainment.period_id = periods.period_id
    inner join periods as windows
        on
            attainment.calendar_id = windows.calendar_id
            and attainment.window_period_id = windows.period_id
),

windows_ended as (
    select
        payee_id,
        plan_id,
        component_id,
        calendar_id,
        window_kind_code,
        window_period_id,
        window_start_date,
        window_end_date,
        quota_amount,
        currency_code,
        case when is_window_complete then measure_amount end as final_measure_amount
    from period_ends
    where position_from_end = 1
),

windows_compared as (
    select
        payee_id,
        plan_id,
        component_id,
        calendar_id,
        window_period_id,
        window_start_date,
        window_end_date,
        quota_amount,
        currency_code,
        final_measure_amount,
        avg(final_measure_amount) over (
            partition by payee_id, component_id, calendar_id, window_kind_code
            order by window_start_date, plan_id
            rows between 4 preceding and 1 preceding
        ) as usual_measure_amount
    from windows_ended
),

window_starts as (
    select
        payee_id,
        plan_id,
        component_id,
        calendar_id,
        window_period_id,
        {{ add_days('window_start_date', -1) }} as moment_date,
        cast(0 as {{ pay_type() }}) as measure_amount
    from windows_compared
),

moments as (
    select
        payee_id,
        plan_id,
        component_id,
        calendar_id,
        window_period_id,
        moment_date,
        measure_amount
    from period_ends
    where measure_amount is not null
    union all
    select
        payee_id,
        plan_id,
        component_id,
        calendar_id,
        window_period_id,
        moment_date,
        measure_amount
    from window_starts
),

measured_moments as (
    select
        moments.payee_id,
        moments.plan_id,
        moments.component_id,
        moments.calendar_id,
        moments.window_period_id,
        moments.moment_date,
        moments.measure_amount,
        windows_compared.window_start_date,
        windows_compared.window_end_date,
        windows_compared.quota_amount,
        windows_compared.currency_code,
        windows_compared.final_measure_amount,
        windows_compared.usual_measure_amount
    from moments
    inner join windows_compared
        on
            moments.payee_id = windows_compared.payee_id
            and moments.plan_id = windows_compared.plan_id
            and moments.component_id = windows_compared.component_id
            and moments.calendar_id = windows_compared.calendar_id
            and moments.window_period_id = windows_compared.window_period_id
),

expected_pipeline as (
    select
        measured_moments.payee_id,
        measured_moments.plan_id,
        measured_moments.component_id,
        measured_moments.calendar_id,
        measured_moments.window_period_id,
        measured_moments.moment_date,
        sum(pipeline.pipeline_company_amount) as pipeline_company_amount
    from measured_moments
    inner join pipeline
        on
            measured_moments.payee_id = pipeline.owner_payee_id
            and measured_moments.moment_date = pipeline.origin_date
            and measured_moments.window_end_date >= pipeline.expected_month_date
    group by
        measured_moments.payee_id,
        measured_moments.plan_id,
        measured_moments.component_id,
        measured_moments.calendar_id,
        measured_moments.window_period_id,
        measured_moments.moment_date
)

select
    measured_moments.payee_id,
    measured_moments.plan_id,
    measured_moments.component_id,
    measured_moments.calendar_id,
    measured_moments.window_period_id,
    measured_moments.window_start_date,
    measured_moments.window_end_date,
    measured_moments.moment_date,
    measured_moments.measure_amount,
    measured_moments.quota_amount,
    measured_moments.currency_code,
    measured_moments.final_measure_amount,
    measured_moments.usual_measure_amount,
    case
        when measured_moments.currency_code = settings.company_currency_code
            then expected_pipeline.pipeline_company_amount
        when company_rates.exchange_rate > 0
            then expected_pipeline.pipeline_company_amount / company_rates.exchange_rate
    end as pipeline_amount,
    row_number() over (
        partition by
            measured_moments.payee_id,
            measured_moments.component_id,
            measured_moments.window_period_id
        order by measured_moments.moment_date desc, measured_moments.plan_id desc
    ) = 1 as is_newest
from measured_moments
cross join settings
left join expected_pipeline
    on
        measured_moments.payee_id = expected_pipeline.payee_id
        and measured_moments.plan_id = expected_pipeline.plan_id
        and measured_moments.component_id = expected_pipeline.component_id
        and measured_moments.calendar_id = expected_pipeline.calendar_id
        and measured_moments.window_period_id = expected_pipeline.window_period_id
        and measured_moments.moment_date = expected_pipeline.moment_date
left join company_rates
    on
        measured_moments.currency_code = company_rates.currency_code
        and measured_moments.moment_date = company_rates.calendar_date
