{#-
    How many digits the minor unit of a currency has (ISO 4217): 0, 2 or 3. `currency_code` is a column; plans/currencies.py
    knows the same of plans, and tests/plans/test_currencies.py holds the two together.
-#}
{%- macro minor_unit_digits(currency_code) -%}
    {%- set without_minor_unit = [
        'BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'UYI', 'VND', 'VUV', 'XAF', 'XOF',
        'XPF',
    ] -%}
    {%- set thousandths = ['BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND'] -%}
    case
        when {{ currency_code }} in ('{{ without_minor_unit | join("', '") }}') then 0
        when {{ currency_code }} in ('{{ thousandths | join("', '") }}') then 3
        else 2
    end
{%- endmacro -%}
