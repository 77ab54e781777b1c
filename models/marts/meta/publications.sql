-- dbt makes this table empty; a run fills it after the gate, against this contract (openspm/warehouse/meta_tables.py).
select
    cast(null as {{ dbt.type_string() }}) as run_id,
    cast(null as {{ dbt.type_bigint() }}) as generation_number,
    cast(null as {{ dbt.type_timestamp() }}) as published_at,
    cast(null as {{ dbt.type_timestamp() }}) as as_of_at,
    cast(null as date) as as_of_date,
    cast(null as {{ dbt.type_string() }}) as code_version,
    cast(null as {{ dbt.type_string() }}) as ledger_head,
    cast(null as {{ dbt.type_bigint() }}) as batch_count,
    cast(null as {{ dbt.type_string() }}) as batches_hash,
    cast(null as {{ dbt.type_bigint() }}) as mart_count
where false
