-- Each deal on each origin on which it was open, with what its stage history said by then. The deal's own amount and
-- close date are those of today, written after the outcome, so they are never read here.
with settings as (
    select
        company_currency_code,
        timezone_name
    from {{ ref('int_settings_dated') }}
),

company_rates as (
    select
        currency_code,
        calendar_date,
        exchange_rate
    from {{ ref('int_company_rates_expanded') }}
),

origins as (
    select
        origin_date,
        is_current
    from {{ ref('int_forecast_origins') }}
),

opportunities as (
    select
        opportunity_id,
        owner_payee_id,
        team_id,
        region_id,
        created_date,
        close_date,
        is_open,
        is_won,
        is_lost,
        currency_code
    from {{ ref('fct_opportunities') }}
),

stage_map as (
    select
        stage_name,
        stage_code,
        stage_order,
        stage_status_code
    from {{ ref('stg_planning__stage_map') }}
),

stage_changes as (
    select
        stages.opportunity_id,
        stages.stage_change_id,
        stages.stage_name,
        stages.entered_at,
        {{ local_date('stages.entered_at', 'settings.timezone_name') }} as entered_date,
        stages.deal_amount,
        stages.currency_code,
        stages.close_date
    from {{ ref('stg_crm__opportunity_stages') }} as stages
    cross join settings
),

mapped_stages as (
    select
        stage_changes.opportunity_id,
        stage_changes.stage_change_id,
        stage_changes.entered_at,
        stage_changes.entered_date,
        stage_changes.deal_amount,
        stage_changes.currency_code,
        stage_changes.close_date,
        stage_map.stage_code,
        stage_map.stage_order,
        stage_map.stage_status_code
    from stage_changes
    left join stage_map
        on stage_changes.stage_name = stage_map.stage_name
),

compared_stages as (
    select
        opportunity_id,
        stage_change_id,
        entered_at,
        entered_date,
        deal_amount,
        currency_code,
        close_date,
        stage_code,
        stage_order,
        stage_status_code,
        lag(close_date) over (
            partition by opportunity_id order by entered_at, stage_order, stage_change_id
        ) as earlier_close_date,
        lead(entered_date) over (
            partition by opportunity_id order by entered_at, stage_order, stage_change_id
        ) as next_entered_date
    from mapped_stages
),

stage_spans as (
    select
        opportunity_id,
        entered_date,
        -- A plain comparison joins by hash; an `or is null` in a left join compares every deal with every span.
        coalesce(next_entered_date, {{ far_future_date() }}) as next_entered_date,
        deal_amount,
        currency_code,
        close_date,
        stage_code,
        stage_order,
        stage_status_code,
        count(*) over (
            partition by opportunity_id order by entered_at, stage_order, stage_change_id
            rows between unbounded preceding and current row
        ) as stage_change_count,
        sum(case when close_date > earlier_close_date then 1 else 0 end) over (
            partition by opportunity_id order by entered_at, stage_order, stage_change_id
            rows between unbounded preceding and current row
        ) as close_push_count
    from compared_stages
),

-- The day on which the outcome was entered; the close date only where no history says it.
closing_days as (
    select
        opportunity_id,
        max(entered_date) as closed_date
    from stage_spans
    where stage_status_code in ('won', 'lost')
    group by opportunity_id
),

outcomes as (
    select
        opportunities.opportunity_id,
        opportunities.owner_payee_id,
        opportunities.team_id,
        opportunities.region_id,
        opportunities.created_date,
        opportunities.is_open,
        case when opportunities.is_won then 1 when opportunities.is_lost then 0 end as is_won_count,
        opportunities.currency_code,
        case when not opportunities.is_open then coalesce(closing_days.closed_date, opportunities.close_date) end
            as outcome_date
    from opportunities
    left join closing_days
        on opportunities.opportunity_id = closing_days.opportunity_id
),

open_deals as (
    select
        outcomes.opportunity_id,
        outcomes.owner_payee_id,
        outcomes.team_id,
        outcomes.region_id,
        outcomes.created_date,
        outcomes.is_won_count,
        outcomes.outcome_date,
        outcomes.currency_code,
        origins.origin_date,
        origins.is_current
    from outcomes
    inner join origins
        on
            (origins.is_current and outcomes.is_open)
            or (
                not origins.is_current
                and outcomes.created_date <= origins.origin_date
                and (outcomes.is_open or outcomes.outcome_date > origins.origin_date)
            )
),

staged_deals as (
    select
        open_deals.opportunity_id,
        open_deals.origin_date,
        open_deals.is_current,
        open_deals.owner_payee_id,
        open_deals.team_id,
        open_deals.region_id,
        open_deals.created_date,
        stage_spans.stage_code,
        stage_spans.stage_order,
        stage_spans.entered_date as stage_entered_date,
        stage_spans.deal_amount,
        stage_spans.currency_code,
        -- Only to convert: many CRMs fill a deal's own currency in with its final value.
        coalesce(stage_spans.currency_code, open_deals.currency_code) as conversion_currency_code,
        stage_spans.close_date as expected_close_date,
        coalesce(stage_spans.stage_change_count, 0) as stage_change_count,
        coalesce(stage_spans.close_push_count, 0) as close_push_count,
        open_deals.is_won_count,
        open_deals.outcome_date
    from open_deals
    left join stage_spans
        on
            open_deals.opportunity_id = stage_spans.opportunity_id
            and open_deals.origin_date >= stage_spans.entered_date
            and open_deals.origin_date < stage_spans.next_entered_date
    where open_deals.is_current or coalesce(stage_spans.stage_status_code, 'open') = 'open'
)

select
    staged_deals.opportunity_id,
    staged_deals.origin_date,
    staged_deals.is_current,
    staged_deals.owner_payee_id,
    staged_deals.team_id,
    staged_deals.region_id,
    staged_deals.created_date,
    staged_deals.stage_code,
    staged_deals.stage_order,
    staged_deals.stage_entered_date,
    staged_deals.deal_amount,
    staged_deals.currency_code,
    {{ company_amount('staged_deals.deal_amount', 'staged_deals.conversion_currency_code') }} as deal_company_amount,
    staged_deals.expected_close_date,
    staged_deals.stage_change_count,
    staged_deals.close_push_count,
    staged_deals.is_won_count,
    staged_deals.outcome_date
from staged_deals
cross join settings
left join company_rates
    on
        staged_deals.conversion_currency_code = company_rates.currency_code
        and staged_deals.origin_date = company_rates.calendar_date
