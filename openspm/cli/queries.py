"""`openspm query`: SQL on the published file, read-only and with access to no other file."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from openspm.cli.options import CompanyOption, JsonOption, open_company
from openspm.cli.terminal import Screen
from openspm.errors import OpenspmError, UsageError

if TYPE_CHECKING:
    from openspm.settings import StatePaths

ROWS_SHOWN = 200


def query(
    sql: Annotated[str, typer.Argument(metavar="SQL", help="One query; marts lie in the schema marts.")],
    company: CompanyOption = None,
    is_open: Annotated[bool, typer.Option("--open", help="Ask the file without pay.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Ask the published warehouse. Nothing can be changed, and no other file or address can be reached."""
    if as_csv and as_json:
        raise UsageError("--csv and --json exclude each other", next_step="Name one of them.")
    columns, rows = read_published(_published_file(open_company(company).state, is_open), sql)
    if as_csv:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
        return
    screen = Screen(as_json)
    screen.answer([dict(zip(columns, row, strict=True)) for row in rows])
    screen.table(columns, rows[:ROWS_SHOWN])
    if len(rows) > ROWS_SHOWN:
        screen.say(f"... and {len(rows) - ROWS_SHOWN:,} more rows; --csv or --json prints all of them.")


COMMANDS: tuple[Callable[..., None], ...] = (query,)


def read_published(path: Path, sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Column names and rows of one query on a published file.

    Raises:
        UsageError: not one query.
        OpenspmError: the query fails; in DuckDB's words.
    """
    import duckdb

    try:
        statements = duckdb.extract_statements(sql)
    except duckdb.Error as error:
        raise UsageError(f"This is no SQL: {error}", next_step="Correct the query.") from None
    if len(statements) != 1:
        raise UsageError(f"One query is wanted, {len(statements)} were given", next_step="Ask one after the other.")
    with duckdb.connect(str(path), read_only=True) as connection:
        connection.execute("set enable_external_access = false")
        connection.execute("set lock_configuration = true")
        try:
            cursor = connection.execute(statements[0])
            return [column[0] for column in cursor.description or []], cursor.fetchall()
        except duckdb.Error as error:
            raise OpenspmError(
                f"The query failed: {error}",
                str(path),
                "List the marts with: openspm query \"select table_name from information_schema.tables where table_schema = 'marts'\"",  # noqa: E501
            ) from None


def _published_file(state: StatePaths, is_open: bool) -> Path:
    from openspm.warehouse.generation_files import OPEN_FILE
    from openspm.warehouse.generations import current_warehouse

    path = current_warehouse(state)
    return (path.with_name(OPEN_FILE) if is_open else path).resolve()
