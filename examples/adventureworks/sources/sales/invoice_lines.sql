-- TotalProductCost is absent on 76 rows; the cost of those is unknown, not nothing.
select
    SalesOrderNumber || '-' || ProductKey as invoice_line_id,
    SalesOrderNumber as invoice_id,
    ProductKey as product_id,
    OrderQuantity as quantity,
    SalesAmount as line_amount,
    TotalProductCost as cost_amount,
    _file,
    _row
from orders
