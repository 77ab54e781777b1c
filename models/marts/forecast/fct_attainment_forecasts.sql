with attainment_forecasts as (
    select
        payee_id,
        component_id,
        window_period_id,
        as_of_date,
        measure_amount,
        quota_amount,
        forecast_measure_amount,
        miss_probability_ratio,
        currency_code,
        model_code,
        is_baseline
    from {{ source('ml', 'attainment_forecasts') }}
)

select
    payee_id,
    component_id,
    window_period_id,
    as_of_date,
    measure_amount,
    quota_amount,
    forecast_measure_amount,
    cast(
        {{ divide_once('forecast_measure_amount', 'quota_amount') }} as {{ ratio_type() }}
    ) as forecast_attainment_ratio,
    miss_probability_ratio,
    -- Without a chance of missing the forecast itself decides: below the quota is at risk.
    case
        when miss_probability_ratio is not null then miss_probability_ratio >= 0.5
        else forecast_measure_amount < quota_amount
    end as is_at_risk,
    currency_code,
    model_code,
    is_baseline
from attainment_forecasts
