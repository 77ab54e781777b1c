"""SQLite: a file, read in one transaction. It has no decimals and no times: a value is as it was stored."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import quote

import pyarrow as pa

from openspm.sources.sql.database import Address, Fault, ResultColumn, Statement
from openspm.sources.sql.python_rows import text_batches, text_of

BUSY_SECONDS = 30


def connect(address: Address) -> SqliteDatabase:
    """Open the file, and begin a transaction that reads one state.

    Raises:
        SourceUnreachable: there is no such file, or it cannot be read.
    """
    path = address.company_folder / (address.url.database or "")
    if not path.is_file():
        address.fail("unreachable", f"there is no file {path}")
    try:
        connection = sqlite3.connect(
            f"file:{quote(str(Path(path).absolute()))}?mode=ro", uri=True, timeout=BUSY_SECONDS, isolation_level=None
        )
        connection.execute("pragma query_only = on")
        connection.execute("begin")
        # The state is fixed by the first read, not by `begin`.
        connection.execute("select count(*) from sqlite_master").fetchone()
    except sqlite3.Error as error:
        address.fail("unreachable", str(error))
    return SqliteDatabase(address, connection)


class SqliteDatabase:
    """A transaction of a SQLite file."""

    has_booleans = False

    def __init__(self, address: Address, connection: sqlite3.Connection) -> None:
        self._address = address
        self._connection = connection

    def quote(self, name: str) -> str:
        """A name as an SQL identifier."""
        return '"' + name.replace('"', '""') + '"'

    def describe(self, statement: Statement) -> list[ResultColumn]:
        """The columns of a SELECT; what a value is, SQLite knows only when it reads one."""
        try:
            cursor = self._connection.execute(statement.wrapped("*") + "\nlimit 0")
        except sqlite3.Error as error:
            self._fail(error, statement)
        return [ResultColumn(column[0]) for column in cursor.description]

    def highest(self, statement: Statement, column: ResultColumn) -> str | None:
        """The highest value of a column of a SELECT, as text."""
        try:
            row = self._connection.execute(statement.wrapped(f"max({self.quote(column.name)})")).fetchone()
        except sqlite3.Error as error:
            self._fail(error, statement)
        return text_of(row[0]) if row else None

    def rows(self, statement: Statement, columns: Sequence[ResultColumn], condition: str) -> Iterator[pa.RecordBatch]:
        """The rows of a SELECT in batches of text."""
        names = [column.name for column in columns]
        try:
            cursor = self._connection.execute(statement.wrapped(", ".join(map(self.quote, names)), condition))
            yield from text_batches(cursor, names)
        except sqlite3.Error as error:
            self._fail(error, statement)

    def close(self) -> None:
        """End the transaction and the connection."""
        self._connection.close()

    def _fail(self, error: sqlite3.Error, statement: Statement) -> None:
        """Raise what SQLite said about a statement."""
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        fault: Fault = "statement" if code in (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_MISMATCH) else "unreachable"
        self._address.fail(fault, str(error), statement)
