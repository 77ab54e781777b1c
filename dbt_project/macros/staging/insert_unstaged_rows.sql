{#-
    Fills int_rows_unstaged, run as its post-hook: looks at the canonical tables of which some current row is not staged,
    so that a night without trouble does not look for it row by row. A held row may stand for a quarantined one in the
    count, so tables with held rows are looked at too.
-#}
{% macro insert_unstaged_rows() %}
    {%- if execute and model.resource_type == 'model' -%}
        {%- set names = unstaged_columns() | join(', ') -%}
        {%- set entries = [] -%}
        {%- for group, table in staged_tables() -%}
            {%- set relation = source('landing', table) -%}
            {%- set staged_relation = ref('stg_' ~ group ~ '__' ~ table) -%}
            {%- do entries.append({
                'condition': 'select (select count(*) from ' ~ relation ~ ' where _is_current) <> count(*)'
                    ~ ' or count(case when is_held then 1 end) > 0 from ' ~ staged_relation,
                'statement': 'insert into ' ~ this ~ ' (' ~ names ~ ')\n'
                    ~ 'select ' ~ names ~ ' from (' ~ unstaged_rows(relation, staged_relation) ~ ') as unstaged'
            }) -%}
        {%- endfor -%}
        {%- do send_where(entries) -%}
    {%- endif -%}
{% endmacro %}

{#- The columns of int_rows_unstaged by name, each with its type. -#}
{% macro unstaged_columns() %}
    {{ return({
        'table_name': dbt.type_string(),
        'source_name': dbt.type_string(),
        'batch_id': dbt.type_string(),
        'file_name': dbt.type_string(),
        'row_number': dbt.type_bigint(),
        'outcome_code': dbt.type_string(),
        'is_key_held': dbt.type_boolean(),
        'rule_code': dbt.type_string(),
        'column_name': dbt.type_string(),
        'raw_value': dbt.type_string(),
        'record_key': dbt.type_string(),
        'raw_record': dbt.type_string(),
    }) }}
{% endmacro %}

{#- The select list of a row that gives int_rows_unstaged its columns and is never there. -#}
{% macro empty_unstaged_columns() -%}
    {%- for name, type in unstaged_columns().items() %}
    cast(null as {{ type }}) as {{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
