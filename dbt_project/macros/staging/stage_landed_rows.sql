{#-
    A staging model's whole query: the rows of a canonical table whose key comes once and whose values all match their
    types. What it leaves out (few rows, as a rule) stage_versioned_rows looks at one by one and adds where it is due.

    Args: relation: source('landing', '<table>').
    Grain of the model: one row a key.
-#}
{% macro stage_landed_rows(relation) %}
{%- set columns = staged_columns(relation) -%}
{%- set key = staged_key(relation) -%}
{%- if not columns -%}
select 1 as is_parsed from {{ relation }}
{%- else -%}
with

landed as (

    select *
    from {{ relation }}
    where _is_current

),

repeated_keys as (

    select {{ key | join(', ') }}
    from landed
    group by {{ key | join(', ') }}
    having count(*) > 1

),

typed as (

    select
        {%- for column in columns %}
        {{ typed('landed.' ~ column.name, column.type) }} as {{ column.name }},
        landed.{{ column.name }} as _text_of_{{ column.name }},
        {%- endfor %}
        landed._is_deleted,
        landed._fault_code,
        landed._batch_id,
        landed._batch_sequence,
        landed._source,
        landed._file,
        landed._row
    from landed

)

select
    {%- for column in columns %}
    typed.{{ column.name }},
    {%- endfor %}
    false as is_held,
    typed._batch_id,
    typed._batch_sequence,
    typed._source,
    typed._file,
    typed._row
from typed
where
    not typed._is_deleted
    and typed._fault_code is null
    {%- for column in columns %}
    and {{ is_fit('typed.' ~ column.name, 'typed._text_of_' ~ column.name, column) }}
    {%- endfor %}
    and not exists (
        select 1
        from repeated_keys
        where
            {%- for name in key %}
            {{ 'and ' if not loop.first }}repeated_keys.{{ name }} = typed._text_of_{{ name }}
            {%- endfor %}
    )
{%- endif %}
{% endmacro %}

{#- Whether a landed text gave a value of its type, or is absent where it may be. -#}
{% macro is_fit(value, text, column) -%}
    {%- if column.is_required -%}
        {{ value }} is not null
    {%- elif column.type == 'text' -%}
        true
    {%- else -%}
        ({{ value }} is not null or {{ text }} is null or {{ text }} = '')
    {%- endif -%}
{%- endmacro %}
