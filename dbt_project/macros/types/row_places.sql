{#- The place of a row in the table that a view reads: such a key, which costs nothing. A number that a large table is
    given costs as much as a join, since its rows are numbered one after the other. -#}
{%- macro place_of_row() -%}
    {{ return(adapter.dispatch('place_of_row', 'openspm')()) }}
{%- endmacro -%}

{%- macro default__place_of_row() -%} rowid {%- endmacro -%}

{%- macro spark__place_of_row() -%} row_key {%- endmacro -%}

{#- The column that place_of_row reads, where rows have no place; it stands right behind the word select. -#}
{%- macro kept_row_key() -%}
    {%- if target.type == 'spark' %} monotonically_increasing_id() as row_key, {%- endif -%}
{%- endmacro -%}
