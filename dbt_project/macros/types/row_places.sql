{#- The key of a row of a large table, as the view that reads the table shows it: a column that the table keeps, or, where
    the engine can name the place of a row, that place, which costs nothing. Rows that are numbered wait for each other. -#}
{%- macro place_of_row() -%}
    {{ return(adapter.dispatch('place_of_row', 'openspm')()) }}
{%- endmacro -%}

{%- macro default__place_of_row() -%} row_key {%- endmacro -%}

{%- macro duckdb__place_of_row() -%} rowid {%- endmacro -%}

{#- The column that the table keeps for it where rows have no place; it stands right behind the word select. -#}
{%- macro kept_row_key() -%}
    {%- if target.type != 'duckdb' %} {{ row_key() }} as row_key, {%- endif -%}
{%- endmacro -%}
