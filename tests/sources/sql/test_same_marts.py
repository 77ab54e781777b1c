"""One company, extracted from files and from a database: the same marts, row by row and to the last digit.

Without it a company that moves from exports to its database would be paid differently on the next day.
"""

from __future__ import annotations

import io
from pathlib import Path

import psycopg
import pyarrow as pa
import pyarrow.csv as pa_csv

from openspm.contract import Table, load_contract
from tests.sources.same_marts import assert_same_tables, build, company_with, simulated_tables, write_files
from tests.sources.sql.servers import PostgresqlServer

TYPES = {
    "integer": "bigint", "amount": "numeric(18, 4)", "ratio": "numeric(18, 12)", "rate": "numeric(18, 12)",
    "date": "date", "timestamp": "timestamptz", "boolean": "boolean",
}  # fmt: skip


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


def test_files_and_a_database_give_the_same_marts(tmp_path: Path, postgresql: PostgresqlServer) -> None:
    tables = simulated_tables()
    for side in ("files", "sql"):
        (tmp_path / side).mkdir()
    write_files(tmp_path / "data", tables)
    database = postgresql.database()
    by_sql = company_with(tmp_path / "by_sql", f'{{name: simulated, kind: sql, url: "{database.url}"}}')
    fill_database(database.connection, by_sql.folder / "sources" / "simulated", tables)
    database.connection.close()
    by_files = company_with(tmp_path / "by_files", "{name: simulated, kind: files, path: ../data}")
    counts = assert_same_tables(build(by_files, tmp_path / "files"), build(by_sql, tmp_path / "sql"))
    assert counts["fct_payouts"] > 0
    assert counts["fct_landed_rows"] > 20
    assert counts["fct_quarantined_records"] == 0
