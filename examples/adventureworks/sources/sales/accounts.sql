select
    ResellerKey as account_id,
    trim(ResellerName) as account_name,
    case BusinessType when 'Ware House' then 'Warehouse' else BusinessType end as industry_name,
    case Country_Region
        when 'United States' then 'US'
        when 'Canada' then 'CA'
        when 'France' then 'FR'
        when 'Germany' then 'DE'
        when 'Australia' then 'AU'
        when 'United Kingdom' then 'GB'
    end as country_code,
    _file,
    _row
from resellers
