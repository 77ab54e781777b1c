{#- Decimal types by what they hold, so that no model repeats a width. -#}

{#- Amounts of money and quantities: 14 digits before the point, 4 after. -#}
{% macro amount_type() -%} decimal(18, 4) {%- endmacro %}

{#- Ratios, rates of pay and exchange rates: 6 digits before the point, 12 after. -#}
{% macro ratio_type() -%} decimal(18, 12) {%- endmacro %}

{#- Pay before it is rounded: 26 digits before the point, 12 after. -#}
{% macro pay_type() -%} decimal(38, 12) {%- endmacro %}

{#- The SQL type of a column of the contract. -#}
{% macro contract_type(type_code) -%}
    {%- set types = {
        'id': 'varchar',
        'text': 'varchar',
        'currency': 'varchar',
        'integer': 'bigint',
        'amount': amount_type(),
        'ratio': ratio_type(),
        'rate': ratio_type(),
        'date': 'date',
        'timestamp': 'timestamp',
        'boolean': 'boolean',
    } -%}
    {{ types[type_code] }}
{%- endmacro %}

{#- The day on which a UTC timestamp falls in a time zone; the zone is a column or a quoted literal. -#}
{% macro local_date(timestamp_column, timezone) -%}
    {{ return(adapter.dispatch('local_date', 'openspm')(timestamp_column, timezone)) }}
{%- endmacro %}

{% macro duckdb__local_date(timestamp_column, timezone) -%}
    cast(timezone({{ timezone }}, timezone('UTC', {{ timestamp_column }})) as date)
{%- endmacro %}

{% macro spark__local_date(timestamp_column, timezone) -%}
    cast(from_utc_timestamp({{ timestamp_column }}, {{ timezone }}) as date)
{%- endmacro %}
