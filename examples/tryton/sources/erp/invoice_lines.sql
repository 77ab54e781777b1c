-- A line's amount is computed by Tryton as quantity times price, rounded to the currency.
select
    line.id as invoice_line_id,
    line.invoice as invoice_id,
    line.product as product_id,
    line.quantity::numeric as quantity,
    round(line.quantity::numeric * line.unit_price, currency.digits) as line_amount
from account_invoice_line as line
inner join account_invoice as invoice on line.invoice = invoice.id
inner join currency_currency as currency on invoice.currency = currency.id
where
    line.type = 'line' and invoice.type = 'out' and invoice.state in ('posted', 'paid')
    and invoice.untaxed_amount_cache >= 0
order by line.id
