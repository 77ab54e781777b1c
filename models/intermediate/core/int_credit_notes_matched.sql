-- One row a credit note and invoice that it reduces, and one for what of a note reduces none. A note that names its
-- invoice reduces that one and no other. One that names none finds its invoices by the key that the company declares:
-- the newest first, up to its own day, of each what other notes leave of it. Who names an invoice goes first, whatever
-- the day.
with settings as (
    select coalesce(credit_note_key_code, 'none') as credit_note_key_code
    from {{ ref('stg_planning__company_settings') }}
),

{%- set note_columns = [
    'credit_note_id', 'credit_note_date', 'net_amount', 'tax_amount', 'currency_code', 'is_held',
] %}

credit_notes as (
    select
        credit_note_id,
        invoice_id,
        customer_id,
        credit_note_date,
        net_amount,
        coalesce(tax_amount, 0) as tax_amount,
        currency_code,
        is_held
    from {{ ref('stg_finance__credit_notes') }}
),

invoices as (
    select
        invoice_id,
        customer_id,
        invoice_date,
        net_amount,
        currency_code,
        coalesce(is_void, false) as is_void,
        is_held
    from {{ ref('stg_finance__invoices') }}
),

notes_to_match as (
    select
        credit_notes.customer_id,
        settings.credit_note_key_code,
        {%- for column in note_columns %}
        credit_notes.{{ column }}{% if not loop.last %},{% endif %}
        {%- endfor %}
    from credit_notes
    inner join settings
        on settings.credit_note_key_code <> 'none'
    where
        credit_notes.invoice_id is null
        and credit_notes.customer_id is not null
        and credit_notes.net_amount > 0
),

customers_to_match as (
    select distinct
        customer_id,
        currency_code,
        credit_note_key_code
    from notes_to_match
),

-- What the notes that name an invoice leave of it. Of a note in another currency nobody knows what it takes.
invoices_left as (
    select
        invoices.invoice_id,
        invoices.customer_id,
        invoices.currency_code,
        invoices.invoice_date,
        customers_to_match.credit_note_key_code,
        invoices.net_amount - coalesce(
            sum(case when credit_notes.currency_code = invoices.currency_code then credit_notes.net_amount end), 0
        ) as left_amount,
        max(case when invoices.is_held or credit_notes.is_held then 1 else 0 end) as held_count,
        max(case when credit_notes.currency_code <> invoices.currency_code then 1 else 0 end) as unknown_count
    from invoices
    inner join customers_to_match
        on
            invoices.customer_id = customers_to_match.customer_id
            and invoices.currency_code = customers_to_match.currency_code
    left join credit_notes
        on invoices.invoice_id = credit_notes.invoice_id
    where not invoices.is_void
    group by
        invoices.invoice_id,
        invoices.customer_id,
        invoices.currency_code,
        invoices.invoice_date,
        customers_to_match.credit_note_key_code,
        invoices.net_amount
),

-- Newest first is a pile: an invoice is laid on top with what is left of it, a note takes off from the top.
moves as (
    select
        customer_id,
        currency_code,
        case when credit_note_key_code = 'customer_amount' then left_amount else 0 end as key_amount,
        invoice_date as move_date,
        0 as kind_order,
        invoice_id as move_id,
        left_amount as move_amount,
        held_count,
        unknown_count
    from invoices_left
    where left_amount > 0
    union all
    select
        customer_id,
        currency_code,
        case when credit_note_key_code = 'customer_amount' then net_amount else 0 end as key_amount,
        credit_note_date as move_date,
        1 as kind_order,
        credit_note_id as move_id,
        -net_amount as move_amount,
        case when is_held then 1 else 0 end as held_count,
        0 as unknown_count
    from notes_to_match
),

moves_added as (
    select
        customer_id,
        currency_code,
        key_amount,
        kind_order,
        move_id,
        row_number() over moves_to_date as move_number,
        sum(move_amount) over moves_to_date as running_amount,
        -- Behind an unknown amount nobody knows what lies on top, whatever the key.
        max(held_count) over customers_to_date = 1 as is_held,
        max(unknown_count) over customers_to_date = 1 as is_unknown
    from moves
    window
        customers_to_date as (
            partition by customer_id, currency_code
            order by move_date, kind_order, move_id
            rows between unbounded preceding and current row
        ),
        moves_to_date as (
            partition by customer_id, currency_code, key_amount
            order by move_date, kind_order, move_id
            rows between unbounded preceding and current row
        )
),

-- A pile is never lower than nothing: a note that finds nothing takes nothing.
piles as (
    select
        customer_id,
        currency_code,
        key_amount,
        kind_order,
        move_id,
        move_number,
        is_held,
        is_unknown,
        running_amount - least(min(running_amount) over moves_to_date, 0) as height_amount
    from moves_added
    window
        moves_to_date as (
            partition by customer_id, currency_code, key_amount
            order by move_number
            rows between unbounded preceding and current row
        )
),

layers as (
    select
        customer_id,
        currency_code,
        key_amount,
        kind_order,
        move_id,
        move_number,
        is_held,
        is_unknown,
        height_amount,
        coalesce(
            lag(height_amount) over (partition by customer_id, currency_code, key_amount order by move_number), 0
        ) as before_amount
    from piles
),

-- Notes that reach into the layer of an invoice, and what earlier ones have left of that layer.
layers_met as (
    select
        notes.move_id as credit_note_id,
        invoices_laid.move_id as invoice_id,
        notes.is_held,
        notes.is_unknown,
        notes.before_amount as note_top_amount,
        greatest(notes.height_amount, invoices_laid.before_amount) as to_amount,
        least(
            invoices_laid.height_amount,
            coalesce(
                min(notes.height_amount) over (
                    partition by invoices_laid.move_id
                    order by notes.move_number
                    rows between unbounded preceding and 1 preceding
                ),
                invoices_laid.height_amount
            )
        ) as from_amount
    from layers as invoices_laid
    inner join layers as notes
        on
            invoices_laid.customer_id = notes.customer_id
            and invoices_laid.currency_code = notes.currency_code
            and invoices_laid.key_amount = notes.key_amount
            and invoices_laid.move_number < notes.move_number
            and invoices_laid.before_amount < notes.before_amount
            and invoices_laid.height_amount > notes.height_amount
    where
        invoices_laid.kind_order = 0
        and notes.kind_order = 1
),

notes_matched as (
    {%- set taken_before = '(layers_met.note_top_amount - layers_met.from_amount)' %}
    {%- set taken_after = '(layers_met.note_top_amount - layers_met.to_amount)' %}
    select
        notes_to_match.credit_note_id,
        layers_met.invoice_id,
        notes_to_match.customer_id,
        notes_to_match.credit_note_date,
        notes_to_match.net_amount as note_net_amount,
        layers_met.from_amount - layers_met.to_amount as net_amount,
        -- Its tax goes with it in proportion, and the last part takes the rest.
        round({{ part_reversed('notes_to_match.tax_amount', taken_after, 'notes_to_match.net_amount') }}, 4)
        - round({{ part_reversed('notes_to_match.tax_amount', taken_before, 'notes_to_match.net_amount') }}, 4)
            as tax_amount,
        notes_to_match.currency_code,
        layers_met.is_held,
        layers_met.is_unknown,
        notes_to_match.credit_note_key_code
    from layers_met
    inner join notes_to_match
        on layers_met.credit_note_id = notes_to_match.credit_note_id
    where layers_met.from_amount > layers_met.to_amount
),

notes_used as (
    select
        credit_note_id,
        sum(net_amount) as net_amount,
        sum(tax_amount) as tax_amount
    from notes_matched
    group by credit_note_id
),

parts as (
    select
        credit_notes.credit_note_id as credit_note_part_id,
        credit_notes.credit_note_id,
        credit_notes.invoice_id,
        credit_notes.customer_id,
        credit_notes.credit_note_date,
        credit_notes.net_amount as note_net_amount,
        credit_notes.net_amount - coalesce(notes_used.net_amount, 0) as net_amount,
        credit_notes.tax_amount - coalesce(notes_used.tax_amount, 0) as tax_amount,
        credit_notes.currency_code,
        credit_notes.is_held,
        false as is_unknown,
        'invoice' as matched_by_code
    from credit_notes
    left join notes_used
        on credit_notes.credit_note_id = notes_used.credit_note_id
    where
        notes_used.credit_note_id is null
        or credit_notes.net_amount > notes_used.net_amount
    union all
    select
        credit_note_id || '/' || invoice_id as credit_note_part_id,
        credit_note_id,
        invoice_id,
        customer_id,
        credit_note_date,
        note_net_amount,
        net_amount,
        tax_amount,
        currency_code,
        is_held,
        is_unknown,
        credit_note_key_code as matched_by_code
    from notes_matched
),

-- In another currency than its invoice a credit note cannot be set against it: what it takes is unknown.
parts_taken as (
    select
        parts.credit_note_part_id,
        parts.credit_note_id,
        parts.invoice_id,
        parts.credit_note_date,
        case when invoices.invoice_id is not null then parts.matched_by_code end as matched_by_code,
        case
            when invoices.invoice_id is not null then null
            when
                settings.credit_note_key_code <> 'none'
                and parts.invoice_id is null
                and parts.customer_id is not null
                and parts.net_amount > 0
                then 'nothing_left'
            else 'no_invoice'
        end as unmatched_code,
        parts.note_net_amount,
        cast(parts.net_amount as {{ amount_type() }}) as net_amount,
        cast(parts.tax_amount as {{ amount_type() }}) as tax_amount,
        parts.currency_code,
        cast(
            case
                when parts.currency_code = invoices.currency_code and not parts.is_unknown then parts.net_amount
            end
            as {{ amount_type() }}
        ) as taken_amount,
        parts.is_held
    from parts
    left join settings
        on 1 = 1
    left join invoices
        on parts.invoice_id = invoices.invoice_id
)

select
    {%- for column in [
        'credit_note_part_id', 'credit_note_id', 'invoice_id', 'credit_note_date', 'matched_by_code', 'unmatched_code',
        'note_net_amount', 'net_amount', 'tax_amount', 'currency_code', 'taken_amount',
    ] %}
    {{ column }},
    {%- endfor %}
    cast(sum(taken_amount) over notes_to_date as {{ amount_type() }}) as taken_to_date_amount,
    count(*) over notes_to_date = count(taken_amount) over notes_to_date as is_known_to_date,
    is_held
from parts_taken
window
    notes_to_date as (
        partition by invoice_id
        order by credit_note_date, credit_note_part_id
        rows between unbounded preceding and current row
    )
