-- One row a sale with triggers or a holdback and day on which something about its payability happens: the shares that
-- are triggered by then, and what the customer has paid of what is invoiced. Only components with such terms have rows.
with terms as (
    select
        rule_set_id,
        plan_id,
        plan_version,
        component_id,
        credit_share_ratio,
        invoice_share_ratio,
        days_share_ratio,
        trigger_days,
        cash_total_code,
        is_cash_read,
        coalesce(earned_at_code = 'invoice', false) as is_earned_by_invoice
    from {{ ref('stg_planning__payable_terms') }}
),

opportunities as (
    select
        opportunity_id,
        deal_amount,
        currency_code
    from {{ ref('stg_crm__opportunities') }}
),

invoices as (
    select
        invoice_id,
        opportunity_id,
        invoice_date,
        net_amount,
        coalesce(tax_amount, 0) as tax_amount,
        currency_code,
        is_held
    from {{ ref('stg_finance__invoices') }}
    where not coalesce(is_void, false)
),

credit_notes as (
    select
        invoice_id,
        credit_note_date,
        net_amount,
        tax_amount,
        is_held or taken_amount is null as is_unknown
    from {{ ref('int_credit_notes_matched') }}
    where matched_by_code is not null
),

payments as (
    select
        invoice_id,
        payment_date,
        payment_amount,
        currency_code,
        is_held
    from {{ ref('stg_finance__payments') }}
),

-- The day of a sale is the day of its own lines: a re-rate is dated by what crossed a bound.
sales as (
    select
        waiting_lines.rule_set_id,
        waiting_lines.plan_id,
        waiting_lines.plan_version,
        waiting_lines.component_id,
        waiting_lines.sale_kind_code,
        waiting_lines.sale_id,
        min(waiting_lines.line_date) as sale_date
    from {{ ref('int_pay_waiting_lines') }} as waiting_lines
    inner join terms
        on
            waiting_lines.rule_set_id = terms.rule_set_id
            and waiting_lines.plan_id = terms.plan_id
            and waiting_lines.plan_version = terms.plan_version
            and waiting_lines.component_id = terms.component_id
    where waiting_lines.is_sale
    group by
        waiting_lines.rule_set_id,
        waiting_lines.plan_id,
        waiting_lines.plan_version,
        waiting_lines.component_id,
        waiting_lines.sale_kind_code,
        waiting_lines.sale_id
),

-- The money of these sales alone: there are many invoices, and mostly few sales that wait for one.
sale_keys as (
    select distinct
        sale_kind_code,
        sale_id
    from sales
),

invoices_of_sales as (
    select
        sale_keys.sale_kind_code,
        sale_keys.sale_id,
        invoices.invoice_id,
        invoices.invoice_date,
        invoices.net_amount,
        invoices.tax_amount,
        invoices.currency_code,
        invoices.is_held
    from sale_keys
    inner join invoices
        on sale_keys.sale_id = invoices.opportunity_id
    where sale_keys.sale_kind_code = 'booking'
    union all
    select
        sale_keys.sale_kind_code,
        sale_keys.sale_id,
        invoices.invoice_id,
        invoices.invoice_date,
        invoices.net_amount,
        invoices.tax_amount,
        invoices.currency_code,
        invoices.is_held
    from sale_keys
    inner join invoices
        on sale_keys.sale_id = invoices.invoice_id
    where sale_keys.sale_kind_code in ('invoice', 'margin')
),

first_invoices as (
    select
        invoices_of_sales.sale_kind_code,
        invoices_of_sales.sale_id,
        min(invoices_of_sales.invoice_date) as first_invoice_date,
        min(invoices_of_sales.currency_code) as invoice_currency_code,
        max(case when opportunities.currency_code = invoices_of_sales.currency_code then opportunities.deal_amount end)
            as deal_amount
    from invoices_of_sales
    left join opportunities
        on invoices_of_sales.sale_kind_code = 'booking' and invoices_of_sales.sale_id = opportunities.opportunity_id
    group by invoices_of_sales.sale_kind_code, invoices_of_sales.sale_id
),

-- Invoices of a sale in two currencies have no total.
money_of_sales as (
    select
        invoices_of_sales.sale_kind_code,
        invoices_of_sales.sale_id,
        invoices_of_sales.invoice_date as trigger_date,
        invoices_of_sales.net_amount as invoiced_net_amount,
        invoices_of_sales.tax_amount as invoiced_tax_amount,
        0 as credited_net_amount,
        0 as credited_tax_amount,
        0 as cash_amount,
        invoices_of_sales.is_held
        or invoices_of_sales.currency_code <> first_invoices.invoice_currency_code as is_unknown
    from invoices_of_sales
    inner join first_invoices
        on
            invoices_of_sales.sale_kind_code = first_invoices.sale_kind_code
            and invoices_of_sales.sale_id = first_invoices.sale_id
    union all
    select
        invoices_of_sales.sale_kind_code,
        invoices_of_sales.sale_id,
        credit_notes.credit_note_date as trigger_date,
        0 as invoiced_net_amount,
        0 as invoiced_tax_amount,
        credit_notes.net_amount as credited_net_amount,
        credit_notes.tax_amount as credited_tax_amount,
        0 as cash_amount,
        credit_notes.is_unknown
    from credit_notes
    inner join invoices_of_sales
        on credit_notes.invoice_id = invoices_of_sales.invoice_id
    union all
    select
        invoices_of_sales.sale_kind_code,
        invoices_of_sales.sale_id,
        payments.payment_date as trigger_date,
        0 as invoiced_net_amount,
        0 as invoiced_tax_amount,
        0 as credited_net_amount,
        0 as credited_tax_amount,
        payments.payment_amount as cash_amount,
        payments.is_held or payments.currency_code <> invoices_of_sales.currency_code as is_unknown
    from payments
    inner join invoices_of_sales
        on payments.invoice_id = invoices_of_sales.invoice_id
),

{%- set sale_columns = [
    'rule_set_id', 'plan_id', 'plan_version', 'component_id', 'sale_kind_code', 'sale_id', 'sale_date',
] %}

sales_with_terms as (
    select
        {%- for column in sale_columns %}
        sales.{{ column }},
        {%- endfor %}
        terms.credit_share_ratio,
        terms.invoice_share_ratio,
        terms.days_share_ratio,
        terms.trigger_days,
        terms.is_cash_read,
        terms.is_earned_by_invoice,
        coalesce(terms.cash_total_code, 'with_tax') = 'with_tax' as is_with_tax,
        first_invoices.first_invoice_date,
        coalesce(first_invoices.deal_amount, 0) as deal_amount
    from sales
    inner join terms
        on
            sales.rule_set_id = terms.rule_set_id
            and sales.plan_id = terms.plan_id
            and sales.plan_version = terms.plan_version
            and sales.component_id = terms.component_id
    left join first_invoices
        on
            sales.sale_kind_code = first_invoices.sale_kind_code
            and sales.sale_id = first_invoices.sale_id
),

changes as (
    {%- for date, share, is_invoiced, condition in [
        ('sale_date', 'credit_share_ratio', 'false', 'true'),
        (add_days('sale_date', 'trigger_days'), 'days_share_ratio', 'false', 'trigger_days is not null'),
        (
            'first_invoice_date', 'invoice_share_ratio', 'true',
            '(invoice_share_ratio > 0 or is_earned_by_invoice) and first_invoice_date is not null',
        ),
    ] %}
    select
        {%- for column in sale_columns %}
        {{ column }},
        {%- endfor %}
        deal_amount,
        {{ date }} as trigger_date,
        {{ share }} as share_ratio,
        {{ is_invoiced }} as is_invoiced,
        cast(0 as {{ amount_type() }}) as invoiced_amount,
        cast(0 as {{ amount_type() }}) as credited_amount,
        cast(0 as {{ amount_type() }}) as cash_amount,
        false as is_unknown
    from sales_with_terms
    where {{ condition }}
    union all
    {%- endfor %}
    select
        {%- for column in sale_columns %}
        sales_with_terms.{{ column }},
        {%- endfor %}
        sales_with_terms.deal_amount,
        money_of_sales.trigger_date,
        cast(0 as {{ ratio_type() }}) as share_ratio,
        false as is_invoiced,
        cast(
            money_of_sales.invoiced_net_amount
            + case when sales_with_terms.is_with_tax then money_of_sales.invoiced_tax_amount else 0 end
            as {{ amount_type() }}
        ) as invoiced_amount,
        cast(
            money_of_sales.credited_net_amount
            + case when sales_with_terms.is_with_tax then money_of_sales.credited_tax_amount else 0 end
            as {{ amount_type() }}
        ) as credited_amount,
        cast(money_of_sales.cash_amount as {{ amount_type() }}) as cash_amount,
        money_of_sales.is_unknown
    from sales_with_terms
    inner join money_of_sales
        on
            sales_with_terms.sale_kind_code = money_of_sales.sale_kind_code
            and sales_with_terms.sale_id = money_of_sales.sale_id
    where sales_with_terms.is_cash_read
),

days_added as (
    select
        {%- for column in sale_columns %}
        {{ column }},
        {%- endfor %}
        deal_amount,
        trigger_date,
        sum(share_ratio) as share_ratio,
        max(case when is_invoiced then 1 else 0 end) as invoiced_count,
        sum(invoiced_amount) as invoiced_amount,
        sum(credited_amount) as credited_amount,
        sum(cash_amount) as cash_amount,
        max(case when is_unknown then 1 else 0 end) as unknown_count
    from changes
    group by
        {%- for column in sale_columns %}
        {{ column }},
        {%- endfor %}
        deal_amount,
        trigger_date
),

days_to_date as (
    select
        {%- for column in sale_columns %}
        {{ column }},
        {%- endfor %}
        deal_amount,
        trigger_date,
    {%- for column in [
        'share_ratio', 'invoiced_count', 'invoiced_amount', 'credited_amount', 'cash_amount', 'unknown_count',
    ] %}
    sum({{ column }}) over (
        partition by rule_set_id, plan_id, plan_version, component_id, sale_kind_code, sale_id
        order by trigger_date
        rows between unbounded preceding and current row
        ) as {{ column }}
    {%- if not loop.last %},{% endif %}
    {%- endfor %}
    from days_added
)

select
    {%- for column in sale_columns %}
    {{ column }},
    {%- endfor %}
    trigger_date,
    cast(share_ratio as {{ ratio_type() }}) as share_ratio,
    invoiced_count > 0 as is_invoiced,
    cast(cash_amount as {{ amount_type() }}) as cash_amount,
    -- A deal that is invoiced in parts is paid when the whole of it is: its total is at least the deal.
    case
        when invoiced_amount > 0
            then cast(greatest(invoiced_amount, deal_amount) - credited_amount as {{ amount_type() }})
        else cast(0 as {{ amount_type() }})
    end as total_amount,
    unknown_count > 0 as is_unknown
from days_to_date
