{#-
    Quotas and targets in whole numbers: amounts in units of 10^-4, which is what they are declared in, and quotients that are
    rounded once, half up, to the currency's minor unit. None of these is negative.
-#}

{#- An amount as a whole number of 10^-4 units. -#}
{%- macro amount_units(amount) -%}
    cast(cast({{ amount }} as decimal(18, 4)) * 10000 as hugeint)
{%- endmacro -%}

{#- How many 10^-4 units a minor unit has: `digits` is a column with 0, 2 or 3. -#}
{%- macro units_in_minor_unit(digits) -%}
    cast(case {{ digits }} when 0 then 10000 when 2 then 100 when 3 then 10 end as hugeint)
{%- endmacro -%}

{#- numerator / denominator of whole numbers, rounded half up. -#}
{%- macro divide_half_up(numerator, denominator) -%}
    ((2 * ({{ numerator }}) + ({{ denominator }})) // (2 * ({{ denominator }})))
{%- endmacro -%}

{#- A whole number of minor units as an amount. -#}
{%- macro minor_units_as_amount(minor_units, digits) -%}
    cast(cast(({{ minor_units }}) * {{ units_in_minor_unit(digits) }} as decimal(38, 0)) * cast(0.0001 as decimal(4, 4)) as {{ amount_type() }})
{%- endmacro -%}

{#- amount x numerator / denominator, to 12 decimals, half up: a part of a bound, which is not rounded to the minor unit. -#}
{%- macro prorated_amount(amount, numerator, denominator) -%}
    cast(
        cast(
            {{ divide_half_up(
                amount_units(amount) ~ ' * cast(' ~ numerator ~ ' as hugeint) * cast(100000000 as hugeint)',
                'cast(' ~ denominator ~ ' as hugeint)'
            ) }}
            as decimal(38, 0)
        )
        * cast(0.000000000001 as decimal(12, 12))
        as {{ pay_type() }}
    )
{%- endmacro -%}

{#- amount x numerator / denominator, rounded once, half up, to the minor unit: a part of money that is paid out. -#}
{%- macro prorated_money(amount, numerator, denominator, digits) -%}
    {{
        minor_units_as_amount(
            divide_half_up(
                amount_units(amount) ~ ' * cast(' ~ numerator ~ ' as hugeint)',
                'cast(' ~ denominator ~ ' as hugeint) * ' ~ units_in_minor_unit(digits)
            ),
            digits
        )
    }}
{%- endmacro -%}

{#- An amount of a stretch of days: a part of it where it is prorated and only a part of the days counts. -#}
{%- macro amount_of_span(amount, is_prorated, numerator, denominator) -%}
    case
        when {{ is_prorated }} and {{ numerator }} is not null
            then {{ prorated_amount(amount, numerator, denominator) }}
        else cast({{ amount }} as {{ pay_type() }})
    end
{%- endmacro -%}
