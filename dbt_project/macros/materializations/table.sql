{#-
    How a model becomes a table of a DuckDB file: made under its own name, in one transaction with its hooks.

    It stands in for dbt-duckdb's own way, which makes a table beside, renames it, and drops a table that it kept: three
    statements more a model, for readers who look on while a file is built. Nobody reads a candidate; readers have the
    published copy. No indexes, grants, partitions or models in Python: none of them is used here.
-#}
{% materialization table, adapter="duckdb" %}
    {%- set existing = load_cached_relation(this) -%}
    {%- set target = this.incorporate(type='table') -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- if existing is not none -%}
        {%- do adapter.drop_relation(existing) -%}
    {%- endif -%}
    {% call statement('main') -%}
        {{ create_table_as(False, target, compiled_code) }}
    {%- endcall %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- do persist_docs(target, model) -%}
    {%- do adapter.commit() -%}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}
