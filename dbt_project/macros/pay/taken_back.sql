{#- As much of an amount as there is, on whichever side of zero that lies. -#}
{%- macro as_much_as_there_is(amount, there) -%}
    case
        when {{ there }} >= 0 then greatest(least({{ amount }}, {{ there }}), 0)
        else least(greatest({{ amount }}, {{ there }}), 0)
    end
{%- endmacro -%}

{#- Whether an entry is of one of some kinds. -#}
{%- macro is_entry_of(kinds) -%}
entry_kind_code in ('{{ kinds | join("', '") }}')
{%- endmacro -%}
