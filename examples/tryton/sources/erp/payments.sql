-- The lines of account moves that paid invoices, in the company's currency or in the invoice's.
select
    move_line.id as payment_id,
    invoice.id as invoice_id,
    invoice.party as customer_id,
    move.date as payment_date,
    case
        when move_line.second_currency = invoice.currency then -move_line.amount_second_currency
        else move_line.credit - move_line.debit
    end as payment_amount,
    currency.code as currency_code
from "account_invoice-account_move_line" as paid
inner join account_invoice as invoice on paid.invoice = invoice.id
inner join account_move_line as move_line on paid.line = move_line.id
inner join account_move as move on move_line.move = move.id
inner join currency_currency as currency on invoice.currency = currency.id
where invoice.type = 'out' and invoice.untaxed_amount_cache >= 0
order by move_line.id
