{#- Values of `column` that are no `other_column` of `other_model`. NULL passes: it says that there is none. -#}
{% test known_keys(model, column, other_model, other_column) %}
with keys as (
    select
        {{ column }} as key_value,
        count(*) as row_count
    from {{ model }}
    where {{ column }} is not null
    group by {{ column }}
)

select
    keys.key_value,
    keys.row_count
from keys
left join {{ other_model }} as others
    on keys.key_value = others.{{ other_column }}
where others.{{ other_column }} is null
{% endtest %}
