{#-
    A staging model's whole query: the rows of a canonical table whose key comes once and whose values all match their
    types. What it leaves out (few rows, as a rule) stage_versioned_rows looks at one by one and adds where it is due.

    Patterns stand in the filter alone: an engine that filters before it selects would match them a second time. And
    repeated keys are left out by a join to a few rows, which an engine may not see in a `not exists` over a group.

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

)

select
    {%- for column in columns %}
    {{ read_value('landed.' ~ column.name, column.type) }} as {{ column.name }},
    {%- endfor %}
    false as is_held,
    landed._batch_id,
    landed._batch_sequence,
    landed._source,
    landed._file,
    landed._row
from landed
left join repeated_keys
    on
        {%- for name in key %}
        {{ 'and ' if not loop.first }}landed.{{ name }} = repeated_keys.{{ name }}
        {%- endfor %}
where
    repeated_keys.{{ key[0] }} is null
    and not landed._is_deleted
    and landed._fault_code is null
    {%- for column in columns if column.is_required or column.type != 'text' %}
    and {{ is_fit_text('landed.' ~ column.name, column) }}
    {%- endfor %}
{%- endif %}
{% endmacro %}

{#- Whether a landed text is a value of its type, or is absent where it may be. -#}
{% macro is_fit_text(text, column) -%}
    {%- if column.is_required -%}
        {{ is_value(text, column.type) }}
    {%- else -%}
        ({{ text }} is null or {{ text }} = '' or {{ is_value(text, column.type) }})
    {%- endif -%}
{%- endmacro %}

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
