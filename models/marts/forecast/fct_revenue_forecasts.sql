with revenue_forecasts as (
    select
        subject_kind_code,
        subject_id,
        period_id,
        start_date,
        origin_date,
        horizon_months,
        measure_code,
        model_code,
        is_baseline,
        forecast_company_amount,
        lower_80_company_amount,
        upper_80_company_amount,
        lower_95_company_amount,
        upper_95_company_amount,
        company_currency_code
    from {{ source('ml', 'revenue_forecasts') }}
)

select
    subject_kind_code,
    subject_id,
    period_id,
    start_date,
    origin_date,
    horizon_months,
    measure_code,
    model_code,
    is_baseline,
    forecast_company_amount,
    lower_80_company_amount,
    upper_80_company_amount,
    lower_95_company_amount,
    upper_95_company_amount,
    company_currency_code
from revenue_forecasts
