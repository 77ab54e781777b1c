-- Invoices of customers that were posted. Those that reduce others are credit notes.
select
    invoice.id as invoice_id,
    invoice.party as customer_id,
    'agent-' || invoice.agent as salesperson_user_id,
    invoice.invoice_date,
    invoice.untaxed_amount_cache as net_amount,
    invoice.tax_amount_cache as tax_amount,
    currency.code as currency_code
from account_invoice as invoice
inner join currency_currency as currency on invoice.currency = currency.id
where invoice.type = 'out' and invoice.state in ('posted', 'paid') and invoice.untaxed_amount_cache >= 0
order by invoice.id
