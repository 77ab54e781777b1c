{#- Whether a name stands in a list of names as company_settings holds it: small letters, between bars. -#}
{%- macro is_listed(name, names) -%}
    coalesce({{ dbt.position("'|' || lower(trim(" ~ name ~ ")) || '|'", names) }} > 0, false)
{%- endmacro -%}

{#- A share as people read it: whole percents. -#}
{%- macro percent_text(ratio) -%}
    cast(cast(round(100 * {{ ratio }}) as {{ dbt.type_int() }}) as {{ dbt.type_string() }}) || ' %'
{%- endmacro -%}
