-- One row a payee, component and sale whose contract was cancelled within the window of a clawback: the day, and the
-- share that is taken back as a quotient. Rows for components with a clawback alone.
with runs as (
    select as_of_date
    from {{ source('landing', 'run') }}
),

terms as (
    select
        rule_set_id,
        plan_id,
        plan_version,
        component_id,
        clawback_from_code,
        clawback_days,
        clawback_amount_code,
        clawback_ratio,
        rounding_method_code
    from {{ ref('stg_planning__payable_terms') }}
    where clawback_days is not null
),

-- A deal with several contracts does not say which part of it was cancelled.
deals_cancelled as (
    select
        opportunity_id,
        min(cancelled_date) as cancelled_date,
        max(start_date) as start_date,
        max(end_date) as end_date,
        count(*) > 1 or max(case when is_held then 1 else 0 end) = 1 as is_unknown
    from {{ ref('stg_finance__contracts') }}
    where opportunity_id is not null
    group by opportunity_id
    having min(cancelled_date) is not null
),

invoices as (
    select
        invoice_id,
        opportunity_id,
        invoice_date,
        is_held
    from {{ ref('stg_finance__invoices') }}
    where not coalesce(is_void, false)
),

payments as (
    select
        invoice_id,
        min(payment_date) as payment_date,
        max(case when is_held then 1 else 0 end) = 1 as is_held
    from {{ ref('stg_finance__payments') }}
    group by invoice_id
),

days as (
    select
        rule_set_id,
        calendar_id,
        calendar_day,
        month_period_id,
        quarter_period_id,
        half_period_id,
        year_period_id
    from {{ ref('int_pay_days') }}
),

trigger_days as (
    select
        rule_set_id,
        plan_id,
        plan_version,
        component_id,
        sale_kind_code,
        sale_id,
        trigger_date,
        cash_amount,
        total_amount,
        is_unknown
    from {{ ref('int_pay_trigger_days') }}
),

waiting_lines as (
    select
        lines.rule_set_id,
        lines.line_id,
        lines.payee_id,
        lines.plan_id,
        lines.plan_version,
        lines.component_id,
        lines.calendar_id,
        lines.pay_period_kind_code,
        lines.currency_code,
        lines.sale_kind_code,
        lines.sale_id,
        lines.line_date,
        lines.minor_unit_digits,
        terms.clawback_from_code,
        terms.clawback_days,
        terms.clawback_amount_code,
        terms.clawback_ratio,
        terms.rounding_method_code
    from {{ ref('int_pay_waiting_lines') }} as lines
    inner join terms
        on
            lines.rule_set_id = terms.rule_set_id
            and lines.plan_id = terms.plan_id
            and lines.plan_version = terms.plan_version
            and lines.component_id = terms.component_id
    where lines.is_sale
),

{%- set sale_columns = [
    'rule_set_id', 'payee_id', 'plan_id', 'plan_version', 'component_id', 'calendar_id', 'pay_period_kind_code',
    'currency_code', 'sale_kind_code', 'sale_id', 'minor_unit_digits', 'clawback_from_code', 'clawback_days',
    'clawback_amount_code', 'clawback_ratio', 'rounding_method_code',
] %}

sales as (
    select
        {{ sale_columns | join(',\n        ') }},
        min(line_date) as sale_date,
        min(line_id) as sale_line_id
    from waiting_lines
    group by {{ sale_columns | join(', ') }}
),

sales_cancelled as (
    select
        {%- for column in sale_columns %}
        sales.{{ column }},
        {%- endfor %}
        sales.sale_date,
        sales.sale_line_id,
        deals_cancelled.cancelled_date,
        deals_cancelled.start_date,
        deals_cancelled.end_date,
        deals_cancelled.is_unknown,
        greatest(deals_cancelled.cancelled_date, sales.sale_date) as clawback_date
    from sales
    left join invoices
        on sales.sale_kind_code = 'invoice' and sales.sale_id = invoices.invoice_id
    inner join deals_cancelled
        on
            case when sales.sale_kind_code = 'booking' then sales.sale_id else invoices.opportunity_id end
            = deals_cancelled.opportunity_id
),

-- The first invoice and the first payment of each, from which windows may count.
sales_begun as (
    select
        sales_cancelled.rule_set_id,
        sales_cancelled.sale_line_id,
        min(invoices.invoice_date) as first_invoice_date,
        min(payments.payment_date) as first_payment_date,
        max(case when invoices.is_held or payments.is_held then 1 else 0 end) = 1 as is_unknown
    from sales_cancelled
    inner join invoices
        on
            (sales_cancelled.sale_kind_code = 'booking' and sales_cancelled.sale_id = invoices.opportunity_id)
            or (sales_cancelled.sale_kind_code = 'invoice' and sales_cancelled.sale_id = invoices.invoice_id)
    left join payments
        on invoices.invoice_id = payments.invoice_id
    group by sales_cancelled.rule_set_id, sales_cancelled.sale_line_id
),

-- What the customer had paid by the day of the cancellation.
sales_paid as (
    select
        sales_cancelled.rule_set_id,
        sales_cancelled.sale_line_id,
        {{ value_of_greatest('trigger_days.cash_amount', 'trigger_days.trigger_date', 'trigger_days.trigger_date') }}
            as cash_amount,
        {{ value_of_greatest('trigger_days.total_amount', 'trigger_days.trigger_date', 'trigger_days.trigger_date') }}
            as total_amount,
        max(case when trigger_days.is_unknown then 1 else 0 end) = 1 as is_unknown
    from sales_cancelled
    inner join trigger_days
        on
            sales_cancelled.rule_set_id = trigger_days.rule_set_id
            and sales_cancelled.plan_id = trigger_days.plan_id
            and sales_cancelled.plan_version = trigger_days.plan_version
            and sales_cancelled.component_id = trigger_days.component_id
            and sales_cancelled.sale_kind_code = trigger_days.sale_kind_code
            and sales_cancelled.sale_id = trigger_days.sale_id
            and sales_cancelled.clawback_date >= trigger_days.trigger_date
    where sales_cancelled.clawback_amount_code = 'unpaid_cash'
    group by sales_cancelled.rule_set_id, sales_cancelled.sale_line_id
)

-- Before its first day a window has not begun, and what is cancelled is inside.
select
    {%- for column in sale_columns %}
    sales_cancelled.{{ column }},
    {%- endfor %}
    sales_cancelled.sale_line_id,
    sales_cancelled.clawback_date,
    case
        {%- for kind in ['month', 'quarter', 'half', 'year'] %}
        when sales_cancelled.pay_period_kind_code = '{{ kind }}' then days.{{ kind }}_period_id
        {%- endfor %}
    end as period_id,
    sales_cancelled.is_unknown
    or (sales_cancelled.clawback_from_code <> 'credit' and coalesce(sales_begun.is_unknown, false))
    or coalesce(sales_paid.is_unknown, false)
    or (
        sales_cancelled.clawback_amount_code = 'unserved_term'
        and sales_cancelled.end_date < sales_cancelled.start_date
    ) as is_unknown,
    cast(case sales_cancelled.clawback_amount_code
        when 'ratio' then sales_cancelled.clawback_ratio
        when 'unserved_term'
            then least(
                    greatest({{ days_between('sales_cancelled.cancelled_date', 'sales_cancelled.end_date') }}, 0),
                    {{ days_between('sales_cancelled.start_date', 'sales_cancelled.end_date') }} + 1
                )
        when 'unpaid_cash'
            then
                case
                    when sales_paid.total_amount > 0
                        then
                            sales_paid.total_amount
                            - least(greatest(sales_paid.cash_amount, 0), sales_paid.total_amount)
                    else 1
                end
        else 1
    end as {{ pay_type() }}) as share_numerator,
    cast(case sales_cancelled.clawback_amount_code
        when 'unserved_term'
            then {{ days_between('sales_cancelled.start_date', 'sales_cancelled.end_date') }} + 1
        when 'unpaid_cash'
            then case when sales_paid.total_amount > 0 then sales_paid.total_amount else 1 end
        else 1
    end as {{ pay_type() }}) as share_denominator
from sales_cancelled
cross join runs
inner join days
    on
        sales_cancelled.rule_set_id = days.rule_set_id
        and sales_cancelled.calendar_id = days.calendar_id
        and sales_cancelled.clawback_date = days.calendar_day
left join sales_begun
    on
        sales_cancelled.rule_set_id = sales_begun.rule_set_id
        and sales_cancelled.sale_line_id = sales_begun.sale_line_id
left join sales_paid
    on
        sales_cancelled.rule_set_id = sales_paid.rule_set_id
        and sales_cancelled.sale_line_id = sales_paid.sale_line_id
where
    sales_cancelled.clawback_date <= runs.as_of_date
    and sales_cancelled.cancelled_date <= coalesce(
        {{ add_days(
            "case sales_cancelled.clawback_from_code when 'invoice' then sales_begun.first_invoice_date"
            ~ " when 'payment' then sales_begun.first_payment_date else sales_cancelled.sale_date end",
            'sales_cancelled.clawback_days'
        ) }},
        {{ far_future_date() }}
    )
