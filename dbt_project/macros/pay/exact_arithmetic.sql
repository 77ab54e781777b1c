{#-
    The arithmetic of pay: no floating point, no silent overflow, and the only places where pay is rounded.

    A product keeps 12 decimals, half away from zero. A quotient is divided once, on integers, and keeps 12 decimals,
    half away from zero. The last rounding, to the currency's minor unit, is round_to_minor_unit. Nothing else rounds.
-#}

{#- amount x ratio. The amount may have 20 digits before the point, the ratio 6; more is an error, never a wrong number. -#}
{%- macro multiply_exact(amount, ratio) -%}
    (
        cast(trunc({{ amount }}) as decimal(20, 0)) * cast({{ ratio }} as decimal(18, 12))
        + round(
            cast(({{ amount }}) - trunc({{ amount }}) as decimal(13, 12)) * cast({{ ratio }} as decimal(18, 12)), 12
        )
    )
{%- endmacro -%}

{#- amount x amount, where the second is too large for a ratio; 18 digits before the point each. -#}
{%- macro multiply_amounts(left_amount, right_amount) -%}
    (
        cast(trunc({{ left_amount }}) as decimal(19, 0)) * cast(trunc({{ right_amount }}) as decimal(19, 0))
        + cast(trunc({{ left_amount }}) as decimal(19, 0))
            * cast(({{ right_amount }}) - trunc({{ right_amount }}) as decimal(13, 12))
        + cast(({{ left_amount }}) - trunc({{ left_amount }}) as decimal(13, 12))
            * cast(trunc({{ right_amount }}) as decimal(19, 0))
        + round(
            cast(({{ left_amount }}) - trunc({{ left_amount }}) as decimal(13, 12))
            * cast(({{ right_amount }}) - trunc({{ right_amount }}) as decimal(13, 12)),
            12
        )
    )
{%- endmacro -%}

{#- An amount as an integer of 10^-12 units. -#}
{%- macro as_units(amount) -%}
    (
        cast(trunc({{ amount }}) as hugeint) * cast(1000000000000 as hugeint)
        + cast(
            cast(({{ amount }}) - trunc({{ amount }}) as decimal(19, 12)) * cast(1000000000000 as decimal(13, 0))
            as hugeint
        )
    )
{%- endmacro -%}

{#-
    numerator / denominator, divided once: long division on integers in steps of six decimals, then one rounding.

    NULL for a denominator of 0. Both may have 14 digits before the point.
-#}
{%- macro divide_once(numerator, denominator) -%}
    {%- set n -%} abs({{ as_units(numerator) }}) {%- endset -%}
    {%- set d -%} nullif(abs({{ as_units(denominator) }}), 0) {%- endset -%}
    {%- set million -%} cast(1000000 as hugeint) {%- endset -%}
    {%- set first_rest -%} (({{ n }}) % {{ d }}) * {{ million }} {%- endset -%}
    {%- set second_rest -%} (({{ first_rest }}) % {{ d }}) * {{ million }} {%- endset -%}
    (
        cast(sign({{ numerator }}) * sign({{ denominator }}) as decimal(1, 0)) * cast(
            cast(({{ n }}) // {{ d }} as decimal(25, 0))
            + cast(
                ({{ first_rest }}) // {{ d }} * {{ million }}
                + ({{ second_rest }}) // {{ d }}
                + case when 2 * (({{ second_rest }}) % {{ d }}) >= {{ d }} then 1 else 0 end
                as decimal(13, 0)
            ) * cast(0.000000000001 as decimal(12, 12))
            as decimal(37, 12)
        )
    )
{%- endmacro -%}

{#-
    The amount in whole minor units: `digits` is 0, 2 or 3, `method` half_up (away from zero), half_even (on the absolute
    value, sign kept) or down (towards zero). Both may be columns. Other digits or methods give NULL, which a test refuses.
-#}
{%- macro round_to_minor_unit(amount, digits, method) -%}
    case
    {%- for places in [0, 2, 3] %}
        when {{ digits }} = {{ places }} and {{ method }} = 'half_up'
            then cast(round({{ amount }}, {{ places }}) as {{ pay_type() }})
        when {{ digits }} = {{ places }} and {{ method }} = 'down'
            then cast(trunc({{ amount }}, {{ places }}) as {{ pay_type() }})
        when {{ digits }} = {{ places }} and {{ method }} = 'half_even'
            then cast(
                case
                    -- A tie goes to the even neighbour: the truncated one if its last digit is even.
                    when abs(({{ amount }}) - trunc({{ amount }}, {{ places }})) = {{ '0.' ~ '0' * places ~ '5' }}
                        and cast(trunc(abs({{ amount }}), {{ places }}) * {{ 10 ** places }} as hugeint) % 2 = 0
                        then trunc({{ amount }}, {{ places }})
                    else round({{ amount }}, {{ places }})
                end as {{ pay_type() }}
            )
    {%- endfor %}
    end
{%- endmacro -%}
