{#-
    The rows of a canonical table that are not staged, and what became of each: a select for a union over all tables.
    Columns as int_rows_unstaged declares them.
-#}
{% macro unstaged_rows(relation, staged_relation) %}
{%- set columns = staged_columns(relation) -%}
{%- set key = staged_key(relation) -%}
select
    '{{ relation.identifier }}' as table_name,
    _source as source_name,
    _batch_id as batch_id,
    _file as file_name,
    _row as row_number,
    outcome_code,
    is_key_held,
    rule_code,
    column_name,
    raw_value,
    case
        when outcome_code = 'quarantined' and _has_text_key
            then {{ key_texts(key) | join(" || ', ' || ") }}
    end as record_key,
    case
        when outcome_code = 'quarantined'
            then coalesce(_fault_text, {{ record_text(columns) }})
    end as raw_record
from (
    with
    {{ row_outcomes(relation, staged_relation, columns, key) }}
    select
        *,
        {% for name in key_texts(key) %}{{ 'and ' if not loop.first }}{{ name }} is not null {% endfor %} as _has_text_key
    from outcomes
    where outcome_code <> 'staged'
) as unstaged_outcomes
{% endmacro %}

{#- A landed row as it came: JSON text of its columns. -#}
{% macro record_text(columns) -%}
    {{ return(adapter.dispatch('record_text', 'openspm')(columns)) }}
{%- endmacro %}

{% macro duckdb__record_text(columns) -%}
    cast(to_json(struct_pack({% for column in columns %}{{ column.name }} := _text_of_{{ column.name }}{{ ', ' if not loop.last }}{% endfor %})) as varchar)
{%- endmacro %}

{% macro spark__record_text(columns) -%}
    to_json(struct({% for column in columns %}_text_of_{{ column.name }} as {{ column.name }}{{ ', ' if not loop.last }}{% endfor %}))
{%- endmacro %}
