select
    product.id as product_id,
    template.name as product_name,
    product.active and template.active as is_active
from product_product as product
inner join product_template as template on product.template = template.id
order by product.id
