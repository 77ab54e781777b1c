{#- The hour of the day, 0 to 23, at which a UTC timestamp falls in a time zone; the zone is a column or a literal. -#}
{%- macro local_hour(timestamp_column, timezone) -%}
    {{ return(adapter.dispatch('local_hour', 'openspm')(timestamp_column, timezone)) }}
{%- endmacro -%}

{%- macro duckdb__local_hour(timestamp_column, timezone) -%}
    cast(extract(hour from timezone({{ timezone }}, timezone('UTC', {{ timestamp_column }}))) as bigint)
{%- endmacro -%}

{%- macro spark__local_hour(timestamp_column, timezone) -%}
    cast(hour(from_utc_timestamp({{ timestamp_column }}, {{ timezone }})) as bigint)
{%- endmacro -%}

{#- The day after so many hours: the day, in a time zone, on which a UTC timestamp is that many hours old. -#}
{%- macro local_date_after_hours(timestamp_column, hours, timezone) -%}
    {{ return(adapter.dispatch('local_date_after_hours', 'openspm')(timestamp_column, hours, timezone)) }}
{%- endmacro -%}

{%- macro duckdb__local_date_after_hours(timestamp_column, hours, timezone) -%}
    {{ duckdb__local_date('(' ~ timestamp_column ~ ' + to_hours(' ~ hours ~ '))', timezone) }}
{%- endmacro -%}

{%- macro spark__local_date_after_hours(timestamp_column, hours, timezone) -%}
    {{ spark__local_date('(' ~ timestamp_column ~ ' + make_dt_interval(0, ' ~ hours ~ '))', timezone) }}
{%- endmacro -%}

{#- The place of a day in its week: 1 is Monday, 7 is Sunday. -#}
{%- macro weekday_number(day) -%}
    {{ return(adapter.dispatch('weekday_number', 'openspm')(day)) }}
{%- endmacro -%}

{%- macro duckdb__weekday_number(day) -%}
    cast(isodow({{ day }}) as bigint)
{%- endmacro -%}

{%- macro spark__weekday_number(day) -%}
    cast(weekday({{ day }}) + 1 as bigint)
{%- endmacro -%}
