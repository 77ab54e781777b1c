{%- for group, table in staged_tables() %}
{{ 'union all' if not loop.first }}
select
    '{{ table }}' as table_name,
    _source as source_name,
    _batch_id as batch_id,
    count(*) as landed_count,
    0 as staged_count,
    0 as held_count
from {{ source('landing', table) }}
where _is_current
group by _source, _batch_id
union all
select
    '{{ table }}' as table_name,
    _source as source_name,
    _batch_id as batch_id,
    0 as landed_count,
    count(*) as staged_count,
    count(case when is_held then 1 end) as held_count
from {{ ref('stg_' ~ group ~ '__' ~ table) }}
group by _source, _batch_id
{%- endfor %}
