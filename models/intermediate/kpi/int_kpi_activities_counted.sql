with activities as (
    select
        activity_kind_code,
        payee_id,
        team_id,
        region_id,
        period_id
    from {{ ref('fct_activities') }}
)

select
    period_id,
    payee_id,
    team_id,
    region_id,
    activity_kind_code,
    count(*) as activity_count
from activities
where period_id is not null
group by
    period_id,
    payee_id,
    team_id,
    region_id,
    activity_kind_code
