-- The pipeline says GTXPro where the list of products says GTX Pro; without this 1,480 deals lose their product.
select
    opportunity_id as opportunity_line_id,
    opportunity_id,
    case product when 'GTXPro' then 'GTX Pro' else product end as product_id,
    case when deal_stage = 'Won' then close_value end as line_amount,
    case when deal_stage = 'Won' then 'USD' end as currency_code,
    _file,
    _row
from sales_pipeline
