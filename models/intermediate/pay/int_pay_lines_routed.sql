-- One row a deal and credit rule that filters by product: what its lines add up to, and what of it lies in lines that
-- the rule takes. No rule that filters by product: no row.
{%- set rule_keys = ['rule_set_id', 'plan_id', 'plan_version', 'component_id', 'rule_number'] %}
with credit_filters as (
    select
        {{ rule_keys | join(',\n        ') }},
        field_code,
        value_text,
        is_excluded
    from {{ ref('stg_planning__credit_filters') }}
    where field_code in ('product_id', 'product_family_name')
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

products as (
    select
        product_id,
        product_family_name
    from {{ ref('stg_crm__products') }}
),

lines_named as (
    select
        opportunity_lines.opportunity_line_id,
        opportunity_lines.opportunity_id,
        opportunity_lines.product_id,
        products.product_family_name,
        opportunity_lines.line_amount,
        products.product_id is null as is_product_unknown,
        coalesce(opportunity_lines.currency_code = opportunities.currency_code, true) as is_same_currency
    from opportunity_lines
    inner join opportunities
        on opportunity_lines.opportunity_id = opportunities.opportunity_id
    left join products
        on opportunity_lines.product_id = products.product_id
),

fields_compared as (
    select
        {%- for key in rule_keys %}
        credit_filters.{{ key }},
        {%- endfor %}
        lines_named.opportunity_line_id,
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
    cross join lines_named
    group by
        {%- for key in rule_keys %}
        credit_filters.{{ key }},
        {%- endfor %}
        lines_named.opportunity_line_id,
        credit_filters.field_code,
        credit_filters.is_excluded
),

lines_compared as (
    select
        {{ rule_keys | join(',\n        ') }},
        opportunity_line_id,
        min(case when (is_listed = 1) <> is_excluded then 1 else 0 end) as is_taken
    from fields_compared
    group by
        {{ rule_keys | join(',\n        ') }},
        opportunity_line_id
)

select
    {%- for key in rule_keys %}
    lines_compared.{{ key }},
    {%- endfor %}
    lines_named.opportunity_id,
    max(lines_compared.is_taken) = 1 as has_taken_lines,
    cast(sum(case when lines_compared.is_taken = 1 then lines_named.line_amount else 0 end) as {{ pay_type() }})
        as taken_amount,
    -- NULL where an amount or a currency is not known: such lines add up to nothing certain.
    case
        when count(*) = count(case when lines_named.is_same_currency then lines_named.line_amount end)
            then cast(sum(lines_named.line_amount) as {{ pay_type() }})
    end as lines_amount,
    min(case when lines_named.is_product_unknown then coalesce(lines_named.product_id, 'without an id') end)
        as unknown_product_id
from lines_compared
inner join lines_named
    on lines_compared.opportunity_line_id = lines_named.opportunity_line_id
group by
    {%- for key in rule_keys %}
    lines_compared.{{ key }},
    {%- endfor %}
    lines_named.opportunity_id
