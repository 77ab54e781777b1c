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
    {%- if type_code == 'text' -%}
        nullif({{ text }}, '')
    {%- elif type_code in ('id', 'currency') -%}
        case when {{ matches(text, grammar_pattern(type_code)) }} then {{ text }} end
    {%- elif type_code == 'rate' -%}
        {#- A rate of 0 turns every amount into nothing. #}
        nullif(
            case
                when {{ matches(text, grammar_pattern('rate')) }} then try_cast({{ text }} as {{ contract_type('rate') }})
            end,
            0
        )
    {%- elif type_code == 'timestamp' -%}
        {{ typed_timestamp(text) }}
    {%- else -%}
        case
            when {{ matches(text, grammar_pattern(type_code)) }}
                then try_cast({{ text }} as {{ contract_type(type_code) }})
        end
    {%- endif -%}
{%- endmacro %}

{#- A timestamp in UTC, from a text with an offset, or with the zone in brackets that landing adds where the source declares one. -#}
{% macro typed_timestamp(text) -%}
    {{ return(adapter.dispatch('typed_timestamp', 'openspm')(text)) }}
{%- endmacro %}

{% macro duckdb__typed_timestamp(text) -%}
    {%- set clock = "try_cast(split_part(" ~ text ~ ", '[', 1) as timestamp)" -%}
    {%- set zone = "rtrim(split_part(" ~ text ~ ", '[', 2), ']')" -%}
    {%- set instant = "try_cast(rtrim(replace(" ~ text ~ ", '[', ' '), ']') as timestamptz)" -%}
    {%- set offset = "left(" ~ text ~ ", length(" ~ text ~ ") - 2) || ':' || right(" ~ text ~ ", 2)" -%}
    case
        when {{ matches(text, grammar_pattern('timestamp')) }}
            then make_timestamp(epoch_us(try_cast({{ text }} as timestamptz)))
        when {{ matches(text, grammar_pattern('compact_timestamp')) }}
            then make_timestamp(epoch_us(try_cast({{ offset }} as timestamptz)))
        {#- A zone that does not exist gives no instant. A time that the clocks skipped in spring has none either: it does
            not come back as it was. #}
        when {{ matches(text, grammar_pattern('zoned_timestamp')) }} and {{ instant }} is not null
            then case when timezone({{ zone }}, {{ instant }}) = {{ clock }} then timezone('UTC', {{ instant }}) end
    end
{%- endmacro %}
