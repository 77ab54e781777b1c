with settings as (
    select
        company_currency_code,
        has_product_currency
    from {{ ref('int_settings_dated') }}
),

products as (
    select
        product_id,
        product_name,
        product_family_name,
        list_price_amount,
        unit_cost_amount,
        currency_code,
        is_active
    from {{ ref('stg_crm__products') }}
)

select
    products.product_id,
    products.product_name,
    products.product_family_name,
    products.list_price_amount,
    products.unit_cost_amount,
    case
        when settings.has_product_currency then products.currency_code
        else settings.company_currency_code
    end as currency_code,
    products.is_active
from products
cross join settings
