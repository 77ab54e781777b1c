select
    ResellerKey as customer_id,
    ResellerKey as account_id,
    trim(ResellerName) as customer_name,
    'USD' as currency_code,
    _file,
    _row
from resellers
