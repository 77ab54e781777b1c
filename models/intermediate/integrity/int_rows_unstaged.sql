-- Few rows on most nights: what staging took is already gone from here by row, not by rule.
{%- for group, table in staged_tables() %}
{{ 'union all' if not loop.first }}
{%- if execute %}
({{ unstaged_rows(source('landing', table), ref('stg_' ~ group ~ '__' ~ table)) }})
{%- else %}
select 1 as is_parsed
from {{ source('landing', table) }}
cross join {{ ref('stg_' ~ group ~ '__' ~ table) }}
cross join {{ source('landing', 'batches') }}
{%- endif %}
{%- endfor %}
