{#-
    The canonical tables of which some current row is not staged, as (group, table): counted when a run builds, so that
    a night without trouble does not look for it row by row. Always at least one table, and all of them while nothing
    is built. A held row may stand for a quarantined one in the count, so held rows are counted too.
-#}
{% macro tables_with_unstaged_rows() %}
    {%- set tables = staged_tables() -%}
    {%- if not execute or flags.WHICH not in ('build', 'run') -%}
        {{ return(tables) }}
    {%- endif -%}
    {%- set counts -%}
        {%- for group, table in tables %}
        {{ 'union all' if not loop.first }}
        select
            (select count(*) from {{ source('landing', table) }} where _is_current) as landed_count,
            count(*) as staged_count,
            count(case when is_held then 1 end) as held_count
        from {{ ref('stg_' ~ group ~ '__' ~ table) }}
        {%- endfor %}
    {%- endset -%}
    {%- set rows = run_query(counts).rows -%}
    {%- set found = [] -%}
    {%- for entry in tables -%}
        {%- set row = rows[loop.index0] -%}
        {%- if row[0] != row[1] or row[2] > 0 -%}
            {%- do found.append(entry) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found or [('planning', 'company_settings')]) }}
{% endmacro %}
