with forecast_accuracy as (
    select
        target_code,
        model_code,
        baseline_code,
        subject_kind_code,
        subject_id,
        metric_code,
        horizon_months,
        origin_date,
        model_value,
        baseline_value,
        is_model_published,
        sample_count,
        note_text
    from {{ source('ml', 'forecast_accuracy') }}
)

select
    target_code,
    model_code,
    baseline_code,
    subject_kind_code,
    subject_id,
    metric_code,
    horizon_months,
    origin_date,
    model_value,
    baseline_value,
    is_model_published,
    sample_count,
    note_text
from forecast_accuracy
