with

batches as (

    select
        batch_id,
        table_name,
        source_name,
        filtered_count,
        is_current
    from {{ source('landing', 'batches') }}

),

counted as (

    select
        table_name,
        source_name,
        batch_id,
        landed_count,
        staged_count,
        held_count
    from {{ ref('int_rows_counted') }}

),

unstaged as (

    select
        table_name,
        source_name,
        outcome_code
    from {{ ref('int_rows_unstaged') }}

),

batches_summed as (

    select
        table_name,
        source_name,
        sum(filtered_count) as filtered_count
    from batches
    where is_current
    group by table_name, source_name

),

-- A held key's last good version may lie in a batch that a newer full one replaced: it is brought back, and counts as
-- in.
rows_summed as (

    select
        counted.table_name,
        counted.source_name,
        sum(counted.landed_count) as landed_count,
        sum(counted.staged_count) as staged_count,
        sum(counted.held_count) as held_count,
        sum(case when not batches.is_current then counted.staged_count else 0 end) as recalled_count
    from counted
    inner join batches
        on counted.batch_id = batches.batch_id
    group by counted.table_name, counted.source_name

),

unstaged_summed as (

    select
        table_name,
        source_name,
        count(case when outcome_code = 'quarantined' then 1 end) as quarantined_count,
        count(case when outcome_code = 'superseded' then 1 end) as superseded_count,
        count(case when outcome_code = 'deleted' then 1 end) as deleted_count
    from unstaged
    group by table_name, source_name

)

select
    batches_summed.table_name || ':' || batches_summed.source_name as landed_rows_id,
    batches_summed.table_name,
    batches_summed.source_name,
    cast(
        coalesce(rows_summed.landed_count, 0) + coalesce(rows_summed.recalled_count, 0) + batches_summed.filtered_count
        as bigint
    ) as rows_in_count,
    cast(coalesce(rows_summed.staged_count, 0) as bigint) as staged_count,
    cast(coalesce(unstaged_summed.quarantined_count, 0) as bigint) as quarantined_count,
    cast(coalesce(unstaged_summed.superseded_count, 0) as bigint) as superseded_count,
    cast(coalesce(unstaged_summed.deleted_count, 0) as bigint) as deleted_count,
    cast(batches_summed.filtered_count as bigint) as filtered_count,
    cast(coalesce(rows_summed.held_count, 0) as bigint) as held_count,
    cast(coalesce(rows_summed.recalled_count, 0) as bigint) as recalled_count
from batches_summed
left join rows_summed
    on
        batches_summed.table_name = rows_summed.table_name
        and batches_summed.source_name = rows_summed.source_name
left join unstaged_summed
    on
        batches_summed.table_name = unstaged_summed.table_name
        and batches_summed.source_name = unstaged_summed.source_name
