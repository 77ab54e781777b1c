{#-
    What credit notes of so much take back of a part of an invoice, in proportion to all of it, to 12 decimals half up: the
    part of it in some products, or what it leaves above its cost. On whole numbers of 10^-4 units, so that amounts may
    have ten digits before the point. NULL for an invoice of 0.
-#}
{%- macro part_reversed(part_amount, reversed_amount, invoice_amount) -%}
    cast(
        cast(
            {{ sign_exact(part_amount) }} * {{ sign_exact(reversed_amount) }} * {{ sign_exact(invoice_amount) }}
            as decimal(1, 0)
        )
        * cast(
            cast(
                {{ divide_half_up(
                    'abs(' ~ amount_units(part_amount) ~ ' * ' ~ amount_units(reversed_amount) ~ ') * cast(100000000 as hugeint)',
                    'abs(' ~ amount_units(invoice_amount) ~ ')'
                ) }}
                as decimal(38, 0)
            )
            * cast(0.000000000001 as decimal(12, 12))
            as decimal(37, 12)
        )
        as {{ pay_type() }}
    )
{%- endmacro -%}
