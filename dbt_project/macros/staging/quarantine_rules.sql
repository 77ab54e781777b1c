{#- Why a row is quarantined and what to do, by rule code. The sentences name no value: values may be pay. -#}
{% macro quarantine_rules() %}
    {{ return({
        'missing_value': 'A required value is absent. Fill it in the source.',
        'malformed_id': 'No id: 1 to 255 characters, none of them a control character, no white space at either end. Correct it in the source.',
        'malformed_integer': 'No whole number such as -12: digits only, at most 18, no leading zero. Correct it, or convert it in the mapping.',
        'malformed_amount': 'No amount such as -1234.50: a point before at most 4 decimals, at most 14 digits before it, no separators. Correct it, or convert it in the mapping.',
        'malformed_ratio': 'No ratio such as 0.125: a point before at most 12 decimals, at most 6 digits before it, no percent sign. Correct it, or convert it in the mapping.',
        'malformed_rate': 'No exchange rate such as 1.0875: above 0, a point before at most 12 decimals, at most 6 digits before it. Correct it in the source.',
        'malformed_date': 'No date such as 2026-03-31. Correct it, or convert it in the mapping.',
        'malformed_timestamp': 'No time such as 2026-03-31T14:30:00+02:00. Correct it, or declare timestamp_zone for the source.',
        'malformed_boolean': 'Neither true nor false. Correct it, or convert it in the mapping.',
        'malformed_currency': 'No currency such as EUR: three capital letters. Correct it in the source.',
        'ragged_record': 'The record has more or fewer values than the header. Correct the line in the file.',
        'repeated_key': 'The key comes more than once in one batch, with different values. Leave one of them in the source.',
        'key_in_two_sources': 'Two sources give the same key. Leave the record in one source, or make the keys differ in the mapping.',
    }) }}
{% endmacro %}

{% macro quarantine_message(rule_code) -%}
    case {{ rule_code }}
        {%- for code, sentence in quarantine_rules().items() %}
        when '{{ code }}' then '{{ sentence }}'
        {%- endfor %}
    end
{%- endmacro %}
