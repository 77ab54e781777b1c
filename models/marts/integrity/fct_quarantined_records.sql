with

unstaged as (

    select
        table_name,
        source_name,
        batch_id,
        file_name,
        row_number,
        record_key,
        rule_code,
        column_name,
        raw_value,
        raw_record,
        is_key_held,
        outcome_code
    from {{ ref('int_rows_unstaged') }}

)

select
    table_name || ':' || batch_id || ':' || file_name || ':' || cast(row_number as varchar) as quarantine_id,
    table_name,
    source_name,
    batch_id,
    file_name,
    row_number,
    record_key,
    rule_code,
    column_name,
    raw_value,
    raw_record,
    file_name || ', record ' || cast(row_number as varchar) || ', ' || column_name || ': '
    || {{ quarantine_message('rule_code') }} as message,
    is_key_held
from unstaged
where outcome_code = 'quarantined'
