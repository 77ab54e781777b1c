{#- An aggregate of this model that differs from an aggregate of another one; nothing and 0 are equal. -#}
{% test equal_totals(model, total, other_model, other_total) %}
with totals as (
    select coalesce({{ total }}, 0) as total
    from {{ model }}
),

other_totals as (
    select coalesce({{ other_total }}, 0) as other_total
    from {{ other_model }}
)

select
    totals.total,
    other_totals.other_total
from totals
cross join other_totals
where totals.total <> other_totals.other_total
{% endtest %}
