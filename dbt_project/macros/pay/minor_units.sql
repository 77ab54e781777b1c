{#- Amounts that are shared to the minor unit: `digits` is 0, 2 or 3, and may be a column. -#}

{#- An amount of pay, 0 or more, as a whole number of minor units, what lies below one cut off. -#}
{%- macro minor_units(amount, digits) -%}
    case {{ digits }}
    {%- for places in [0, 2, 3] %}
        when {{ places }} then cast(trunc(({{ amount }}) * {{ 10 ** places }}) as hugeint)
    {%- endfor %}
    end
{%- endmacro -%}

{#- A whole number of minor units as an amount. -#}
{%- macro from_minor_units(units, digits) -%}
    case {{ digits }}
        when 0 then cast(cast({{ units }} as decimal(24, 0)) as {{ pay_type() }})
        when 2 then cast(cast({{ units }} as decimal(24, 0)) * cast(0.01 as decimal(2, 2)) as {{ pay_type() }})
        when 3 then cast(cast({{ units }} as decimal(24, 0)) * cast(0.001 as decimal(3, 3)) as {{ pay_type() }})
    end
{%- endmacro -%}
