{#- How many rows the condition is false for; unknown passes. -#}
{% test true_for_all(model, condition) %}
select count(*) as row_count
from {{ model }}
where not ({{ condition }})
having count(*) > 0
{% endtest %}
