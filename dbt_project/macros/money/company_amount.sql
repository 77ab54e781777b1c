{#-
    An amount in the company's currency, rounded half away from zero to 4 decimals.

    NULL when the amount, its currency or the rate that it needs is missing: an unknown amount is never 0.
    `exchange_rate` is company currency for one unit of `currency_code`.
-#}
{%- macro company_amount(amount, currency_code, company_currency_code, exchange_rate) -%}
    case
        when {{ currency_code }} = {{ company_currency_code }} then {{ amount }}
        else cast(round({{ amount }} * {{ exchange_rate }}, 4) as {{ amount_type() }})
    end
{%- endmacro -%}
