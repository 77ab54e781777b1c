with settings as (
    select timezone_name
    from {{ ref('int_settings_dated') }}
),

opportunity_stages as (
    select
        opportunity_id,
        stage_name,
        entered_at
    from {{ ref('stg_crm__opportunity_stages') }}
),

stage_map as (
    select
        stage_name,
        stage_code,
        stage_order,
        stage_status_code
    from {{ ref('stg_planning__stage_map') }}
),

opportunities as (
    select
        opportunity_id,
        owner_payee_id as payee_id,
        team_id,
        region_id,
        is_won
    from {{ ref('fct_opportunities') }}
),

calendar_days as (
    select
        calendar_date,
        period_id
    from {{ ref('int_calendar_days_expanded') }}
),

stages_entered as (
    select
        opportunity_stages.opportunity_id,
        stage_map.stage_code,
        stage_map.stage_order,
        stage_map.stage_status_code,
        min(opportunity_stages.entered_at) as first_entered_at,
        max(opportunity_stages.entered_at) as last_entered_at
    from opportunity_stages
    inner join stage_map
        on opportunity_stages.stage_name = stage_map.stage_name
    where stage_map.stage_status_code <> 'lost'
    group by
        opportunity_stages.opportunity_id,
        stage_map.stage_code,
        stage_map.stage_order,
        stage_map.stage_status_code
),

stages_followed as (
    select
        opportunity_id,
        stage_code,
        stage_status_code,
        first_entered_at,
        max(last_entered_at) over (
            partition by opportunity_id
            order by stage_order
            rows between 1 following and unbounded following
        ) as further_entered_at
    from stages_entered
),

stages_left as (
    select
        opportunities.payee_id,
        opportunities.team_id,
        opportunities.region_id,
        stages_followed.stage_code,
        {{ local_date('stages_followed.first_entered_at', 'settings.timezone_name') }} as first_entered_date,
        case
            when opportunities.is_won or stages_followed.further_entered_at >= stages_followed.first_entered_at then 1
            else 0
        end as converted_count
    from stages_followed
    inner join opportunities
        on stages_followed.opportunity_id = opportunities.opportunity_id
    cross join settings
    where stages_followed.stage_status_code = 'open'
)

select
    calendar_days.period_id,
    stages_left.payee_id,
    stages_left.team_id,
    stages_left.region_id,
    stages_left.stage_code,
    sum(stages_left.converted_count) as converted_count,
    count(*) as entered_count
from stages_left
inner join calendar_days
    on stages_left.first_entered_date = calendar_days.calendar_date
group by
    calendar_days.period_id,
    stages_left.payee_id,
    stages_left.team_id,
    stages_left.region_id,
    stages_left.stage_code
