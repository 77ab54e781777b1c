"""Running a mapping: one SELECT over a source's raw relations that gives the rows of one canonical table.

A mapping keeps `_file` and `_row`, gives at most one row for each raw row, and names only columns of the contract. It
runs in a DuckDB of its own, without access to files or the network. What it leaves out is counted as filtered.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from openspm.contract import Table
from openspm.errors import OpenspmError
from openspm.settings import Settings
from openspm.sources.files.raw_rows import RaggedRecord, RawRows
from openspm.sources.files.relations import read_batches, united_columns

READ_ROWS = 16_384
LOAD_ROWS = 32_768
# For a DuckDB that keeps little, and gives back at once what it frees.
SMALL = {
    "threads": 1,
    "preserve_insertion_order": False,
    "allocator_flush_threshold": "8MB",
    "allocator_bulk_deallocation_flush_threshold": "8MB",
}
PLACE_COLUMNS = ("_file", "_row")
DELETED_COLUMN = "_is_deleted"
FLOATING_TYPES = frozenset({"FLOAT", "DOUBLE"})
TEXTLESS_PREFIXES = ("STRUCT", "MAP", "UNION", "BLOB")


@dataclass(frozen=True)
class SqlMapping:
    """A mapping file.

    Attributes:
        table: canonical table that it gives.
        path: the file, for messages.
        sql: its one SELECT, without a closing semicolon.
        relation_names: the raw relations that it reads.
        sha256: hash of the file's text.
    """

    table: str
    path: Path
    sql: str
    relation_names: tuple[str, ...]
    sha256: str


@dataclass
class MappedRows:
    """What a mapping gave.

    Attributes:
        columns: columns of the canonical table that it gives.
        filtered_count: raw rows of the relations that it takes rows from, which it left out.
        ragged: records of those relations that could not be split, with their files.
        connection: the DuckDB that holds the rows as table `mapped_rows`; the caller closes it.
    """

    columns: tuple[str, ...]
    filtered_count: int
    ragged: list[tuple[str, RaggedRecord]]
    connection: duckdb.DuckDBPyConnection

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The rows: the columns as string, `_file`, `_row`, and `_is_deleted` where the mapping gives it."""
        yield from self.connection.execute("select * from mapped_rows order by _file, _row").to_arrow_reader(READ_ROWS)


def read_mapping(path: Path) -> SqlMapping:
    """Read a mapping and check that it is one SELECT.

    Raises:
        OpenspmError: no SQL, or anything but one SELECT.
    """
    text = path.read_text(encoding="utf-8")
    connection = duckdb.connect()
    try:
        statements = connection.extract_statements(text)
        if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
            raise OpenspmError(
                "A mapping is one SELECT and nothing else",
                where=str(path),
                next_step="Leave one statement that begins with `select` or `with`.",
            )
        sql = statements[0].query.strip().rstrip(";")
        parsed = connection.execute("select cast(json_serialize_sql(cast(? as varchar)) as varchar)", [sql]).fetchone()
    except duckdb.Error as error:
        raise _sql_error(error, path) from None
    finally:
        connection.close()
    names = _relation_names(json.loads(parsed[0])) if parsed else []
    return SqlMapping(path.stem, path, sql, tuple(dict.fromkeys(names)), hashlib.sha256(text.encode()).hexdigest())


def _relation_names(node: Any) -> list[str]:
    """The relations that a parsed SELECT reads, in their order, without those that its own CTEs define."""
    if isinstance(node, list):
        return [name for part in node for name in _relation_names(part)]
    if not isinstance(node, dict):
        return []
    own = {entry["key"] for entry in (node.get("cte_map") or {}).get("map", [])}
    found = [str(node["table_name"])] if node.get("type") == "BASE_TABLE" else []
    found += [name for part in node.values() for name in _relation_names(part)]
    return [name for name in found if name not in own]


def run_mapping(
    mapping: SqlMapping,
    table: Table,
    relations: Mapping[str, list[RawRows]],
    settings: Settings,
    scratch: Path,
    macros: str = "",
    memory_limit: str | None = None,
) -> MappedRows:
    """Run a mapping over raw relations.

    Args:
        mapping: the mapping.
        table: the canonical table that it gives.
        relations: the opened files of each relation that it reads.
        settings: threads and memory.
        scratch: a folder for what does not fit into memory. The rows live in memory otherwise, as a file of them
            would be written and thrown away.
        macros: SQL that defines what the mapping calls.
        memory_limit: how much DuckDB holds in memory where that is enough; None for what the settings allow.

    Raises:
        OpenspmError: SQL that fails, unknown columns, a row without its place or with one made up, or a raw row that
            gives several rows.
    """
    usual: dict[str, Any] = {
        "threads": settings.threads,
        "memory_limit": settings.memory_limit,
        "temp_directory": str(scratch / f"{table.name}.spill"),
    }
    try:
        if memory_limit is not None:
            # Some operators cannot spill all that they hold; a table that needs more has what the settings allow.
            with contextlib.suppress(duckdb.OutOfMemoryException):
                small = {**usual, **SMALL, "memory_limit": memory_limit}
                return _mapped(mapping, table, relations, duckdb.connect(config=small), macros)
        return _mapped(mapping, table, relations, duckdb.connect(config=usual), macros)
    except duckdb.Error as error:
        raise _sql_error(error, mapping.path) from None


def _mapped(
    mapping: SqlMapping,
    table: Table,
    relations: Mapping[str, list[RawRows]],
    connection: duckdb.DuckDBPyConnection,
    macros: str,
) -> MappedRows:
    """Load the raw relations and run the mapping; the connection is closed if that fails."""
    try:
        connection.execute("set TimeZone = 'UTC'; set enable_progress_bar = false")
        connection.execute("set enable_external_access = false")
        connection.execute(macros)
        for name, opened in relations.items():
            _load(connection, name, opened)
        connection.execute("set lock_configuration = true")
        return _run(connection, mapping, table, relations)
    except BaseException:
        connection.close()
        raise


def describe_mapping(
    mapping: SqlMapping, table: Table, relations: Mapping[str, list[RawRows]], settings: Settings
) -> tuple[str, ...]:
    """The canonical columns that a mapping gives, without a row being read.

    Raises:
        OpenspmError: as run_mapping, for what shows without rows.
    """
    connection = duckdb.connect(config={"threads": 1, "memory_limit": settings.memory_limit})
    try:
        connection.execute("set enable_external_access = false")
        for name, opened in relations.items():
            _create(connection, name, united_columns(opened))
        return _described(connection, mapping, table)[0]
    except duckdb.Error as error:
        raise _sql_error(error, mapping.path) from None
    finally:
        connection.close()


def _described(
    connection: duckdb.DuckDBPyConnection, mapping: SqlMapping, table: Table
) -> tuple[tuple[str, ...], bool]:
    """The canonical columns of a mapping's result, checked, and whether it says what was deleted."""
    described = connection.execute(f"describe {mapping.sql}").fetchall()
    types = {str(row[0]): str(row[1]) for row in described}
    _check_columns(types, len(described), mapping, table)
    return tuple(name for name in table.column_names if name in types), DELETED_COLUMN in types


def _run(
    connection: duckdb.DuckDBPyConnection, mapping: SqlMapping, table: Table, relations: Mapping[str, list[RawRows]]
) -> MappedRows:
    """Run the SELECT, check what it gave, and count."""
    columns, has_deleted = _described(connection, mapping, table)
    texts = [f"cast({name} as varchar) as {name}" for name in columns]
    deleted = ["coalesce(cast(_is_deleted as boolean), false) as _is_deleted"] if has_deleted else []
    connection.execute(
        f"create table mapped_rows as select {', '.join([*texts, '_file', '_row', *deleted])} from ({mapping.sql})"
    )
    owners = _check_places(connection, mapping, relations)
    raw_count = sum(_count(connection, f'"{name}"') for name in owners)
    for name in relations:
        connection.execute(f"drop table {_identifier(name)}")
    ragged = [(rows.name, record) for name in owners for rows in relations[name] for record in rows.ragged]
    return MappedRows(columns, raw_count - _count(connection, "mapped_rows"), ragged, connection)


def _load(connection: duckdb.DuckDBPyConnection, name: str, opened: list[RawRows]) -> None:
    """Make the table of a raw relation."""
    columns = united_columns(opened)
    _create(connection, name, columns)
    for rows in opened:
        rows.ragged.clear()
        for piece in _pieces(read_batches(rows, columns)):
            connection.register("incoming_rows", piece)
            connection.execute(f"insert into {_identifier(name)} select * from incoming_rows")
            connection.unregister("incoming_rows")


def _pieces(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.Table]:
    """The same rows, some batches at a time: DuckDB holds all that one statement reads until it ends."""
    waiting: list[pa.RecordBatch] = []
    for batch in batches:
        waiting.append(batch)
        if sum(one.num_rows for one in waiting) >= LOAD_ROWS:
            yield pa.Table.from_batches(waiting)
            waiting = []
    if waiting:
        yield pa.Table.from_batches(waiting)


def _create(connection: duckdb.DuckDBPyConnection, name: str, columns: tuple[str, ...]) -> None:
    """Make the empty table of a raw relation."""
    definitions = [f"{_identifier(column)} varchar" for column in columns]
    connection.execute(f"create table {_identifier(name)} ({', '.join(definitions)}, _file varchar, _row bigint)")


def _check_columns(types: Mapping[str, str], column_count: int, mapping: SqlMapping, table: Table) -> None:
    """Refuse a result that lacks a row's place, or has columns that landing does not take.

    Raises:
        OpenspmError: with the column.
    """
    where = str(mapping.path)
    if len(types) != column_count:
        raise OpenspmError(
            "The mapping gives two columns of the same name", where=where, next_step="Give each one a name of its own."
        )
    for name in PLACE_COLUMNS:
        if name not in types:
            raise OpenspmError(
                f"The mapping drops {name}, by which a row is found again in its file",
                where=where,
                next_step="Select _file and _row of the relation that the rows come from.",
            )
    if types["_row"] != "BIGINT" or types["_file"] != "VARCHAR":
        raise OpenspmError(
            "The mapping changes _file or _row",
            where=where,
            next_step="Select both as they are, without a calculation.",
        )
    for name, kind in types.items():
        if name in PLACE_COLUMNS or name == DELETED_COLUMN:
            continue
        if name not in table.column_names:
            raise OpenspmError(
                f"The mapping gives {name!r}, which the table {table.name!r} does not have",
                where=where,
                next_step="Leave it out, or declare a column x_<name> under extension_columns in company.yml.",
            )
        if kind in FLOATING_TYPES or kind.endswith("]") or kind.startswith(TEXTLESS_PREFIXES):
            raise OpenspmError(
                f"The mapping gives {name!r} as {kind}, which has no exact text",
                where=where,
                next_step="Cast its parts to decimal before calculating, or cast the result to varchar.",
            )


def _check_places(
    connection: duckdb.DuckDBPyConnection, mapping: SqlMapping, relations: Mapping[str, list[RawRows]]
) -> list[str]:
    """Check that each row stands for one raw row, and none twice.

    Returns:
        The relations that rows were taken from; without any row, those that the mapping reads.

    Raises:
        OpenspmError: with the file and the row.
    """
    repeated = connection.execute(
        "select _file, _row, count(*) from mapped_rows group by all having count(*) > 1 order by all limit 1"
    ).fetchone()
    if repeated is not None:
        raise OpenspmError(
            f"The mapping gives {repeated[2]} rows for one raw row",
            where=f"{mapping.path}; {repeated[0]}, record {repeated[1]}",
            next_step="Look for a join whose key repeats on the other side, and aggregate or filter it first.",
        )
    all_places = " union all ".join(f"select _file, _row from {_identifier(name)}" for name in relations)
    invented = connection.execute(
        f"select _file, _row from mapped_rows where (_file, _row) not in ({all_places}) "
        "or _file is null or _row is null limit 1"
    ).fetchone()
    if invented is not None:
        raise OpenspmError(
            "The mapping gives a row that stands for no raw row",
            where=f"{mapping.path}; _file {invented[0]!r}, _row {invented[1]!r}",
            next_step="Select _file and _row of the relation that the rows come from.",
        )
    files = {row[0] for row in connection.execute("select distinct _file from mapped_rows").fetchall()}
    owners = [name for name, opened in relations.items() if files & {rows.name for rows in opened}]
    return owners or list(relations)


def _count(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    """The rows of a table."""
    row = connection.execute(f"select count(*) from {relation}").fetchone()
    return int(row[0]) if row else 0


def _sql_error(error: duckdb.Error, path: Path) -> OpenspmError:
    """What DuckDB says about a mapping, without what it adds for programmers."""
    text = str(error)
    line = re.search(r"LINE (\d+):", text)
    return OpenspmError(
        f"The mapping does not run: {text.splitlines()[0]}",
        where=f"{path}:{line[1]}" if line else str(path),
        next_step="Correct it; every raw column is text, and `openspm check` tries it without landing anything.",
    )


def _identifier(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'
