with opportunity_scores as (
    select
        opportunity_id,
        as_of_date,
        win_probability_ratio,
        expected_close_date,
        model_code,
        is_baseline
    from {{ source('ml', 'opportunity_scores') }}
),

open_opportunities as (
    select
        opportunity_id,
        deal_company_amount,
        company_currency_code
    from {{ ref('fct_opportunities') }}
    where is_open
),

calendar_days as (
    select
        calendar_date,
        period_id
    from {{ ref('int_calendar_days_expanded') }}
)

select
    open_opportunities.opportunity_id,
    opportunity_scores.as_of_date,
    opportunity_scores.win_probability_ratio,
    open_opportunities.deal_company_amount,
    -- Six decimals of a probability times an amount: a wider type, so that large deals do not overflow.
    cast(
        round(
            cast(open_opportunities.deal_company_amount as decimal(24, 4))
            * cast(opportunity_scores.win_probability_ratio as decimal(7, 6)),
            4
        ) as {{ amount_type() }}
    ) as expected_company_amount,
    open_opportunities.company_currency_code,
    opportunity_scores.expected_close_date,
    calendar_days.period_id as expected_close_period_id,
    opportunity_scores.model_code,
    opportunity_scores.is_baseline
from open_opportunities
inner join opportunity_scores
    on open_opportunities.opportunity_id = opportunity_scores.opportunity_id
left join calendar_days
    on opportunity_scores.expected_close_date = calendar_days.calendar_date
