with settings as (
    select cross_sell_days
    from {{ ref('int_settings_dated') }}
),

bookings as (
    select
        opportunity_id,
        account_id
    from {{ ref('fct_bookings') }}
    where account_id is not null
),

lines as (
    select
        opportunity_id,
        product_id
    from {{ ref('stg_crm__opportunity_lines') }}
),

products as (
    select
        product_id,
        coalesce(product_name, product_id) as product_name,
        coalesce(is_active, true) as is_active
    from {{ ref('dim_products') }}
),

-- Nothing is counted where the rule that names a product is off.
bought as (
    select distinct
        bookings.account_id,
        lines.product_id
    from bookings
    inner join settings
        on settings.cross_sell_days is not null
    inner join lines
        on bookings.opportunity_id = lines.opportunity_id
    where lines.product_id is not null
),

bought_together as (
    select
        bought.product_id,
        others.product_id as other_product_id,
        count(*) as account_count
    from bought
    inner join bought as others
        on
            bought.account_id = others.account_id
            and bought.product_id <> others.product_id
    group by
        bought.product_id,
        others.product_id
),

-- One customer who bought both is a coincidence.
suggestions as (
    select
        bought.account_id,
        bought.product_id as bought_product_id,
        products.product_id,
        products.product_name,
        bought_together.account_count,
        row_number() over (
            partition by bought.account_id
            order by bought_together.account_count desc, products.product_id asc, bought.product_id asc
        ) as suggestion_number
    from bought
    inner join bought_together
        on bought.product_id = bought_together.product_id
    inner join products
        on bought_together.other_product_id = products.product_id
    left join bought as owned
        on
            bought.account_id = owned.account_id
            and bought_together.other_product_id = owned.product_id
    where
        owned.product_id is null
        and products.is_active
        and bought_together.account_count >= 2
)

select
    suggestions.account_id,
    suggestions.product_id,
    suggestions.product_name,
    coalesce(products.product_name, suggestions.bought_product_id) as bought_product_name,
    suggestions.account_count
from suggestions
left join products
    on suggestions.bought_product_id = products.product_id
where suggestions.suggestion_number = 1
