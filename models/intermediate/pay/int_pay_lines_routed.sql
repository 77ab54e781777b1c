-- One row a sale (a deal, or an invoice) and credit rule that filters by product: what its lines add up to, and what of
-- it lies in lines that the rule takes. No rule that filters by product: no row.
{%- set rule_keys = ['rule_set_id', 'plan_id', 'plan_version', 'component_id', 'rule_number'] %}
with components as (
    select
        {{ rule_keys[:4] | join(',\n        ') }},
        event_kind_code
    from {{ ref('stg_planning__components') }}
),

credit_filters as (
    select
        {%- for key in rule_keys %}
        filters.{{ key }},
        {%- endfor %}
        components.event_kind_code as credited_kind_code,
        filters.field_code,
        filters.value_text,
        filters.is_excluded
    from {{ ref('stg_planning__credit_filters') }} as filters
    inner join components
        on
            {{ same_keys('filters', 'components', rule_keys[:4]) }}
    where filters.field_code in ('product_id', 'product_family_name')
),

opportunities as (
    select
        opportunity_id,
        deal_amount,
        currency_code
    from {{ ref('stg_crm__opportunities') }}
),

opportunity_lines as (
    select
        opportunity_line_id,
        opportunity_id,
        product_id,
        line_amount,
        currency_code
    from {{ ref('stg_crm__opportunity_lines') }}
),

invoice_lines as (
    select
        invoice_line_id,
        invoice_id,
        product_id,
        line_amount,
        is_held
    from {{ ref('stg_finance__invoice_lines') }}
),

products as (
    select
        product_id,
        product_family_name
    from {{ ref('stg_crm__products') }}
),

-- An amount in another currency than the sale's, or of a line that is held, adds up to nothing certain.
sale_lines as (
    select
        'booking' as credited_kind_code,
        opportunity_lines.opportunity_id as sale_id,
        opportunity_lines.opportunity_line_id as line_id,
        opportunity_lines.product_id,
        case
            when coalesce(opportunity_lines.currency_code = opportunities.currency_code, true)
                then opportunity_lines.line_amount
        end as line_amount
    from opportunity_lines
    inner join opportunities
        on opportunity_lines.opportunity_id = opportunities.opportunity_id
    union all
    select
        'invoice' as credited_kind_code,
        invoice_id as sale_id,
        invoice_line_id as line_id,
        product_id,
        case when not is_held then line_amount end as line_amount
    from invoice_lines
),

lines_named as (
    select
        sale_lines.credited_kind_code,
        sale_lines.sale_id,
        sale_lines.line_id,
        sale_lines.product_id,
        products.product_family_name,
        sale_lines.line_amount,
        products.product_id is null as is_product_unknown
    from sale_lines
    left join products
        on sale_lines.product_id = products.product_id
),

fields_compared as (
    select
        {%- for key in rule_keys %}
        credit_filters.{{ key }},
        {%- endfor %}
        credit_filters.credited_kind_code,
        lines_named.line_id,
        credit_filters.field_code,
        credit_filters.is_excluded,
        max(case
            when credit_filters.field_code = 'product_id' and lines_named.product_id = credit_filters.value_text then 1
            when
                credit_filters.field_code = 'product_family_name'
                and lines_named.product_family_name = credit_filters.value_text
                then 1
            else 0
        end) as is_listed
    from credit_filters
    inner join lines_named
        on credit_filters.credited_kind_code = lines_named.credited_kind_code
    group by
        {%- for key in rule_keys %}
        credit_filters.{{ key }},
        {%- endfor %}
        credit_filters.credited_kind_code,
        lines_named.line_id,
        credit_filters.field_code,
        credit_filters.is_excluded
),

lines_compared as (
    select
        {{ rule_keys | join(',\n        ') }},
        credited_kind_code,
        line_id,
        min(case when (is_listed = 1) <> is_excluded then 1 else 0 end) as is_taken
    from fields_compared
    group by
        {{ rule_keys | join(',\n        ') }},
        credited_kind_code,
        line_id
)

select
    {%- for key in rule_keys %}
    lines_compared.{{ key }},
    {%- endfor %}
    lines_compared.credited_kind_code,
    lines_named.sale_id,
    max(lines_compared.is_taken) = 1 as has_taken_lines,
    cast(sum(case when lines_compared.is_taken = 1 then lines_named.line_amount else 0 end) as {{ pay_type() }})
        as taken_amount,
    -- NULL where an amount is not known.
    case
        when count(*) = count(lines_named.line_amount)
            then cast(sum(lines_named.line_amount) as {{ pay_type() }})
    end as lines_amount,
    min(case when lines_named.is_product_unknown then coalesce(lines_named.product_id, 'without an id') end)
        as unknown_product_id
from lines_compared
inner join lines_named
    on
        lines_compared.credited_kind_code = lines_named.credited_kind_code
        and lines_compared.line_id = lines_named.line_id
group by
    {%- for key in rule_keys %}
    lines_compared.{{ key }},
    {%- endfor %}
    lines_compared.credited_kind_code,
    lines_named.sale_id
