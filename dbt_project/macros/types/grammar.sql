{#-
    What a text must look like to be a value of a type. The pattern comes first and the cast second, because a cast alone
    takes 1e3, 1_000, infinity and dates in other orders. Each macro gives NULL for a text that does not match.
    docs/landing.md says the same for people; tests/landing/test_grammar.py holds the two together.
-#}

{#- Whether a whole text matches a pattern; the patterns use nothing that engines read differently. -#}
{% macro matches(text, pattern) -%}
    {{ return(adapter.dispatch('matches', 'openspm')(text, pattern)) }}
{%- endmacro %}

{% macro duckdb__matches(text, pattern) -%}
    regexp_full_match({{ text }}, '{{ pattern }}')
{%- endmacro %}

{% macro spark__matches(text, pattern) -%}
    {{ text }} rlike '\\A({{ pattern }})\\z'
{%- endmacro %}

{% macro grammar_pattern(type_code) -%}
    {%- set clock = '[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,6})?' -%}
    {%- set patterns = {
        'id': '[^[:space:][:cntrl:]]([^[:cntrl:]]{0,253}[^[:space:][:cntrl:]])?',
        'currency': '[A-Z]{3}',
        'integer': '0|-?[1-9][0-9]{0,17}',
        'amount': '-?[0-9]{1,14}([.][0-9]{1,4})?',
        'ratio': '-?[0-9]{1,6}([.][0-9]{1,12})?',
        'rate': '[0-9]{1,6}([.][0-9]{1,12})?',
        'date': '[0-9]{4}-[0-9]{2}-[0-9]{2}',
        'timestamp': clock ~ '(Z|[+-](0[0-9]|1[0-4])(:[0-5][0-9])?)',
        'compact_timestamp': clock ~ '[+-](0[0-9]|1[0-4])[0-5][0-9]',
        'zoned_timestamp': clock ~ '[[][A-Za-z0-9_+/-]+[]]',
        'boolean': '[Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee]',
    } -%}
    {{ patterns[type_code] }}
{%- endmacro %}

{#- A landed text as a value of its type: NULL when it is absent, and when it does not match. -#}
{% macro typed(text, type_code) -%}
    {%- if type_code == 'timestamp' -%}
        {{ typed_timestamp(text) }}
    {%- else -%}
        case when {{ is_value(text, type_code) }} then {{ read_value(text, type_code) }} end
    {%- endif -%}
{%- endmacro %}

{#- Whether a landed text is a value of its type; false or NULL when it is absent. -#}
{% macro is_value(text, type_code) -%}
    {%- if type_code == 'text' -%}
        {{ text }} <> ''
    {%- elif type_code in ('id', 'currency') -%}
        {{ matches(text, grammar_pattern(type_code)) }}
    {%- elif type_code == 'timestamp' -%}
        {{ typed_timestamp(text) }} is not null
    {%- elif type_code == 'rate' -%}
        {#- A rate of 0 turns every amount into nothing. #}
        ({{ matches(text, grammar_pattern('rate')) }} and {{ read_value(text, 'rate') }} <> 0)
    {%- else -%}
        ({{ matches(text, grammar_pattern(type_code)) }} and {{ read_value(text, type_code) }} is not null)
    {%- endif -%}
{%- endmacro %}

{#-
    The value of a landed text that is one, or is absent: NULL then. Of any other text it says nothing: whoever reads
    has asked `is_value` before, so that no pattern is matched twice.
-#}
{% macro read_value(text, type_code) -%}
    {%- if type_code in ('text', 'id', 'currency') -%}
        nullif({{ text }}, '')
    {%- elif type_code == 'timestamp' -%}
        {{ read_timestamp(text) }}
    {%- else -%}
        try_cast({{ text }} as {{ contract_type(type_code) }})
    {%- endif -%}
{%- endmacro %}

{#- A timestamp in UTC, from a text with an offset, or with the zone in brackets that landing adds where the source declares one. -#}
{% macro typed_timestamp(text) -%}
    {{ return(adapter.dispatch('typed_timestamp', 'openspm')(text)) }}
{%- endmacro %}

{% macro duckdb__typed_timestamp(text) -%}
    {%- set clock = "try_cast(split_part(" ~ text ~ ", '[', 1) as timestamp)" -%}
    {%- set zone = "rtrim(split_part(" ~ text ~ ", '[', 2), ']')" -%}
    {%- set instant = zoned_instant(text) -%}
    case
        when {{ matches(text, grammar_pattern('timestamp')) }}
            then {{ utc_instant(text) }}
        when {{ matches(text, grammar_pattern('compact_timestamp')) }}
            then {{ compact_instant(text) }}
        {#- A zone that does not exist gives no instant. A time that the clocks skipped in spring has none either: it does
            not come back as it was. #}
        when {{ matches(text, grammar_pattern('zoned_timestamp')) }} and {{ instant }} is not null
            then case when timezone({{ zone }}, {{ instant }}) = {{ clock }} then timezone('UTC', {{ instant }}) end
    end
{%- endmacro %}

{#- A timestamp in UTC from a text that is one: its last characters say in which of the three forms it is. -#}
{% macro read_timestamp(text) -%}
    {{ return(adapter.dispatch('read_timestamp', 'openspm')(text)) }}
{%- endmacro %}

{% macro duckdb__read_timestamp(text) -%}
    case
        when {{ text }} like '%Z' then {{ utc_instant(text) }}
        when {{ text }} like '%]' then timezone('UTC', {{ zoned_instant(text) }})
        when {{ text }} like '%+____' or {{ text }} like '%-____' then {{ compact_instant(text) }}
        else {{ utc_instant(text) }}
    end
{%- endmacro %}

{#- The instant of a text with Z or an offset such as +02 or +02:00. -#}
{% macro utc_instant(text) -%}
    make_timestamp(epoch_us(try_cast({{ text }} as timestamptz)))
{%- endmacro %}

{#- The instant of a text with an offset such as +0200. -#}
{% macro compact_instant(text) -%}
    {{ utc_instant("left(" ~ text ~ ", length(" ~ text ~ ") - 2) || ':' || right(" ~ text ~ ", 2)") }}
{%- endmacro %}

{#- The instant of a text with its zone in brackets, as the engine's own type. -#}
{% macro zoned_instant(text) -%}
    try_cast(rtrim(replace({{ text }}, '[', ' '), ']') as timestamptz)
{%- endmacro %}
