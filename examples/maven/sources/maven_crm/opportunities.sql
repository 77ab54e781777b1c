-- Lost deals carry the value 0 and open ones none: neither is the value of the deal, so both are absent here.
select
    opportunity_id,
    account as account_id,
    opportunity_id as opportunity_name,
    sales_agent as owner_user_id,
    deal_stage as stage_name,
    case when deal_stage = 'Won' then close_value end as deal_amount,
    case when deal_stage = 'Won' then 'USD' end as currency_code,
    engage_date as created_at,
    close_date,
    _file,
    _row
from sales_pipeline
