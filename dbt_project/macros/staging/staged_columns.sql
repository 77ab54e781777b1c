{#- The columns of a canonical table, in the contract's order, as name, type and is_required: read from the dbt sources,
    and from landing.columns what the company adds. Empty while dbt parses, when no graph is there. -#}
{% macro staged_columns(relation) %}
    {%- set columns = [] -%}
    {%- if execute -%}
        {%- for source_node in graph.sources.values() if source_node.source_name == 'landing' and source_node.name == relation.identifier -%}
            {%- for column in source_node.columns.values() -%}
                {%- set meta = column.config.meta or column.meta -%}
                {%- do columns.append({'name': column.name, 'type': meta.type, 'is_required': meta.get('required', false)}) -%}
            {%- endfor -%}
        {%- endfor -%}
        {%- if adapter.get_relation(relation.database, relation.schema, 'columns') -%}
            {%- set extensions = run_query(
                "select column_name, type_code from " ~ relation.incorporate(path={'identifier': 'columns'})
                ~ " where is_extension and table_name = '" ~ relation.identifier ~ "' order by column_name"
            ) -%}
            {%- for row in extensions.rows -%}
                {%- do columns.append({'name': row[0], 'type': row[1], 'is_required': false}) -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endif -%}
    {{ return(columns) }}
{% endmacro %}

{#- The names of the columns that identify a record of a canonical table. -#}
{% macro staged_key(relation) %}
    {%- set key = [] -%}
    {%- if execute -%}
        {%- for source_node in graph.sources.values() if source_node.source_name == 'landing' and source_node.name == relation.identifier -%}
            {%- do key.extend((source_node.config.meta or source_node.meta)['key']) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(key) }}
{% endmacro %}
