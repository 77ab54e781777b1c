{{ config(severity='error', meta={
    'reason': 'A credit note that takes more than it says, or more than is left, takes pay back that was earned.',
    'protects': ['fct_invoices', 'fct_credits', 'fct_uncredited_events', 'fct_payouts'],
}) }}
-- Credit notes whose parts, matched and not, differ from them; and invoices that are matched to more than is left.
with credit_notes as (
    select
        credit_note_id,
        net_amount,
        coalesce(tax_amount, 0) as tax_amount
    from {{ ref('stg_finance__credit_notes') }}
),

invoices as (
    select
        invoice_id,
        net_amount
    from {{ ref('stg_finance__invoices') }}
),

parts as (
    select
        credit_note_id,
        invoice_id,
        matched_by_code,
        net_amount,
        tax_amount,
        taken_amount
    from {{ ref('int_credit_notes_matched') }}
),

parts_added as (
    select
        credit_note_id,
        sum(net_amount) as net_amount,
        sum(tax_amount) as tax_amount,
        min(net_amount) as least_amount
    from parts
    group by credit_note_id
),

invoices_taken as (
    select
        invoice_id,
        sum(taken_amount) as taken_amount
    from parts
    group by invoice_id
    having max(case when matched_by_code <> 'invoice' and taken_amount is not null then 1 else 0 end) = 1
)

select
    credit_notes.credit_note_id as record_id,
    'credit_note' as record_kind_code
from credit_notes
left join parts_added
    on credit_notes.credit_note_id = parts_added.credit_note_id
where
    parts_added.credit_note_id is null
    or credit_notes.net_amount <> parts_added.net_amount
    or credit_notes.tax_amount <> parts_added.tax_amount
    or parts_added.least_amount < least(credit_notes.net_amount, 0)
union all
select
    invoices.invoice_id as record_id,
    'invoice' as record_kind_code
from invoices
inner join invoices_taken
    on invoices.invoice_id = invoices_taken.invoice_id
where invoices_taken.taken_amount > invoices.net_amount
