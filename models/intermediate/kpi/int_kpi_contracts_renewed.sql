with settings as (
    select as_of_date
    from {{ ref('int_settings_dated') }}
),

contracts as (
    select
        payee_id,
        team_id,
        region_id,
        end_date,
        is_renewed
    from {{ ref('int_contracts_valued') }}
),

calendar_days as (
    select
        calendar_date,
        period_id
    from {{ ref('int_calendar_days_expanded') }}
)

select
    calendar_days.period_id,
    contracts.payee_id,
    contracts.team_id,
    contracts.region_id,
    sum(case when contracts.is_renewed then 1 else 0 end) as renewed_count,
    count(*) as due_count
from contracts
inner join settings
    on contracts.end_date <= settings.as_of_date
inner join calendar_days
    on contracts.end_date = calendar_days.calendar_date
group by
    calendar_days.period_id,
    contracts.payee_id,
    contracts.team_id,
    contracts.region_id
