{#- Values of `column` outside the list. NULL passes: where it is not allowed, the contract says so. -#}
{% test known_values(model, column, values) %}
select
    {{ column }},
    count(*) as row_count
from {{ model }}
where {{ column }} not in ('{{ values | join("', '") }}')
group by {{ column }}
{% endtest %}
