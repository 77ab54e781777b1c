{#- What credit notes of so much have taken back of a margin: in proportion to the invoice, to four decimals. -#}
{%- macro margin_reversed(reversed_amount) -%}
    round(
        {{ divide_once(
            multiply_amounts('cast(margin_amount as ' ~ pay_type() ~ ')', 'cast(' ~ reversed_amount ~ ' as ' ~ pay_type() ~ ')'),
            'cast(net_amount as ' ~ pay_type() ~ ')'
        ) }},
        4
    )
{%- endmacro -%}
