{#- Why something is held that needs an exchange rate: which pair, kind and day. The day is that of the sale, or of its period. -#}
{%- macro no_rate_text(kind, from_currency, to_currency, rate_day, sale_date, table) -%}
    'no ' || {{ kind }} || ' rate from ' || {{ from_currency }} || ' to ' || {{ to_currency }}
    || case {{ rate_day }}
        when 'period_start' then ' for the start of the pay period of '
        when 'period_end' then ' for the end of the pay period of '
        else ' on '
    end
    || cast({{ sale_date }} as {{ dbt.type_string() }}) || ' in rate table ' || {{ table }}
{%- endmacro -%}
