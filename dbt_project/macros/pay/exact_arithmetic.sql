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

{#-
    The same product as multiply_exact, in 64 bits where that holds it: an amount below a million and a rate of six decimals
    at most that is below 1, or an amount of six decimals too. Most are such, and dividing 128 bits, as rounding them does,
    takes the engine a microsecond. One CASE stands in the other: the engine may test both sides of an AND.
-#}
{%- macro multiply_quickly(amount, ratio) -%}
    {%- set short_amount -%} cast({{ amount }} as decimal(18, 12)) {%- endset -%}
    case
        when abs({{ amount }}) < 1000000 and {{ ratio }} = round({{ ratio }}, 6)
            then case
                when abs({{ ratio }}) < 1
                    then cast(
                        cast(trunc({{ short_amount }}, 6) as decimal(12, 6)) * cast({{ ratio }} as decimal(6, 6))
                        + round(
                            cast(
                                {{ short_amount }} - cast(trunc({{ short_amount }}, 6) as decimal(18, 12))
                                as decimal(12, 12)
                            ) * cast({{ ratio }} as decimal(6, 6)),
                            12
                        )
                        as {{ pay_type() }}
                    )
                when {{ short_amount }} = trunc({{ short_amount }}, 6)
                    then cast(
                        cast({{ short_amount }} as decimal(19, 6)) * cast({{ ratio }} as decimal(12, 6))
                        as {{ pay_type() }}
                    )
                else cast({{ multiply_exact(amount, ratio) }} as {{ pay_type() }})
            end
        else cast({{ multiply_exact(amount, ratio) }} as {{ pay_type() }})
    end
{%- endmacro -%}

{#-
    to x ratio - from x ratio, each product rounded to 12 decimals. Where (to - from) x ratio has 12 decimals at most, both
    products are rounded by the same, and the difference of the amounts alone is multiplied, in 64 bits: amounts may be long
    where what lies between them is not. On two sides of 0 ties are rounded two ways, so these are multiplied in full.
-#}
{%- macro multiply_difference(from_amount, to_amount, ratio) -%}
    {%- set difference -%} cast({{ to_amount }} - {{ from_amount }} as decimal(18, 12)) {%- endset -%}
    {%- set below_millionths -%}
        cast({{ difference }} - cast(trunc({{ difference }}, 6) as decimal(18, 12)) as decimal(12, 12))
        * cast({{ ratio }} as decimal(6, 6))
    {%- endset -%}
    {%- set in_full -%}
        cast(
            {{ multiply_quickly(to_amount, ratio) }}
            - case when {{ from_amount }} = 0 then 0 else {{ multiply_quickly(from_amount, ratio) }} end
            as {{ pay_type() }}
        )
    {%- endset -%}
    case
        when
            abs({{ to_amount }} - {{ from_amount }}) < 1000000
            and abs({{ ratio }}) < 1
            and {{ ratio }} = round({{ ratio }}, 6)
            and {{ from_amount }} >= 0
            and {{ to_amount }} >= 0
            then case
                when {{ below_millionths }} = round({{ below_millionths }}, 12)
                    then cast(
                        cast(trunc({{ difference }}, 6) as decimal(12, 6)) * cast({{ ratio }} as decimal(6, 6))
                        + round({{ below_millionths }}, 12)
                        as {{ pay_type() }}
                    )
                else {{ in_full }}
            end
        else {{ in_full }}
    end
{%- endmacro -%}

{#- Whether a ratio has eight decimals at most, so that its product with an amount of four decimals needs no rounding. -#}
{%- macro is_short_ratio(ratio) -%}
    ({{ ratio }} = round({{ ratio }}, 8))
{%- endmacro -%}

{#- An amount of four decimals x a short ratio, as it is. -#}
{%- macro multiply_short(amount, ratio) -%}
    cast(
        cast({{ amount }} as decimal(19, 4)) * cast({{ ratio }} as decimal(14, 8)) as {{ pay_type() }}
    )
{%- endmacro -%}

{#- rate x rate, to 12 decimals; NULL where that is too large to be a rate. -#}
{%- macro multiply_rates(left_rate, right_rate) -%}
    case
        when {{ left_rate }} * {{ right_rate }} < 999999
            then cast(round({{ left_rate }} * {{ right_rate }}, 12) as {{ ratio_type() }})
    end
{%- endmacro -%}

{#-
    An amount in another currency: amount x rate, to 12 decimals, and where an inverse rate stands against it (divisor) that
    product is divided once.
-#}
{%- macro convert_exactly(amount, rate, divisor) -%}
    case
        when {{ divisor }} is null then {{ multiply_quickly(amount, rate) }}
        else cast(
            {{ divide_once(multiply_exact(amount, rate), divisor) }} as {{ pay_type() }}
        )
    end
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
        -- 64 bits hold most amounts, and are many times faster.
        when abs({{ amount }}) < 1000000
            then {{ round_in_one_width('cast(' ~ amount ~ ' as decimal(18, 12))', digits, method) }}
        else {{ round_in_one_width(amount, digits, method) }}
    end
{%- endmacro -%}

{#- A method that is written out is the only one whose branch is sent: what an engine reads costs time too. -#}
{%- macro round_in_one_width(amount, digits, method) -%}
    {%- set is_column = method[:1] != "'" %}
    case
    {%- for places in [0, 2, 3] %}
        {%- if is_column or method == "'half_up'" %}
        when {{ digits }} = {{ places }} and {{ method }} = 'half_up'
            then cast(round({{ amount }}, {{ places }}) as {{ pay_type() }})
        {%- endif %}
        {%- if is_column or method == "'down'" %}
        when {{ digits }} = {{ places }} and {{ method }} = 'down'
            then cast(trunc({{ amount }}, {{ places }}) as {{ pay_type() }})
        {%- endif %}
        {%- if is_column or method == "'half_even'" %}
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
        {%- endif %}
    {%- endfor %}
    end
{%- endmacro -%}
