-- dbt makes this table empty; a run fills it after the gate, against this contract (openspm/warehouse/meta_tables.py).
select
    cast(null as {{ dbt.type_string() }}) as run_id,
    cast(null as {{ dbt.type_string() }}) as status_code,
    cast(null as {{ dbt.type_timestamp() }}) as started_at,
    cast(null as {{ dbt.type_timestamp() }}) as finished_at,
    cast(null as {{ dbt.type_timestamp() }}) as as_of_at,
    cast(null as date) as as_of_date,
    cast(null as {{ dbt.type_string() }}) as code_version,
    cast(null as {{ dbt.type_bigint() }}) as exit_code,
    cast(null as {{ dbt.type_string() }}) as failed_step_name,
    cast(null as {{ dbt.type_string() }}) as message_text
where false
