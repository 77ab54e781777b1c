-- dbt makes this table empty; a run fills it after the gate, against this contract (expectations/results.py).
select
    cast(null as {{ dbt.type_string() }}) as run_id,
    cast(null as {{ dbt.type_string() }}) as gate_code,
    cast(null as {{ dbt.type_string() }}) as suite_name,
    cast(null as {{ dbt.type_string() }}) as expectation_id,
    cast(null as {{ dbt.type_string() }}) as table_name,
    cast(null as {{ dbt.type_string() }}) as column_name,
    cast(null as {{ dbt.type_string() }}) as severity_code,
    cast(null as {{ dbt.type_string() }}) as status_code,
    cast(null as {{ dbt.type_boolean() }}) as is_success,
    cast(null as {{ dbt.type_string() }}) as observed_value,
    cast(null as {{ dbt.type_bigint() }}) as unexpected_count,
    cast(null as {{ dbt.type_string() }}) as sample_keys,
    cast(null as {{ dbt.type_string() }}) as reason_text,
    cast(null as {{ dbt.type_string() }}) as protected_marts,
    cast(null as {{ dbt.type_timestamp() }}) as evaluated_at
where false
