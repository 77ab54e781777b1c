with lead_scores as (
    select
        lead_id,
        as_of_date,
        score_ratio,
        score_band_code,
        model_code,
        is_baseline
    from {{ source('ml', 'lead_scores') }}
)

select
    lead_id,
    as_of_date,
    score_ratio,
    score_band_code,
    model_code,
    is_baseline
from lead_scores
