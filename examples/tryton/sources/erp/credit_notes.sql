-- Invoices below zero. Their lines say which invoice they reduce.
select
    note.id as credit_note_id,
    reduced.invoice as invoice_id,
    note.party as customer_id,
    note.invoice_date as credit_note_date,
    -note.untaxed_amount_cache as net_amount,
    -note.tax_amount_cache as tax_amount,
    currency.code as currency_code
from account_invoice as note
inner join currency_currency as currency on note.currency = currency.id
left join (
    select
        line.invoice as note,
        min(origin.invoice) as invoice
    from account_invoice_line as line
    inner join account_invoice_line as origin on line.origin = 'account.invoice.line,' || origin.id
    group by line.invoice
    having count(distinct origin.invoice) = 1
) as reduced on note.id = reduced.note
where note.type = 'out' and note.state in ('posted', 'paid') and note.untaxed_amount_cache < 0
order by note.id
