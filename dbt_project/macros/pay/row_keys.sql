{#- A number for each row of a query, different in every row and the same for no two builds: a join key, never an order. -#}
{%- macro row_key() -%}
    {{ return(adapter.dispatch('row_key', 'openspm')()) }}
{%- endmacro -%}

{%- macro default__row_key() -%} row_number() over () {%- endmacro -%}

{%- macro spark__row_key() -%} monotonically_increasing_id() {%- endmacro -%}

{#- Whether two relations have the same values in every column of a key that takes several. -#}
{%- macro same_keys(left_relation, right_relation, columns) -%}
    (
        {%- for column in columns %}
        {{ 'and ' if not loop.first }}{{ left_relation }}.{{ column }} = {{ right_relation }}.{{ column }}
        {%- endfor %}
    )
{%- endmacro -%}
