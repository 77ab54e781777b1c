-- dbt makes this table empty; a run fills it after the gate, against this contract (openspm/warehouse/meta_tables.py).
select
    cast(null as {{ dbt.type_string() }}) as run_id,
    cast(null as {{ dbt.type_bigint() }}) as step_sequence,
    cast(null as {{ dbt.type_string() }}) as step_name,
    cast(null as decimal(18, 3)) as step_seconds
where false
