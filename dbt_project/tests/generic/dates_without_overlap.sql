{#- Spans that begin before the one before them has ended. Both ends are inclusive. -#}
{% test dates_without_overlap(model, partition_columns, start_column, end_column) %}
with spans as (
    select
        {{ partition_columns | join(',\n        ') }},
        {{ start_column }} as span_start,
        lag({{ end_column }}) over (
            partition by {{ partition_columns | join(', ') }}
            order by {{ start_column }}
        ) as previous_end
    from {{ model }}
)

select
    {{ partition_columns | join(',\n    ') }},
    span_start,
    previous_end
from spans
where span_start <= previous_end
{% endtest %}
