"""PostgreSQL: rows through COPY, whose text is the database's own, in one REPEATABLE READ transaction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.csv as pa_csv
from psycopg.conninfo import make_conninfo

from openspm.sources.sql.database import (
    APPLICATION_NAME,
    CONNECT_SECONDS,
    Address,
    Fault,
    ResultColumn,
    Statement,
)

# What one batch of rows takes as CSV, about.
BATCH_BYTES = 8 << 20
BOOLEAN = 16
NUMBERS = frozenset({20, 21, 23, 26, 700, 701, 1700})
SESSION = {
    "TimeZone": "UTC",
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    # Else a scan may begin in the middle of a table that another session reads, and equal rows come in another order.
    "synchronize_seqscans": "off",
    "default_transaction_read_only": "on",
}
# Classes of SQLSTATE after which the same statement may well run another time.
PASSING_CLASSES = ("08", "40", "53", "57", "58")
PASSING_WORDS = ("starting up", "shutting down", "too many", "connection slots", "recovery")
NO_PRIVILEGE = "42501"


def connect(address: Address) -> PostgresqlDatabase:
    """Connect, and begin a transaction that reads one state and cannot write.

    Raises:
        SourceUnreachable: no server answers.
        SourceRefused: it refuses the user.
    """
    url = address.url
    parameters: dict[str, Any] = {
        "host": url.host,
        "port": url.port,
        "user": url.username,
        "password": url.password,
        "dbname": url.database,
        "connect_timeout": CONNECT_SECONDS,
        "application_name": APPLICATION_NAME,
        **url.query,
    }
    try:
        connection = psycopg.connect(make_conninfo(**parameters), autocommit=True)
    except psycopg.Error as error:
        address.fail(_connect_fault(str(error)), str(error))
    try:
        settings = {**SESSION, "statement_timeout": f"{address.timeout_seconds}s"}
        for name, value in settings.items():
            connection.execute("select set_config(%s, %s, false)", [name, value])
        connection.autocommit = False
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
    except psycopg.Error as error:
        connection.close()
        address.fail("unreachable", str(error))
    return PostgresqlDatabase(address, connection)


class PostgresqlDatabase:
    """A transaction of a PostgreSQL server."""

    has_booleans = True

    def __init__(self, address: Address, connection: psycopg.Connection) -> None:
        self._address = address
        self._connection = connection

    def quote(self, name: str) -> str:
        """A name as an SQL identifier."""
        return '"' + name.replace('"', '""') + '"'

    def describe(self, statement: Statement) -> list[ResultColumn]:
        """The columns of a SELECT."""
        query = statement.wrapped("*") + "\nlimit 0"
        try:
            # A mapping that fails must not end the transaction, in which the other tables are still to be read.
            with self._connection.transaction():
                described = self._connection.execute(query.encode()).description or []
        except psycopg.Error as error:
            self._fail(error, statement, query)
        return [ResultColumn(column.name, column.type_code in NUMBERS, column.type_code) for column in described]

    def highest(self, statement: Statement, column: ResultColumn) -> str | None:
        """The highest value of a column of a SELECT, as text."""
        query = statement.wrapped(f"cast(max({self.quote(column.name)}) as text)")
        try:
            row = self._connection.execute(query.encode()).fetchone()
        except psycopg.Error as error:
            self._fail(error, statement, query)
        return row[0] if row else None

    def rows(self, statement: Statement, columns: Sequence[ResultColumn], condition: str) -> Iterator[pa.RecordBatch]:
        """The rows of a SELECT in batches of text."""
        names = [column.name for column in columns]
        texts = [
            f"cast({self.quote(column.name)} as text)" if column.type_code == BOOLEAN else self.quote(column.name)
            for column in columns
        ]
        # What COPY gives begins on the mapping's own first line, so that a position leads to its line.
        query = f"copy ({statement.wrapped(', '.join(texts), condition)}) to stdout (format csv)"
        pieces: list[bytes] = []
        size = 0
        try:
            with self._connection.cursor() as cursor, cursor.copy(query.encode()) as copy:
                for piece in copy:
                    pieces.append(bytes(piece))
                    size += len(pieces[-1])
                    if size >= BATCH_BYTES:
                        yield _parsed(b"".join(pieces), names)
                        pieces, size = [], 0
        except psycopg.Error as error:
            self._fail(error, statement, query)
        except pa.ArrowInvalid as error:
            self._address.fail("statement", f"a value is no text: {error}", statement)
        if pieces:
            yield _parsed(b"".join(pieces), names)

    def close(self) -> None:
        """End the transaction and the connection."""
        self._connection.close()

    def _fail(self, error: psycopg.Error, statement: Statement, query: str) -> None:
        """Raise what the server said about a statement, with its line in the mapping."""
        state = error.sqlstate
        position = error.diag.statement_position
        line = query[: int(position) - 1].count("\n") if position else None
        said = error.diag.message_primary or str(error)
        self._address.fail(_statement_fault(state), said, statement, line)


def _parsed(csv: bytes, names: list[str]) -> pa.RecordBatch:
    """Whole records of COPY's CSV as a batch: a value without quotes that is empty is NULL, one in quotes is not."""
    table = pa_csv.read_csv(
        pa.BufferReader(csv),
        read_options=pa_csv.ReadOptions(column_names=names, block_size=max(len(csv), 1)),
        parse_options=pa_csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
        convert_options=pa_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )
    return table.combine_chunks().to_batches()[0]


def _connect_fault(text: str) -> Fault:
    """Whether a server answered and refused, or did not answer."""
    answered = "FATAL:" in text or "fe_sendauth" in text
    return "refused" if answered and not any(word in text for word in PASSING_WORDS) else "unreachable"


def _statement_fault(state: str | None) -> Fault:
    """What kind of fault a statement met."""
    if state is None or state.startswith(PASSING_CLASSES):
        return "unreachable"
    return "refused" if state == NO_PRIVILEGE else "statement"
