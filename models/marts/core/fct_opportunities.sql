with settings as (
    select
        as_of_date,
        company_currency_code,
        timezone_name,
        stale_after_days,
        has_activities,
        has_deal_currency
    from {{ ref('int_settings_dated') }}
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
        opportunities.opportunity_id,
        opportunities.opportunity_name,
        opportunities.account_id,
        opportunities.lead_id,
        opportunities.opportunity_kind_code,
        opportunities.owner_user_id,
        opportunities.stage_name,
        stage_map.stage_code,
        stage_map.stage_order,
        stage_map.stage_status_code as opportunity_status_code,
        coalesce(stage_map.stage_status_code = 'open', false) as is_open,
        coalesce(stage_map.stage_status_code = 'won', false) as is_won,
        coalesce(stage_map.stage_status_code = 'lost', false) as is_lost,
        opportunities.deal_amount,
        -- A CRM without the column has deals in one currency, the company's; a blank in the column is an unknown one.
        case
            when settings.has_deal_currency then opportunities.currency_code
            else settings.company_currency_code
        end as currency_code,
        opportunities.created_at,
        {{ local_date('opportunities.created_at', 'settings.timezone_name') }} as created_date,
        opportunities.close_date,
        -- The day that owner, team and exchange rate are read for.
        case
            when stage_map.stage_status_code in ('won', 'lost')
                then coalesce(opportunities.close_date, settings.as_of_date)
            else settings.as_of_date
        end as effective_date,
        opportunities.lost_reason_name,
        opportunities.lead_source_name,
        opportunities.is_held
    from {{ ref('stg_crm__opportunities') }} as opportunities
    cross join settings
    left join stage_map
        on opportunities.stage_name = stage_map.stage_name
),

leads as (
    select
        lead_id,
        converted_opportunity_id
    from {{ ref('stg_crm__leads') }}
),

opportunity_lines as (
    select
        opportunity_id,
        product_id,
        line_amount
    from {{ ref('stg_crm__opportunity_lines') }}
),

activities as (
    select
        opportunity_id,
        occurred_date
    from {{ ref('fct_activities') }}
),

users_matched as (
    select
        user_id,
        payee_id
    from {{ ref('int_users_matched') }}
),

assignments as (
    select
        payee_id,
        team_id,
        region_id,
        valid_from_date,
        valid_to_date
    from {{ ref('int_payee_assignments_dated') }}
),

company_rates as (
    select
        currency_code,
        calendar_date,
        exchange_rate
    from {{ ref('int_company_rates_expanded') }}
),

calendar_days as (
    select
        calendar_date,
        period_id
    from {{ ref('int_calendar_days_expanded') }}
),

converting_leads as (
    select
        converted_opportunity_id as opportunity_id,
        min(lead_id) as lead_id
    from leads
    where converted_opportunity_id is not null
    group by converted_opportunity_id
),

primary_products as (
    select
        opportunity_id,
        {{ value_of_greatest('product_id', 'coalesce(line_amount, 0)', 'product_id') }} as product_id
    from opportunity_lines
    where product_id is not null
    group by opportunity_id
),

last_activities as (
    select
        activities.opportunity_id,
        max(activities.occurred_date) as last_activity_date
    from activities
    cross join settings
    where
        activities.opportunity_id is not null
        and activities.occurred_date <= settings.as_of_date
    group by activities.opportunity_id
)

select
    opportunities.opportunity_id,
    opportunities.opportunity_name,
    opportunities.account_id,
    coalesce(opportunities.lead_id, converting_leads.lead_id) as lead_id,
    opportunities.opportunity_kind_code,
    opportunities.owner_user_id,
    users_matched.payee_id as owner_payee_id,
    assignments.team_id,
    assignments.region_id,
    opportunities.stage_code,
    opportunities.stage_name,
    opportunities.stage_order,
    opportunities.opportunity_status_code,
    opportunities.is_open,
    opportunities.is_won,
    opportunities.is_lost,
    opportunities.deal_amount,
    opportunities.currency_code,
    {{ company_amount('opportunities.deal_amount', 'opportunities.currency_code') }} as deal_company_amount,
    settings.company_currency_code,
    opportunities.created_at,
    opportunities.created_date,
    opportunities.close_date,
    calendar_days.period_id,
    case
        when not opportunities.is_open and opportunities.close_date >= opportunities.created_date
            then {{ days_between('opportunities.created_date', 'opportunities.close_date') }}
    end as sales_cycle_days,
    last_activities.last_activity_date,
    opportunities.is_open
    and (
        coalesce(
            {{ days_between('opportunities.close_date', 'settings.as_of_date') }} > settings.stale_after_days, false
        )
        or (
            settings.has_activities
            and coalesce(
                {{
                    days_between(
                        'coalesce(last_activities.last_activity_date, opportunities.created_date)',
                        'settings.as_of_date'
                    )
                }} > settings.stale_after_days,
                false
            )
        )
    ) as is_stale,
    opportunities.is_held,
    opportunities.lost_reason_name,
    opportunities.lead_source_name,
    primary_products.product_id as primary_product_id
from opportunities
cross join settings
left join users_matched
    on opportunities.owner_user_id = users_matched.user_id
left join assignments
    on
        users_matched.payee_id = assignments.payee_id
        and opportunities.effective_date between assignments.valid_from_date and assignments.valid_to_date
left join company_rates
    on
        opportunities.currency_code = company_rates.currency_code
        and opportunities.effective_date = company_rates.calendar_date
left join calendar_days
    on opportunities.close_date = calendar_days.calendar_date
left join converting_leads
    on opportunities.opportunity_id = converting_leads.opportunity_id
left join primary_products
    on opportunities.opportunity_id = primary_products.opportunity_id
left join last_activities
    on opportunities.opportunity_id = last_activities.opportunity_id
