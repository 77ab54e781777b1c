-- One row a period of a calendar and each longer period that holds it, itself too, with its place in it.
{%- set shorter_kinds = {
    'quarter': "'month'",
    'half': "'month', 'quarter'",
    'year': "'month', 'quarter', 'half'",
} %}
with calendars as (
    select
        rule_set_id,
        calendar_id,
        period_id,
        period_kind_code,
        start_date,
        quarter_period_id,
        half_period_id,
        year_period_id
    from {{ ref('stg_planning__calendars') }}
)

select
    rule_set_id,
    calendar_id,
    period_kind_code as window_kind_code,
    period_id as window_period_id,
    period_kind_code as quota_period_kind_code,
    period_id as quota_period_id,
    1 as window_number
from calendars
{%- for long_kind, kinds in shorter_kinds.items() %}
union all
select
    rule_set_id,
    calendar_id,
    period_kind_code as window_kind_code,
    period_id as window_period_id,
    '{{ long_kind }}' as quota_period_kind_code,
    {{ long_kind }}_period_id as quota_period_id,
    row_number() over (
        partition by rule_set_id, calendar_id, period_kind_code, {{ long_kind }}_period_id
        order by start_date
    ) as window_number
from calendars
where period_kind_code in ({{ kinds }})
{%- endfor %}
