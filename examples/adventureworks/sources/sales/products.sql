select
    ProductKey as product_id,
    Product as product_name,
    Subcategory as product_family_name,
    StandardCost as unit_cost_amount,
    'USD' as currency_code,
    _file,
    _row
from products
