"""Staging's SQL as dbt compiles it, to be run on small databases without dbt."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from openspm.company import load_company
from openspm.contract import METADATA_COLUMNS, load_contract
from openspm.landing import RunIdentity, register
from openspm.settings import load_settings
from openspm.transform import run_dbt_in_process
from tests.compiled import COMPILED

CUT = "-- cut here"
CHECKOUT = Path(__file__).resolve().parent.parent.parent
NOON = datetime.datetime(2026, 6, 1, 12, tzinfo=datetime.UTC)


@dataclass(frozen=True)
class StagingSql:
    """What staging runs for one canonical table.

    Attributes:
        table: the canonical table.
        relation: its staged relation.
        clean: the select of the model.
        versioned: the insert that follows it.
        unstaged: the select that says what became of the other rows.
    """

    table: str
    relation: str
    clean: str
    versioned: str
    unstaged: str

    def run(self, connection: duckdb.DuckDBPyConnection) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Stage what `landing` holds.

        Returns:
            The staged rows, and the rows that are not staged with their outcome.
        """
        connection.execute("create schema if not exists warehouse.staging")
        connection.execute(f"create or replace table {self.relation} as {self.clean}")
        connection.execute(self.versioned)
        return rows_of(connection, f"from {self.relation}"), rows_of(connection, self.unstaged)


def rows_of(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    """The rows of a query as dictionaries."""
    cursor = connection.execute(query)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def compile_staging(folder: Path, tables: Sequence[str]) -> dict[str, StagingSql]:
    """Have dbt compile staging of some tables, all in one command."""
    company = load_company(CHECKOUT / "examples" / "micro")
    settings = load_settings(company.folder, {"OPENSPM_HOME": str(folder / "home"), **COMPILED})
    state = settings.state(company.id)
    state.claim()
    contract = load_contract()
    candidate = folder / "warehouse.duckdb"
    register(candidate, state, contract, company, NOON, RunIdentity("run", "test"))
    parts = []
    for name in tables:
        source = f"source('landing', '{name}')"
        model = f"ref('stg_{contract[name].group}__{name}')"
        parts += [
            f"{{{{ {model} }}}}",
            f"{{{{ stage_landed_rows({source}) }}}}",
            f"{{{{ insert_versioned_rows({source}, {model}) }}}}",
            f"{{{{ unstaged_rows({source}, {model}) }}}}",
        ]
    run_dbt_in_process(["compile", "--inline", CUT.join(parts)], settings, state, candidate)
    compiled = next(path for path in (state.dbt / "target" / "compiled").rglob("inline_query*") if path.is_file())
    pieces = compiled.read_text(encoding="utf-8").split(CUT)
    return {
        name: StagingSql(name, *(piece.strip() for piece in pieces[4 * number : 4 * number + 4]))
        for number, name in enumerate(tables)
    }


def empty_warehouse() -> duckdb.DuckDBPyConnection:
    """A database in memory under the name that compiled SQL uses, with an empty landing schema."""
    connection = duckdb.connect()
    connection.execute("attach ':memory:' as warehouse")
    connection.execute("use warehouse")
    connection.execute("set TimeZone = 'UTC'")
    connection.execute("create schema landing")
    connection.execute(
        "create table landing.batches (batch_id varchar, batch_sequence bigint, table_name varchar, "
        "source_name varchar, kind_code varchar, is_same_as_before boolean)"
    )
    return connection


def land_rows(connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[dict[str, Any]]) -> None:
    """Put rows into a landing relation, as register would show them; absent columns are NULL."""
    columns = [*load_contract()[table].column_names, *METADATA_COLUMNS]
    types = [METADATA_COLUMNS.get(column, "varchar") for column in columns]
    connection.execute(f"drop table if exists landing.{table}")
    definitions = ", ".join(f"{column} {kind}" for column, kind in zip(columns, types, strict=True))
    connection.execute(f"create table landing.{table} ({definitions})")
    defaults = {"_source": "crm", "_file": "f", "_is_deleted": False, "_is_current": True, "_batch_sequence": 1}
    for number, row in enumerate(rows, start=1):
        whole = {**defaults, "_row": number, **row}
        whole.setdefault("_batch_id", str(whole["_batch_sequence"]))
        marks = ", ".join("?" for _ in columns)
        connection.execute(f"insert into landing.{table} values ({marks})", [whole.get(column) for column in columns])
