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

{#-
    An amount as an integer of 10^-12 units. The fraction goes in two steps of six digits, because a decimal of 18 digits
    is many times faster than a longer one.
-#}
{%- macro as_units(amount) -%}
    {%- set million -%} cast(1000000 as decimal(7, 0)) {%- endset -%}
    {%- set six_digits -%}
        (cast(({{ amount }}) - trunc({{ amount }}) as decimal(18, 12)) * {{ million }})
    {%- endset -%}
    (
        cast(trunc({{ amount }}) as hugeint) * cast(1000000000000 as hugeint)
        + cast(
            cast(trunc({{ six_digits }}) as bigint) * cast(1000000 as bigint)
            + cast(cast({{ six_digits }} - trunc({{ six_digits }}) as decimal(18, 12)) * {{ million }} as bigint)
            as hugeint
        )
    )
{%- endmacro -%}

{#- -1, 0 or 1. The engine's own sign() goes through floating point. -#}
{%- macro sign_exact(amount) -%}
    (cast(({{ amount }}) > 0 as integer) - cast(({{ amount }}) < 0 as integer))
{%- endmacro -%}

{#-
    numerator / denominator, divided once, on integers of 10^-12 units: half the denominator is added before, so that the
    quotient cut off is the one rounded.

    NULL for a denominator of 0, as the integer quotient is. Both may have 14 digits before the point; a longer one is an
    error. No CASE in here: the engine computes a part that stands twice once, but not inside a CASE.
-#}
{%- macro divide_once(numerator, denominator) -%}
    {%- set n -%} abs({{ as_units(numerator) }}) {%- endset -%}
    {%- set d -%} abs({{ as_units(denominator) }}) {%- endset -%}
    (
        cast({{ sign_exact(numerator) }} * {{ sign_exact(denominator) }} as decimal(1, 0)) * cast(
            cast(({{ n }} * cast(1000000000000 as hugeint) + {{ d }} // 2) // {{ d }} as decimal(38, 0))
            * cast(0.000000000001 as decimal(12, 12))
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
