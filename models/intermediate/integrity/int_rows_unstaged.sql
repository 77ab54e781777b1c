-- Few rows on most nights: what staging took is already gone from here by row, not by rule.
{%- if execute %}
{%- for group, table in tables_with_unstaged_rows() %}
{{ 'union all' if not loop.first }}
({{ unstaged_rows(source('landing', table), ref('stg_' ~ group ~ '__' ~ table)) }})
{%- endfor %}
{%- else %}
{%- for group, table in staged_tables() %}
{{ 'union all' if not loop.first }}
select 1 as is_parsed
from {{ source('landing', table) }}
cross join {{ ref('stg_' ~ group ~ '__' ~ table) }}
cross join {{ source('landing', 'batches') }}
{%- endfor %}
{%- endif %}
