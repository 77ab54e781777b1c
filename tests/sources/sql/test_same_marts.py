"""One company, extracted from files and from a database: the same marts, row by row and to the last digit.

Without it a company that moves from exports to its database would be paid differently on the next day.
"""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

import duckdb
import psycopg
import pyarrow as pa
import pyarrow.csv as pa_csv
import pytest

from ml.products import register_ml
from openspm.company import Company, load_company
from openspm.contract import Table, load_contract
from openspm.landing import RunIdentity, land_all, register
from openspm.model_builder import NIGHT_COMMANDS, ModelBuilder
from openspm.settings import load_settings
from openspm.sources.simulated import SimulationSettings, generate
from tests.compiled import COMPILED
from tests.sources.sql.conftest import NOON
from tests.sources.sql.servers import PostgresqlServer

pytestmark = pytest.mark.xdist_group("postgresql")
MICRO = Path(__file__).parents[3] / "examples" / "micro"
TYPES = {
    "integer": "bigint", "amount": "numeric(18, 4)", "ratio": "numeric(18, 12)", "rate": "numeric(18, 12)",
    "date": "date", "timestamp": "timestamptz", "boolean": "boolean",
}  # fmt: skip


def company_with(folder: Path, source: str) -> Company:
    """The micro company with another source of the same name."""
    folder.mkdir()
    head, _, rest = (MICRO / "company.yml").read_text().partition("sources:\n")
    reporting = rest[rest.index("reporting:") :]
    (folder / "company.yml").write_text(f"{head}sources:\n  - {{name: simulated, {source}}}\n{reporting}")
    (folder / "plans").symlink_to(MICRO / "plans")
    return load_company(folder)


def simulated_tables() -> dict[str, pa.Table]:
    """What the micro company's systems have, as text."""
    company = load_company(MICRO)
    settings = SimulationSettings(**company.sources[0].model_dump(exclude={"name", "kind"}))
    return dict(generate(settings, company.id, company.calendar.id).tables)


def write_files(folder: Path, tables: dict[str, pa.Table]) -> None:
    """One CSV a table."""
    folder.mkdir()
    for name, table in tables.items():
        pa_csv.write_csv(table, folder / f"{name}.csv")


def fill_database(connection: psycopg.Connection, mappings: Path, tables: dict[str, pa.Table]) -> None:
    """One typed table each, in a schema of its own, and the mapping that reads it."""
    mappings.mkdir(parents=True)
    contract = load_contract()
    connection.execute("create schema erp")
    for name, table in tables.items():
        connection.execute(f"create table erp.{name} ({', '.join(_definitions(contract[name], table))})")
        text = io.BytesIO()
        pa_csv.write_csv(table, text)
        with connection.cursor().copy(f"copy erp.{name} from stdin (format csv, header)") as copy:
            copy.write(text.getvalue())
        mapping = f"select {', '.join(table.column_names)} from erp.{name} order by position"
        (mappings / f"{name}.sql").write_text(mapping, encoding="utf-8")
        connection.execute(f"alter table erp.{name} add position serial")


def _definitions(table: Table, rows: pa.Table) -> list[str]:
    return [f"{name} {TYPES.get(table.column(name).type, 'text')}" for name in rows.column_names]


def build(company: Company, folder: Path) -> Path:
    """Land, and build every model."""
    settings = load_settings(company.folder, {"OPENSPM_HOME": str(folder / "home"), **COMPILED})
    state = settings.state(company.id)
    state.claim()
    contract = company.extend(load_contract())
    land_all(settings, state, company, contract, NOON)
    state.builds.mkdir()
    register(state.candidate, state, contract, company, NOON, RunIdentity("run", "test"))
    register_ml(state.candidate, folder / "ml")
    with contextlib.closing(ModelBuilder(settings, state, NIGHT_COMMANDS)) as builder:
        for command in NIGHT_COMMANDS:
            result = builder.run(command)
            assert result.is_success, result.failed_nodes
    return state.candidate


def test_files_and_a_database_give_the_same_marts(tmp_path: Path, postgresql: PostgresqlServer) -> None:
    tables = simulated_tables()
    for side in ("files", "sql"):
        (tmp_path / side).mkdir()
    write_files(tmp_path / "data", tables)
    database = postgresql.database()
    by_sql = company_with(tmp_path / "by_sql", f'kind: sql, url: "{database.url}"')
    fill_database(database.connection, by_sql.folder / "sources" / "simulated", tables)
    database.connection.close()
    by_files = company_with(tmp_path / "by_files", 'kind: files, path: "../data"')
    with duckdb.connect() as connection:
        for side, company in (("files", by_files), ("sql", by_sql)):
            candidate = build(company, tmp_path / side)
            connection.execute(f"attach '{candidate}' as by_{side} (read_only)")
        marts = [
            row[0]
            for row in connection.execute(
                "select table_name from duckdb_tables() where database_name = 'by_files' and schema_name = 'marts'"
            ).fetchall()
        ]
        counts = {}
        for mart in marts:
            sides = (f"by_files.marts.{mart}", f"by_sql.marts.{mart}")
            for one, other in (sides, sides[::-1]):
                assert connection.execute(f"from {one} except all from {other} limit 5").fetchall() == [], mart
            counts[mart] = connection.execute(f"select count(*) from {sides[1]}").fetchall()[0][0]
    assert counts["fct_payouts"] > 0
    assert counts["fct_landed_rows"] > 20
    assert counts["fct_quarantined_records"] == 0
