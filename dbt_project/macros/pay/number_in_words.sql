{#- A number of pay as it stands in a sentence: no zeros at its end, and no point without decimals. -#}
{%- macro number_in_words(amount) -%}
    rtrim(rtrim(cast({{ amount }} as {{ dbt.type_string() }}), '0'), '.')
{%- endmacro -%}
