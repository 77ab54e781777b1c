"""The files of one generation: copied from the candidate, flushed to disk, and read in full before anyone sees them.

| file | content |
|---|---|
| warehouse.duckdb | the schemas marts and meta, tables only, with their descriptions |
| warehouse_open.duckdb | the same without payout marts and without pay columns |
| marts/<mart>.parquet | every mart |
| manifest.json | run, tables with rows and content hashes, files with sizes and SHA-256 |

Most tables are the same in both DuckDB files. They are written once, into the file without pay; its copy then gets what
only the full file has, so that nothing of pay was ever in a block of the open file.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from openspm.durable_files import flush_tree, hash_file, write_durably
from openspm.errors import OpenspmError
from openspm.faults import fault_point
from openspm.settings import Settings
from openspm.warehouse.published_tables import PublishedTable
from openspm.warehouse.run_records import RunRecord

FULL_FILE = "warehouse.duckdb"
OPEN_FILE = "warehouse_open.duckdb"
MANIFEST_FILE = "manifest.json"
PARQUET_FOLDER = "marts"
CANDIDATE_CATALOG = "candidate"

# Type and NOT NULL of columns, by schema, table and name.
Definitions = Mapping[tuple[str, str, str], str]


@dataclass(frozen=True)
class TableContent:
    """What a table holds, whatever the order of its rows: their number, and the sum of their hashes."""

    rows: int
    content_hash: str


class GenerationDamaged(OpenspmError):  # noqa: N818 - the name says what happened
    """A file of a generation does not hold what was copied into it."""


def write_generation(
    folder: Path, candidate: Path, tables: Sequence[PublishedTable], record: RunRecord, settings: Settings
) -> None:
    """Write and verify all files of a generation in an empty folder that no reader knows.

    Args:
        folder: exists and is empty.
        candidate: the gated candidate, opened by nobody.
        tables: what readers get.
        record: the run, with its publication.
        settings: limits of DuckDB, mode and group of the files.

    Raises:
        OpenspmError: the candidate lacks a table or a column that is declared.
        GenerationDamaged: what was written does not read back as what was copied.
        OSError: the disk is full.
    """
    shared = [table for table in tables if table.is_open and table.open_columns == table.column_names]
    closed = [table for table in tables if table not in shared]
    narrowed = [table for table in closed if table.is_open]
    full, open_file = folder / FULL_FILE, folder / OPEN_FILE
    with closing(_connect(settings, folder)) as connection:
        connection.execute(f"attach {_literal(candidate)} as {CANDIDATE_CATALOG} (read_only)")
        definitions = _column_definitions(connection)
        _check_complete(candidate, definitions, tables)

        def add(target: Path, columns: Mapping[PublishedTable, Sequence[str]]) -> dict[str, TableContent]:
            return _add_tables(connection, target, columns, definitions, settings)

        shared_contents = add(open_file, {table: table.column_names for table in shared})
        shutil.copyfile(open_file, full)
        contents = shared_contents | add(full, {table: table.column_names for table in closed})
        fault_point(settings, "after_copy")
        open_contents = shared_contents | add(open_file, {table: table.open_columns for table in narrowed})
        fault_point(settings, "after_open_file")
        _write_parquet(connection, full, folder / PARQUET_FOLDER, tables)
        fault_point(settings, "after_parquet")
    _write_manifest(folder, tables, contents, record, settings)
    fault_point(settings, "after_manifest")
    flush_tree(folder)
    mart_contents = {name: content for name, content in contents.items() if name.startswith("marts.")}
    with ThreadPoolExecutor(settings.threads) as pool:
        checks = (
            pool.submit(verify_duckdb, full, contents),
            pool.submit(_verify_parquet, folder, mart_contents),
            pool.submit(verify_duckdb, open_file, open_contents),
        )
    for check in checks:
        check.result()
    fault_point(settings, "after_verify")


def verify_duckdb(path: Path, contents: dict[str, TableContent]) -> None:
    """Read every row of every table of a published file, with external access off.

    Raises:
        GenerationDamaged: a table, a row or a value is not what was copied.
    """
    connection = duckdb.connect(
        str(path), read_only=True, config={"enable_external_access": False, "lock_configuration": True}
    )
    try:
        found = {
            f"{schema}.{name}": _content(connection, f'"{schema}"."{name}"')
            for schema, name in connection.execute(
                "select table_schema, table_name from information_schema.tables"
            ).fetchall()
        }
    except duckdb.Error as error:
        raise GenerationDamaged(
            f"A file that was just written cannot be read back: {error}",
            where=str(path),
            next_step="Check the disk, then run again; the last publication stays.",
        ) from None
    finally:
        connection.close()
    _compare(path, contents, found)


def _add_tables(
    connection: duckdb.DuckDBPyConnection,
    target: Path,
    columns: Mapping[PublishedTable, Sequence[str]],
    definitions: Definitions,
    settings: Settings,
) -> dict[str, TableContent]:
    """Copy tables of the candidate, or some columns of them, into a file, with descriptions and NOT NULL.

    Returns:
        What the candidate holds in these columns, by schema and table.
    """
    connection.execute(f"attach {_literal(target)} as published")
    connection.begin()
    contents = {}
    for table, names in columns.items():
        source = f'{CANDIDATE_CATALOG}."{table.schema}"."{table.name}"'
        _create(connection, table, {name: definitions[table.schema, table.name, name] for name in names}, source)
        contents[f"{table.schema}.{table.name}"] = _content(connection, source, names)
        fault_point(settings, "during_copy")
    connection.commit()
    connection.execute("detach published")
    return contents


def _column_definitions(connection: duckdb.DuckDBPyConnection) -> Definitions:
    """Type and NOT NULL of the candidate's columns, by schema, table and name: one look takes long."""
    rows = connection.execute(
        "select schema_name, table_name, column_name, data_type, is_nullable from duckdb_columns() "
        "where database_name = ?",
        [CANDIDATE_CATALOG],
    ).fetchall()
    return {
        (schema, table, name): data_type if is_nullable else f"{data_type} not null"
        for schema, table, name, data_type, is_nullable in rows
    }


def _create(
    connection: duckdb.DuckDBPyConnection, table: PublishedTable, columns: Mapping[str, str], source: str
) -> None:
    """Make one table of the new file: columns by name with their definitions, descriptions, rows."""
    lines = [f'"{name}" {definition}' for name, definition in columns.items()]
    target = f'published."{table.schema}"."{table.name}"'
    connection.execute(f'create schema if not exists published."{table.schema}"')
    connection.execute(f"create table {target} ({', '.join(lines)})")
    connection.execute(f"insert into {target} select {_list(list(columns))} from {source}")
    comments = [f"comment on table {target} is {_literal(table.description)}"]
    for column in table.columns:
        if column.name in columns:
            comments.append(f'comment on column {target}."{column.name}" is {_literal(column.description)}')
    connection.execute(";".join(comments))


def _check_complete(candidate: Path, definitions: Definitions, tables: Sequence[PublishedTable]) -> None:
    """Refuse a candidate whose tables are not the declared ones: half a build is not published."""
    built: dict[str, set[str]] = {}
    for schema, name, column in definitions:
        built.setdefault(f"{schema}.{name}", set()).add(column)
    for table in tables:
        name = f"{table.schema}.{table.name}"
        missing = {column.name for column in table.columns} - built.get(name, set())
        if not table.columns or missing:
            raise OpenspmError(
                f"The candidate lacks declared columns of {name}: {', '.join(sorted(missing)) or 'none is declared'}",
                where=str(candidate),
                next_step="Build every mart: a publication is all marts of one run, or nothing.",
            )


def _write_parquet(
    connection: duckdb.DuckDBPyConnection, full: Path, target: Path, tables: Sequence[PublishedTable]
) -> None:
    """Write every mart as Parquet from the full file."""
    target.mkdir(mode=0o700)
    connection.execute(f"attach {_literal(full)} as published (read_only)")
    for table in tables:
        if table.schema == "marts":
            connection.execute(
                f'copy published."{table.schema}"."{table.name}" '
                f"to {_literal(target / f'{table.name}.parquet')} (format parquet, compression zstd)"
            )
    connection.execute("detach published")


def _verify_parquet(folder: Path, contents: dict[str, TableContent]) -> None:
    """Read every Parquet file in full."""
    connection = duckdb.connect()
    target = folder / PARQUET_FOLDER
    try:
        found = {
            f"marts.{path.stem}": _content(connection, f"read_parquet({_literal(path)})")
            for path in target.glob("*.parquet")
        }
    finally:
        connection.close()
    _compare(target, contents, found)


def _write_manifest(
    folder: Path,
    tables: Sequence[PublishedTable],
    contents: dict[str, TableContent],
    record: RunRecord,
    settings: Settings,
) -> None:
    """Write what the generation is and holds."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    with ThreadPoolExecutor(settings.threads) as pool:
        hashes = dict(zip(files, pool.map(hash_file, files), strict=True))
    manifest: dict[str, Any] = {
        "run_id": record.run_id,
        "company_id": record.company_id,
        "as_of_at": record.as_of_at.isoformat(),
        "as_of_date": None if record.as_of_date is None else record.as_of_date.isoformat(),
        "code_version": record.code_version,
        "publication": None if record.publication is None else record.publication.model_dump(mode="json"),
        "tables": {
            f"{table.schema}.{table.name}": {
                "row_count": contents[f"{table.schema}.{table.name}"].rows,
                "content_hash": contents[f"{table.schema}.{table.name}"].content_hash,
                "audience": table.audience,
                "is_open": table.is_open,
            }
            for table in tables
        },
        "files": {
            path.relative_to(folder).as_posix(): {"byte_count": path.stat().st_size, "sha256": hashes[path]}
            for path in files
        },
    }
    write_durably(folder / MANIFEST_FILE, json.dumps(manifest, indent=1) + "\n")


def _content(
    connection: duckdb.DuckDBPyConnection, relation: str, columns: Sequence[str] | None = None
) -> TableContent:
    """Count and hash all rows of a relation; every value is read."""
    selected = "*" if columns is None else _list(columns)
    row = connection.execute(
        f"select count(*), coalesce(sum(hash(content)), 0) from (select {selected} from {relation}) as content"
    ).fetchone()
    if row is None:
        raise AssertionError("count(*) returns one row")
    return TableContent(int(row[0]), f"{int(row[1]):x}")


def _compare(path: Path, expected: dict[str, TableContent], found: dict[str, TableContent]) -> None:
    """Refuse files that do not hold what was copied into them."""
    for name in sorted(expected.keys() | found.keys()):
        if expected.get(name) != found.get(name):
            raise GenerationDamaged(
                f"{name} does not read back as it was written",
                where=str(path),
                next_step="Check the disk, then run again; the last publication stays.",
            )


def _connect(settings: Settings, folder: Path) -> duckdb.DuckDBPyConnection:
    """A connection of its own, spilling beside what it writes."""
    return duckdb.connect(
        config={
            "threads": settings.threads,
            "memory_limit": settings.memory_limit,
            "temp_directory": str(folder.parent / f".spill-{folder.name.lstrip('.')}"),
        }
    )


def _list(columns: Sequence[str]) -> str:
    """Column names for a select."""
    return ", ".join(f'"{name}"' for name in columns)


def _literal(value: Path | str) -> str:
    """A value as a SQL text literal."""
    return "'" + str(value).replace("'", "''") + "'"
