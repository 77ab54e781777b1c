-- An order counts as an invoice of its day; its lines are the rows of the file. An order has one salesperson, one
-- reseller and one date, which grouping by them holds: a second one would repeat the key and be quarantined.
select
    SalesOrderNumber as invoice_id,
    ResellerKey as customer_id,
    EmployeeKey as salesperson_user_id,
    OrderDate as invoice_date,
    cast(sum(cast(SalesAmount as decimal(18, 4))) as varchar) as net_amount,
    'USD' as currency_code,
    'false' as is_void,
    min(_file) as _file,
    min(_row) as _row
from orders
group by SalesOrderNumber, ResellerKey, EmployeeKey, OrderDate
