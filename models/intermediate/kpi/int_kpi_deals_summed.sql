with settings as (
    select as_of_date
    from {{ ref('int_settings_dated') }}
),

opportunities as (
    select
        opportunity_id,
        owner_payee_id as payee_id,
        team_id,
        region_id,
        is_open,
        is_won,
        is_lost,
        deal_company_amount,
        created_date,
        close_date,
        period_id,
        sales_cycle_days
    from {{ ref('fct_opportunities') }}
),

bookings as (
    select
        payee_id,
        team_id,
        region_id,
        period_id
    from {{ ref('fct_bookings') }}
    where is_new_account
),

calendar_days as (
    select
        calendar_date,
        period_id
    from {{ ref('int_calendar_days_expanded') }}
),

first_calendar_day as (
    select min(calendar_date) as calendar_date
    from calendar_days
),

deals_by_close_month as (
    select
        period_id,
        payee_id,
        team_id,
        region_id,
        sum(case when is_won then 1 else 0 end) as won_count,
        sum(case when is_lost then 1 else 0 end) as lost_count,
        sum(case when is_won and deal_company_amount is not null then 1 else 0 end) as valued_won_count,
        sum(case when is_won then deal_company_amount end) as won_value,
        sum(case when is_lost then deal_company_amount end) as lost_value,
        sum(case when is_won then sales_cycle_days end) as cycle_days,
        sum(case when is_won and sales_cycle_days is not null then 1 else 0 end) as cycle_count,
        sum(case when is_open then deal_company_amount end) as open_value,
        cast(0 as bigint) as opened_count,
        sum(case when is_won or is_lost then 1 else 0 end) as ended_count,
        cast(0 as bigint) as new_account_count
    from opportunities
    where period_id is not null
    group by
        period_id,
        payee_id,
        team_id,
        region_id
),

-- A deal is open from its opening until its close. Where the opening is unknown or lies after the close, it opens at
-- the close, or on the as-of date while it is open: nothing is claimed about a time for which nothing is known.
deals_opened as (
    select
        opportunities.payee_id,
        opportunities.team_id,
        opportunities.region_id,
        greatest(
            case
                when opportunities.is_open then coalesce(opportunities.created_date, settings.as_of_date)
                else least(coalesce(opportunities.created_date, opportunities.close_date), opportunities.close_date)
            end,
            first_calendar_day.calendar_date
        ) as opened_date
    from opportunities
    cross join settings
    cross join first_calendar_day
    where
        opportunities.is_open
        or ((opportunities.is_won or opportunities.is_lost) and opportunities.period_id is not null)
),

deals_by_opening_month as (
    select
        calendar_days.period_id,
        deals_opened.payee_id,
        deals_opened.team_id,
        deals_opened.region_id,
        count(*) as opened_count
    from deals_opened
    inner join calendar_days
        on deals_opened.opened_date = calendar_days.calendar_date
    group by
        calendar_days.period_id,
        deals_opened.payee_id,
        deals_opened.team_id,
        deals_opened.region_id
),

new_accounts_by_month as (
    select
        period_id,
        payee_id,
        team_id,
        region_id,
        count(*) as new_account_count
    from bookings
    where period_id is not null
    group by
        period_id,
        payee_id,
        team_id,
        region_id
),

-- The other lists become columns of the first one by a sum: a join would lose rows whose keys are unknown.
parts as (
    select
        period_id,
        payee_id,
        team_id,
        region_id,
        won_count,
        lost_count,
        valued_won_count,
        won_value,
        lost_value,
        cycle_days,
        cycle_count,
        open_value,
        opened_count,
        ended_count,
        new_account_count
    from deals_by_close_month

    union all

    select
        period_id,
        payee_id,
        team_id,
        region_id,
        0 as won_count,
        0 as lost_count,
        0 as valued_won_count,
        0 as won_value,
        0 as lost_value,
        0 as cycle_days,
        0 as cycle_count,
        0 as open_value,
        opened_count,
        0 as ended_count,
        0 as new_account_count
    from deals_by_opening_month

    union all

    select
        period_id,
        payee_id,
        team_id,
        region_id,
        0 as won_count,
        0 as lost_count,
        0 as valued_won_count,
        0 as won_value,
        0 as lost_value,
        0 as cycle_days,
        0 as cycle_count,
        0 as open_value,
        0 as opened_count,
        0 as ended_count,
        new_account_count
    from new_accounts_by_month
)

select
    period_id,
    payee_id,
    team_id,
    region_id,
    sum(won_count) as won_count,
    sum(lost_count) as lost_count,
    sum(valued_won_count) as valued_won_count,
    coalesce(sum(won_value), 0) as won_value,
    coalesce(sum(lost_value), 0) as lost_value,
    coalesce(sum(cycle_days), 0) as cycle_days,
    sum(cycle_count) as cycle_count,
    coalesce(sum(open_value), 0) as open_value,
    sum(opened_count) as opened_count,
    sum(ended_count) as ended_count,
    sum(new_account_count) as new_account_count
from parts
group by
    period_id,
    payee_id,
    team_id,
    region_id
