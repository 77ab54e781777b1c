select
    product as product_id,
    product as product_name,
    series as product_family_name,
    sales_price as list_price_amount,
    'USD' as currency_code,
    'true' as is_active,
    _file,
    _row
from products
