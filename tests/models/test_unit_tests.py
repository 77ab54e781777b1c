"""Protects what every model computes: the dbt unit tests, which no night runs.

Without it a rule (who a deal counts for, which month, what a missing rate does) could change and every total still
look plausible.
"""

import duckdb

from openspm.transform import run_dbt_in_process
from tests.models.conftest import BuiltModels


def test_every_unit_test_of_the_models_passes(built_models: BuiltModels) -> None:
    result = run_dbt_in_process(
        ["test", "--select", "test_type:unit"], built_models.settings, built_models.state, built_models.candidate
    )
    assert [f"{node.name}: {node.message}" for node in result.failed_nodes] == []
    assert len(result.nodes) >= 36


def test_a_company_that_landed_nothing_has_empty_marts_and_no_error(built_models: BuiltModels) -> None:
    assert [f"{node.name}: {node.message}" for node in built_models.result.failed_nodes] == []
    with duckdb.connect(str(built_models.candidate), read_only=True) as warehouse:
        marts = warehouse.execute("select table_name from duckdb_tables() where schema_name = 'marts'").fetchall()
        filled = [
            name
            for (name,) in marts
            if name != "fct_landed_rows" and warehouse.execute(f"select count(*) from marts.{name}").fetchone() != (0,)
        ]
    assert len(marts) > 15
    assert filled == []
