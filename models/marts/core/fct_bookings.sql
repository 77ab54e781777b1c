with opportunities as (
    select
        opportunity_id,
        account_id,
        opportunity_kind_code,
        owner_payee_id,
        team_id,
        region_id,
        close_date,
        period_id,
        deal_amount,
        currency_code,
        deal_company_amount,
        company_currency_code
    from {{ ref('fct_opportunities') }}
    where is_won
),

-- Only deals of a known account compete: row_number over unknown accounts would call one of them the first.
opportunities_ranked as (
    select
        opportunity_id,
        account_id,
        opportunity_kind_code,
        owner_payee_id,
        team_id,
        region_id,
        close_date,
        period_id,
        deal_amount,
        currency_code,
        deal_company_amount,
        company_currency_code,
        account_id is not null
        and row_number() over (partition by account_id order by close_date nulls last, opportunity_id) = 1
            as is_new_account
    from opportunities
)

select
    opportunity_id as booking_id,
    opportunity_id,
    account_id,
    owner_payee_id as payee_id,
    team_id,
    region_id,
    close_date as booking_date,
    period_id,
    coalesce(
        opportunity_kind_code,
        case
            when is_new_account then 'new'
            when account_id is not null then 'expansion'
        end
    ) as booking_kind_code,
    deal_amount as booking_amount,
    currency_code,
    deal_company_amount as booking_company_amount,
    company_currency_code,
    is_new_account
from opportunities_ranked
