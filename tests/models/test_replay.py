"""Protects the nights that dbt does not run: what is sent from a recording makes the tables that dbt makes.

Without it a replayed night could leave out rows that need a statement more than the night of the recording (versions of
a key, quarantined rows), and every number of it would still look plausible.
"""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
import yaml

from ml.products import register_ml
from openspm.company import load_company
from openspm.compiled_models import compiled_folder
from openspm.contract import load_contract
from openspm.landing import RunIdentity, register
from openspm.landing.nightly import land_all
from openspm.recordings import load_recordings
from openspm.replay import replay
from openspm.settings import load_settings
from openspm.sources.simulated import SimulationSettings, write
from openspm.transform import run_dbt_in_process
from tests.models.conftest import BuiltModels

pytestmark = pytest.mark.timeout(600)

# The models whose statements depend on the rows that came; built_models has recorded these and all others.
DEPENDING_ON_ROWS = ["run", "--select", "openspm.staging", "+fct_landed_rows", "+fct_quarantined_records"]


@pytest.fixture(scope="module")
def candidate(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small company with defects, some of them rows that a file has twice; landed and registered, and not built."""
    folder = tmp_path_factory.mktemp("defects")
    shutil.copytree(checkout / "examples" / "demo" / "plans", folder / "company" / "plans")
    declared = yaml.safe_load((checkout / "examples" / "demo" / "company.yml").read_text(encoding="utf-8"))
    declared |= {"id": "defects", "sources": [{"name": "records", "kind": "files", "path": str(folder / "records")}]}
    (folder / "company" / "company.yml").write_text(yaml.safe_dump(declared, sort_keys=False), encoding="utf-8")
    company = load_company(folder / "company")
    settings = load_settings(company.folder, {"OPENSPM_HOME": str(folder / "home")})
    state = settings.state(company.id)
    state.claim()
    contract = company.extend(load_contract())
    now = datetime.now(UTC)
    write(SimulationSettings(opportunity_count=150), folder / "records", "csv")
    for table in ("accounts", "users"):
        path = folder / "records" / f"{table}.csv"
        text = path.read_text(encoding="utf-8")
        path.write_text(text + text.splitlines(keepends=True)[-1], encoding="utf-8")
    land_all(settings, state, company, contract, now)
    path = folder / "warehouse.duckdb"
    register(path, state, contract, company, now, RunIdentity("run", "test"))
    register_ml(path, folder / "ml")
    return path


def test_a_replay_makes_the_tables_that_dbt_makes(built_models: BuiltModels, candidate: Path, tmp_path: Path) -> None:
    paths = {}
    for side in ("by_dbt", "replayed"):
        paths[side] = tmp_path / side / "warehouse.duckdb"
        paths[side].parent.mkdir()
        shutil.copy(candidate, paths[side])
    said = run_dbt_in_process(DEPENDING_ON_ROWS, built_models.settings, built_models.state, paths["by_dbt"])
    assert said.is_success
    replayed = replay(["run"], built_models.settings, built_models.state, paths["replayed"])
    assert replayed is not None
    assert {(node.unique_id, node.status, node.message) for node in said.nodes} <= {
        (node.unique_id, node.status, node.message) for node in replayed.nodes
    }
    assert [node.unique_id for node in replayed.nodes if node.name.startswith("fct_payouts")] != []
    with duckdb.connect() as connection:
        for side, path in paths.items():
            connection.execute(f"attach '{path}' as {side} (read_only)")
        by_dbt, as_replayed = (columns_in(connection, side) for side in paths)
        assert by_dbt
        assert set(by_dbt) <= set(as_replayed)
        assert [table for table in sorted({row[0] for row in by_dbt}) if are_different(connection, table)] == []
        outcomes = connection.execute("select distinct outcome_code from replayed.intermediate.int_rows_unstaged")
        assert {code for (code,) in outcomes.fetchall()} == {"quarantined", "superseded"}


def test_most_tables_can_be_made_without_their_query_and_none_with_a_key(built_models: BuiltModels) -> None:
    """A table that a replay makes without its query would lose its key."""
    [recording] = load_recordings(compiled_folder(built_models.state.compiled), ["run"])
    made = {node.name for node in recording.nodes if node.without_rows is not None}
    with duckdb.connect(str(built_models.candidate), read_only=True) as connection:
        keys = connection.execute("select table_name from duckdb_constraints() where constraint_type = 'PRIMARY KEY'")
        keyed = {name for (name,) in keys.fetchall()}
    assert {"publications", "runs"} <= keyed
    assert not keyed & made
    assert len(made) > 100


def columns_in(connection: duckdb.DuckDBPyConnection, side: str) -> list[tuple[str, ...]]:
    """Every column of every table that models made: table, name, type and whether it may be NULL."""
    return connection.execute(
        "select schema_name || '.' || table_name, column_name, data_type, is_nullable from duckdb_columns() "
        "inner join duckdb_tables() using (database_name, schema_name, table_name) "
        f"where database_name = '{side}' and schema_name <> 'landing' order by all"
    ).fetchall()


def are_different(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    """Whether a table has a row on one side that it has not on the other."""
    return any(
        connection.execute(f"select * from {one}.{table} except all select * from {other}.{table}").fetchone()
        for one, other in (("by_dbt", "replayed"), ("replayed", "by_dbt"))
    )
