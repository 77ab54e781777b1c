{#-
    What becomes of the landed rows that are not staged (yet), row by row: CTEs that end in `outcomes`, for a `with`.
    The rules are docs/landing.md's, "Versions of a key".

    Looked at are all versions of every key of which some current row is not staged, in replaced batches too, and the rows
    whose key cannot be read. So the outcomes are the same before and after stage_versioned_rows has added its rows.

    Grain of `outcomes`: one row a current landed row among those, and one a row that is recalled from a replaced batch.
    Columns: the typed columns, `_text_of_<column>`, landing's metadata, and
        outcome_code    staged, quarantined, superseded or deleted
        is_held         staged, though a newer version is quarantined
        rule_code, column_name, raw_value     of a quarantined row: which rule, where, and what stood there
-#}
{% macro row_outcomes(relation, staged_relation, columns, key) %}
{%- set metadata = ['_batch_id', '_batch_sequence', '_source', '_file', '_row', '_is_deleted', '_is_current', '_fault_code', '_fault_text'] -%}
{%- set record = ['_source'] + key_texts(key) -%}
unstaged as (

    select landed.*
    from {{ relation }} as landed
    where
        landed._is_current
        and not exists (
            select 1
            from {{ staged_relation }} as staged
            where
                staged._batch_sequence = landed._batch_sequence
                and staged._row = landed._row
                and staged._file = landed._file
        )

),

unstaged_keys as (

    select distinct {{ key | join(', ') }}
    from unstaged

),

versions as (

    select landed.*
    from {{ relation }} as landed
    inner join unstaged_keys
        on {% for name in key %}{{ 'and ' if not loop.first }}unstaged_keys.{{ name }} = landed.{{ name }}
        {% endfor %}

    union all

    select *
    from unstaged
    where {% for name in key %}{{ ' or ' if not loop.first }}{{ name }} is null{% endfor %}

),

typed_versions as (

    select
        {%- for column in columns %}
        {{ typed(column.name, column.type) }} as {{ column.name }},
        {{ column.name }} as _text_of_{{ column.name }},
        {%- endfor %}
        {{ metadata | join(', ') }}
    from versions

),

judged_versions as (

    select
        *,
        case
            when _fault_code is not null then '(record)'
            {%- for column in columns if column.name in key %}
            when {{ column.name }} is null then '{{ column.name }}'
            {%- endfor %}
            {%- for column in columns if column.name not in key %}
            when not _is_deleted and not {{ is_fit(column.name, '_text_of_' ~ column.name, column) }} then '{{ column.name }}'
            {%- endfor %}
        end as _failing_column,
        _fault_code is null
        {%- for name in key %} and {{ name }} is not null{% endfor %} as _has_key,
        {%- for column in columns %}
        coalesce(_text_of_{{ column.name }}, '') || chr(31) ||
        {%- endfor %}
        case when _is_deleted then 'deleted' else '' end as _content
    from typed_versions

),

ranked_versions as (

    select
        *,
        row_number() over (
            partition by {{ record | join(', ') }}, _batch_sequence
            order by _row desc, _file desc
        ) as _rank_in_batch,
        min(_content) over (partition by {{ record | join(', ') }}, _batch_sequence)
        <> max(_content) over (partition by {{ record | join(', ') }}, _batch_sequence) as _is_contradicted,
        max(case when _is_current then _batch_sequence end) over (partition by {{ record | join(', ') }}) as _newest_sequence
    from judged_versions
    where _has_key

),

full_batches as (

    select
        source_name,
        batch_sequence
    from {{ relation.incorporate(path={'identifier': 'batches'}) }}
    where
        table_name = '{{ relation.identifier }}'
        and kind_code = 'full'
        and not is_same_as_before

),

{#- One row a key, source and batch: what that batch says about the key, and the full batches up to it. -#}
batch_versions as (

    select
        {%- for name in record %}
        ranked_versions.{{ name }},
        {%- endfor %}
        ranked_versions._batch_sequence,
        ranked_versions._newest_sequence,
        case
            when ranked_versions._is_contradicted then 'contradicted'
            when ranked_versions._is_deleted then 'tombstone'
            when ranked_versions._failing_column is not null then 'failing'
            else 'good'
        end as _status,
        count(full_batches.batch_sequence) as _fulls_until,
        count(case when full_batches.batch_sequence = ranked_versions._batch_sequence then 1 end) as _is_full
    from ranked_versions
    left join full_batches
        on
            ranked_versions._source = full_batches.source_name
            and ranked_versions._batch_sequence >= full_batches.batch_sequence
    where
        ranked_versions._rank_in_batch = 1
        and ranked_versions._batch_sequence <= ranked_versions._newest_sequence
    group by
        {%- for name in record %}
        ranked_versions.{{ name }},
        {%- endfor %}
        ranked_versions._batch_sequence,
        ranked_versions._newest_sequence,
        ranked_versions._is_contradicted,
        ranked_versions._is_deleted,
        ranked_versions._failing_column

),

{#- A full batch between two versions of a key did not have the key: it was gone then, and nothing before is brought back. -#}
gaps as (

    select
        *,
        coalesce(
            lead(_fulls_until - _is_full) over (partition by {{ record | join(', ') }} order by _batch_sequence) - _fulls_until,
            0
        ) as _absences_until_next
    from batch_versions

),

settled_versions as (

    select
        *,
        sum(_absences_until_next) over (
            partition by {{ record | join(', ') }}
            order by _batch_sequence desc
            rows between unbounded preceding and current row
        ) as _absences_since,
        max(case when _batch_sequence < _newest_sequence and _status in ('good', 'tombstone') then _batch_sequence end)
            over (partition by {{ record | join(', ') }}) as _last_settled_sequence,
        max(case when _batch_sequence = _newest_sequence then _status end)
            over (partition by {{ record | join(', ') }}) as _newest_status
    from gaps

),

chosen_versions as (

    select
        {{ record | join(', ') }},
        _batch_sequence,
        _newest_status <> 'good' as _is_held
    from settled_versions
    where
        _status = 'good'
        and (
            _batch_sequence = _newest_sequence
            or (
                _newest_status in ('failing', 'contradicted')
                and _batch_sequence = _last_settled_sequence
                and _absences_since = 0
            )
        )

),

chosen_keys as (

    select
        {{ key_texts(key) | join(', ') }},
        min(_source) <> max(_source) as _has_two_sources,
        max(case when _is_held then 1 else 0 end) = 1 as _is_key_held
    from chosen_versions
    group by {{ key_texts(key) | join(', ') }}

),

{#- Rows of a key that no source may claim alone: both are quarantined, because neither is known to be right. -#}
decided_versions as (

    select
        ranked_versions.*,
        case
            when chosen_versions._batch_sequence is not null and ranked_versions._rank_in_batch = 1
                then case when chosen_keys._has_two_sources then 'quarantined' else 'staged' end
            when ranked_versions._batch_sequence < ranked_versions._newest_sequence then 'superseded'
            when ranked_versions._is_contradicted then 'quarantined'
            when ranked_versions._rank_in_batch > 1 then 'superseded'
            when ranked_versions._is_deleted then 'deleted'
            else 'quarantined'
        end as outcome_code,
        coalesce(chosen_versions._is_held, false) and not coalesce(chosen_keys._has_two_sources, false) as is_held,
        coalesce(chosen_keys._is_key_held, false) and not coalesce(chosen_keys._has_two_sources, false) as is_key_held,
        case
            when chosen_versions._batch_sequence is not null then 'key_in_two_sources'
            when ranked_versions._is_contradicted then 'repeated_key'
        end as _rule_of_key
    from ranked_versions
    left join chosen_versions
        on
            ranked_versions._batch_sequence = chosen_versions._batch_sequence
            {%- for name in record %}
            and ranked_versions.{{ name }} = chosen_versions.{{ name }}
            {%- endfor %}
    left join chosen_keys
        on {% for name in key_texts(key) %}{{ 'and ' if not loop.first }}ranked_versions.{{ name }} = chosen_keys.{{ name }}
        {% endfor %}

),

outcomes as (

    select
        {%- for column in columns %}
        {{ column.name }},
        _text_of_{{ column.name }},
        {%- endfor %}
        {{ metadata | join(', ') }},
        outcome_code,
        is_held,
        is_key_held,
        case when outcome_code = 'quarantined' then {{ failing_rule(columns, '_rule_of_key') }} end as rule_code,
        case
            when outcome_code = 'quarantined'
                then case when _rule_of_key is not null then '{{ key | join(", ") }}' else _failing_column end
        end as column_name,
        case when outcome_code = 'quarantined' then {{ failing_text(columns, key, '_rule_of_key') }} end as raw_value
    from decided_versions
    where _is_current or outcome_code = 'staged'

    union all

    select
        {%- for column in columns %}
        {{ column.name }},
        _text_of_{{ column.name }},
        {%- endfor %}
        {{ metadata | join(', ') }},
        'quarantined' as outcome_code,
        false as is_held,
        false as is_key_held,
        {{ failing_rule(columns, 'null') }} as rule_code,
        _failing_column as column_name,
        {{ failing_text(columns, key, 'null') }} as raw_value
    from judged_versions
    where
        not _has_key
        and _is_current

)
{% endmacro %}

{#- The names of a key's landed texts. -#}
{% macro key_texts(key) %}
    {%- set names = [] -%}
    {%- for name in key -%}
        {%- do names.append('_text_of_' ~ name) -%}
    {%- endfor -%}
    {{ return(names) }}
{% endmacro %}

{#- The rule that a row breaks: the key's, the record's own, a missing value, or the grammar of the failing column. -#}
{% macro failing_rule(columns, rule_of_key) -%}
    case
        when {{ rule_of_key }} is not null then {{ rule_of_key }}
        when _fault_code is not null then _fault_code
        {%- for column in columns %}
        when _failing_column = '{{ column.name }}'
            then case when coalesce(_text_of_{{ column.name }}, '') = '' then 'missing_value' else 'malformed_{{ column.type }}' end
        {%- endfor %}
    end
{%- endmacro %}

{#- What stood in the failing column; for a broken record and a broken key, the record and the key. -#}
{% macro failing_text(columns, key, rule_of_key) -%}
    case
        when {{ rule_of_key }} is not null then {{ key_texts(key) | join(" || ', ' || ") }}
        when _fault_code is not null then _fault_text
        {%- for column in columns %}
        when _failing_column = '{{ column.name }}' then _text_of_{{ column.name }}
        {%- endfor %}
    end
{%- endmacro %}
