{#-
    The second half of staging, run as post-hook: looks at the rows that stage_landed_rows left out, and adds those that
    are due: the newest version of a key that came several times, and the last good version of a held key.
    Sends nothing when every landed row is staged already.
-#}
{% macro stage_versioned_rows() %}
    {%- if execute and model.resource_type == 'model' -%}
        {%- set relation = source(*model.sources[0]) -%}
        {%- do send_where([{
            'condition': 'select (select count(*) from ' ~ relation ~ ' where _is_current) <> count(*) from ' ~ this,
            'statement': insert_versioned_rows(relation, this)
        }]) -%}
    {%- endif -%}
{% endmacro %}

{% macro insert_versioned_rows(relation, staged_relation) %}
{%- set columns = staged_columns(relation) -%}
{%- set names = columns | map(attribute='name') | list
    + ['is_held', '_batch_id', '_batch_sequence', '_source', '_file', '_row'] -%}
insert into {{ staged_relation }} ({{ names | join(', ') }})
with
{{ row_outcomes(relation, staged_relation, columns, staged_key(relation)) }}
select {{ names | join(', ') }}
from outcomes
where outcome_code = 'staged'
{% endmacro %}
