"""Showing landed batches to a candidate: relations `landing.<table>` as of a time, and what the run is.

SQL after this knows no path, no manifest and no as-of: a second engine registers the same relations its own way.
"""

from __future__ import annotations

import contextlib
import datetime
import zoneinfo
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from openspm.company import Company
from openspm.contract import METADATA_COLUMNS, Contract, Table
from openspm.landing.manifest import Manifest, batch_path, read_manifests
from openspm.settings import StatePaths

LEDGER_COLUMNS = (
    "ledger_sequence BIGINT, entry_id VARCHAR, entry_kind_code VARCHAR, payee_id VARCHAR, plan_id VARCHAR, "
    "component_id VARCHAR, calendar_id VARCHAR, period_id VARCHAR, line_id VARCHAR, entry_amount DECIMAL(38, 4), "
    "currency_code VARCHAR, posted_at TIMESTAMP, entry_sha256 VARCHAR"
)


@dataclass(frozen=True)
class RunIdentity:
    """What a run is called and which code makes it."""

    run_id: str
    code_version: str


def register(
    candidate: Path | duckdb.DuckDBPyConnection,
    state: StatePaths,
    contract: Contract,
    company: Company,
    as_of: datetime.datetime,
    run: RunIdentity,
) -> None:
    """Make the schema `landing` in a candidate, from what had landed by a time.

    It holds a relation for every canonical table (empty where nothing landed), and `run`, `columns`, `batches` and
    `ledger_entries`. An existing schema is replaced.

    Args:
        candidate: a DuckDB file, or a connection to one, which stays open.
        state: the company's state.
        contract: canonical tables with the company's extension columns.
        company: the company.
        as_of: the aware time up to which batches are known.
        run: identity of the run.
    """
    with _connected(candidate) as connection:
        manifests = read_manifests(state, as_of)
        connection.execute("drop schema if exists landing cascade")
        connection.execute("create schema landing")
        current = current_batch_ids(manifests)
        for table in contract:
            batches = [manifest for manifest in manifests if manifest.table == table.name]
            connection.execute(_relation(state, table, batches, current))
        _register_run(connection, company, as_of, run)
        _register_columns(connection, contract, manifests, current)
        _register_batches(connection, manifests, current)
        connection.execute(f"create table landing.ledger_entries ({LEDGER_COLUMNS})")


@contextlib.contextmanager
def _connected(candidate: Path | duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to the candidate; one that was opened here is closed here."""
    if isinstance(candidate, duckdb.DuckDBPyConnection):
        yield candidate
        return
    connection = duckdb.connect(str(candidate))
    try:
        yield connection
    finally:
        connection.close()


def current_batch_ids(manifests: Sequence[Manifest]) -> set[str]:
    """The batches that count: for each table and source the newest full one and the deltas after it.

    A batch that only records that nothing changed counts for nothing: the one that it equals does.
    """
    current: dict[tuple[str, str], list[str]] = {}
    for manifest in manifests:
        if manifest.same_as_batch_id is not None:
            continue
        batches = current.setdefault((manifest.table, manifest.source), [])
        if manifest.kind == "full":
            batches.clear()
        batches.append(manifest.batch_id)
    return {batch_id for batch_ids in current.values() for batch_id in batch_ids}


def _relation(state: StatePaths, table: Table, manifests: Sequence[Manifest], current: set[str]) -> str:
    """The statement that makes `landing.<table>`."""
    stored = [manifest for manifest in manifests if manifest.same_as_batch_id is None]
    counting = [manifest for manifest in stored if manifest.batch_id in current]
    replaced = [manifest for manifest in stored if manifest.batch_id not in current]
    parts = [_scan(state, table, counting, True), _scan(state, table, replaced, False)]
    scans = [part for part in parts if part is not None]
    if not scans:
        columns = [f"cast(null as varchar) as {name}" for name in table.column_names]
        columns += [f"cast(null as {kind}) as {name}" for name, kind in METADATA_COLUMNS.items()]
        scans = [f"select {', '.join(columns)} where false"]
    return f"create view landing.{table.name} as {' union all '.join(scans)}"


def _scan(state: StatePaths, table: Table, manifests: Sequence[Manifest], is_current: bool) -> str | None:
    """The select over the files of some batches of a table; None without batches."""
    if not manifests:
        return None
    present = {name for manifest in manifests for name in manifest.columns}
    columns = [name if name in present else f"cast(null as varchar) as {name}" for name in table.column_names]
    columns += [
        "_batch_id",
        "_batch_sequence",
        "cast(timezone('UTC', _extracted_at) as timestamp) as _extracted_at",
        "_source",
        "_file",
        "_row",
        "_is_deleted",
        f"{'true' if is_current else 'false'} as _is_current",
        "_fault_code",
        "_fault_text",
    ]
    paths = ", ".join(_quoted(str(batch_path(state, table.name, manifest.batch_id))) for manifest in manifests)
    by_name = ", union_by_name = true" if len({manifest.columns for manifest in manifests}) > 1 else ""
    return f"select {', '.join(columns)} from read_parquet([{paths}]{by_name})"


def _register_run(
    connection: duckdb.DuckDBPyConnection, company: Company, as_of: datetime.datetime, run: RunIdentity
) -> None:
    """Write the one row that says what the run is and which day it is for."""
    local_date = as_of.astimezone(zoneinfo.ZoneInfo(company.timezone_name)).date()
    connection.execute(
        "create table landing.run (run_id varchar, as_of_at timestamp, as_of_date date, code_version varchar, "
        "company_id varchar)"
    )
    connection.execute(
        "insert into landing.run values (?, ?, ?, ?, ?)",
        [
            run.run_id,
            as_of.astimezone(datetime.UTC).replace(tzinfo=None),
            company.as_of_date or local_date,
            run.code_version,
            company.id,
        ],
    )


def _register_columns(
    connection: duckdb.DuckDBPyConnection, contract: Contract, manifests: Sequence[Manifest], current: set[str]
) -> None:
    """Write which columns are present: one row a canonical column."""
    batches = [manifest for manifest in manifests if manifest.batch_id in current]
    present = {(manifest.table, name) for manifest in batches for name in manifest.columns}
    connection.execute(
        "create table landing.columns (table_name varchar, column_name varchar, type_code varchar, "
        "is_required boolean, is_extension boolean, is_present boolean)"
    )
    rows = [
        (
            table.name,
            column.name,
            column.type,
            column.is_required,
            column.name.startswith("x_"),
            (table.name, column.name) in present,
        )
        for table in contract
        for column in table.columns
    ]
    connection.execute(
        "insert into landing.columns values "
        + ", ".join(
            f"({_quoted(table)}, {_quoted(name)}, {_quoted(kind)}, {required}, {extension}, {is_present})"
            for table, name, kind, required, extension, is_present in rows
        )
    )


def _register_batches(connection: duckdb.DuckDBPyConnection, manifests: Sequence[Manifest], current: set[str]) -> None:
    """Write one row a batch that is known, with what its manifest counts."""
    connection.execute(
        "create table landing.batches (batch_id varchar, batch_sequence bigint, table_name varchar, "
        "source_name varchar, kind_code varchar, row_count bigint, filtered_count bigint, is_current boolean, "
        "is_same_as_before boolean, landed_at timestamp)"
    )
    if not manifests:
        return
    # A mapping may leave out other rows and give equal ones: the newest record of equal rows says how many it left out.
    filtered = {manifest.stored_batch_id: manifest.filtered_count for manifest in manifests}
    rows = ", ".join(
        f"({_quoted(manifest.batch_id)}, {manifest.batch_sequence}, {_quoted(manifest.table)}, "
        f"{_quoted(manifest.source)}, {_quoted(manifest.kind)}, {manifest.row_count}, "
        f"{filtered[manifest.stored_batch_id]}, "
        f"{manifest.batch_id in current}, {manifest.same_as_batch_id is not None}, "
        f"timestamp '{manifest.landed_at.astimezone(datetime.UTC).replace(tzinfo=None).isoformat(sep=' ')}')"
        for manifest in manifests
    )
    connection.execute(f"insert into landing.batches values {rows}")


def _quoted(text: str) -> str:
    """Text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"
