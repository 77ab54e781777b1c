{#-
    An amount in the company's currency, rounded half away from zero to 4 decimals.

    It reads settings.company_currency_code and company_rates.exchange_rate of the query that it stands in: a join to
    int_settings_dated as `settings`, and to int_company_rates_expanded as `company_rates` by currency and day.
    NULL when the amount, its currency or the rate that it needs is missing: an unknown amount is never 0.
-#}
{%- macro company_amount(amount, currency_code) -%}
    case
        when {{ currency_code }} = settings.company_currency_code then cast({{ amount }} as {{ amount_type() }})
        else
            cast(
                round(cast({{ amount }} as decimal(20, 4)) * company_rates.exchange_rate, 4) as {{ amount_type() }}
            )
    end
{%- endmacro -%}
