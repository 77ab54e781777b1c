{#- Days of each month weigh the same in 377580ths of it: the least number that 28 to 31, 35 and 42 divide. -#}
{%- macro month_parts() -%} 377580 {%- endmacro -%}

{#-
    What a day weighs in a stretch that is prorated, as a whole number.

    Args: proration_days_code: what days are counted against; calendar_day; month_day_count: days of the day's month.
-#}
{%- macro weight_of_day(proration_days_code, calendar_day, month_day_count) -%}
    case
        when {{ proration_days_code }} = 'month_days' then {{ month_parts() }} // {{ month_day_count }}
        when {{ proration_days_code }} in ('days_360', 'days_365') then 12
        -- 1 January 1900 was a Monday.
        when
            {{ proration_days_code }} = 'working_days'
            and {{ days_between("cast('1900-01-01' as date)", calendar_day) }} % 7 > 4
            then 0
        else 1
    end
{%- endmacro -%}

{#-
    What the days of a whole stretch weigh.

    Args: proration_days_code; period_kind_code: month, quarter, half or year; added_weight: of all of its days.
-#}
{%- macro weight_of_stretch(proration_days_code, period_kind_code, added_weight) -%}
    case
        {%- for kind, count in {'month': 1, 'quarter': 3, 'half': 6, 'year': 12}.items() %}
        {%- for days in [360, 365] %}
        when {{ proration_days_code }} = 'days_{{ days }}' and {{ period_kind_code }} = '{{ kind }}' then {{ days * count }}
        {%- endfor %}
        {%- endfor %}
        else {{ added_weight }}
    end
{%- endmacro -%}
