select
    opportunity.id as opportunity_id,
    opportunity.party as account_id,
    coalesce(nullif(opportunity.description, ''), opportunity.number) as opportunity_name,
    'employee-' || opportunity.employee as owner_user_id,
    opportunity.state as stage_name,
    opportunity.amount as deal_amount,
    currency.code as currency_code,
    opportunity.create_date as created_at,
    -- Tryton sets no day on which a deal is expected; it writes the day on which one ended.
    opportunity.end_date as close_date,
    opportunity.lost_reason as lost_reason_name
from sale_opportunity as opportunity
inner join currency_currency as currency on opportunity.currency = currency.id
order by opportunity.id
