{#- As much of an amount as there is, on whichever side of zero that lies. -#}
{%- macro as_much_as_there_is(amount, there) -%}
    case
        when {{ there }} >= 0 then greatest(least({{ amount }}, {{ there }}), 0)
        else least(greatest({{ amount }}, {{ there }}), 0)
    end
{%- endmacro -%}

{#- The share of pay that a clawback takes back, in whole minor units; reads columns of int_pay_cancellations. -#}
{%- macro share_taken_back(amount) -%}
{%- set exact -%}
        case
            when share_denominator = 1 then {{ multiply_exact(amount, 'share_numerator') }}
            else {{ divide_once(multiply_amounts(amount, 'share_numerator'), 'share_denominator') }}
        end
{%- endset -%}
{{ round_to_minor_unit(exact, 'minor_unit_digits', 'rounding_method_code') }}
{%- endmacro -%}

{#- Whether an entry is of one of some kinds. -#}
{%- macro is_entry_of(kinds) -%}
entry_kind_code in ('{{ kinds | join("', '") }}')
{%- endmacro -%}
