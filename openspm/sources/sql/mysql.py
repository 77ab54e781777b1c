"""MySQL and MariaDB: rows as the server writes them, streamed, in one consistent snapshot that cannot write."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import pymysql
from pymysql.constants import FIELD_TYPE
from pymysql.cursors import SSCursor
from sqlalchemy.engine import URL

from openspm.sources.sql.database import CONNECT_SECONDS, Address, Fault, ResultColumn, Statement
from openspm.sources.sql.python_rows import text_batches, text_of

NUMBERS = frozenset(
    {
        FIELD_TYPE.TINY, FIELD_TYPE.SHORT, FIELD_TYPE.INT24, FIELD_TYPE.LONG, FIELD_TYPE.LONGLONG,
        FIELD_TYPE.DECIMAL, FIELD_TYPE.NEWDECIMAL, FIELD_TYPE.FLOAT, FIELD_TYPE.DOUBLE,
    }
)  # fmt: skip
ACCESS_DENIED = frozenset({1044, 1045, 1142, 1143, 1227, 1698})
# Server and client errors after which the same statement may well run another time.
PASSING = frozenset(
    {1040, 1053, 1158, 1159, 1160, 1161, 1205, 1213, 1317, 1969, 3024, 2002, 2003, 2005, 2006, 2013, 2014}
)


def connect(address: Address) -> MysqlDatabase:
    """Connect, and begin a transaction that reads one state and cannot write.

    Raises:
        SourceUnreachable: no server answers.
        SourceRefused: it refuses the user.
    """
    try:
        connection = pymysql.connect(
            **_arguments(address.url),
            charset="utf8mb4",
            connect_timeout=CONNECT_SECONDS,
            read_timeout=address.timeout_seconds,
            cursorclass=SSCursor,
            conv={},
            autocommit=True,
        )
    except (pymysql.Error, OSError, TypeError) as error:
        address.fail(_fault(error), _said(error))
    database = MysqlDatabase(address, connection)
    try:
        database.run("set time_zone = '+00:00'")
        database.run("set session transaction isolation level repeatable read")
        database.run("start transaction with consistent snapshot, read only")
    except pymysql.Error as error:
        connection.close()
        address.fail(_fault(error), _said(error))
    return database


def _arguments(url: URL) -> dict[str, Any]:
    """The driver's arguments for a URL, as SQLAlchemy reads it."""
    dialect = url.set(drivername="mysql+pymysql").get_dialect()()
    arguments = dialect.create_connect_args(url)[1]
    return {name: value for name, value in arguments.items() if name not in {"client_flag", "charset"}}


class MysqlDatabase:
    """A transaction of a MySQL or MariaDB server."""

    has_booleans = False

    def __init__(self, address: Address, connection: Any) -> None:
        self._address = address
        self._connection = connection

    def quote(self, name: str) -> str:
        """A name as an SQL identifier."""
        return "`" + name.replace("`", "``") + "`"

    def run(self, query: str) -> list[tuple[Any, ...]]:
        """Run a statement and read all that it gives."""
        with self._connection.cursor() as cursor:
            cursor.execute(query)
            return list(cursor.fetchall())

    def describe(self, statement: Statement) -> list[ResultColumn]:
        """The columns of a SELECT."""
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(statement.wrapped("*") + "\nlimit 0")
                described = list(cursor.description or ())
        except pymysql.Error as error:
            self._fail(error, statement)
        return [ResultColumn(column[0], column[1] in NUMBERS, column[1]) for column in described]

    def highest(self, statement: Statement, column: ResultColumn) -> str | None:
        """The highest value of a column of a SELECT, as text."""
        try:
            rows = self.run(statement.wrapped(f"max({self.quote(column.name)})"))
        except pymysql.Error as error:
            self._fail(error, statement)
        return text_of(rows[0][0]) if rows else None

    def rows(self, statement: Statement, columns: Sequence[ResultColumn], condition: str) -> Iterator[pa.RecordBatch]:
        """The rows of a SELECT in batches of text; a TIMESTAMP, which is an instant, with the offset of the session."""
        names = [column.name for column in columns]
        texts = [
            f"concat({self.quote(column.name)}, '+00:00')"
            if column.type_code == FIELD_TYPE.TIMESTAMP
            else self.quote(column.name)
            for column in columns
        ]
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(statement.wrapped(", ".join(texts), condition))
                yield from text_batches(cursor, names)
        except pymysql.Error as error:
            self._fail(error, statement)

    def close(self) -> None:
        """End the transaction and the connection."""
        self._connection.close()

    def _fail(self, error: Exception, statement: Statement) -> None:
        """Raise what the server said about a statement."""
        self._address.fail(_fault(error), _said(error), statement)


def _said(error: Exception) -> str:
    """The server's words without its number."""
    return str(error.args[1]) if len(error.args) > 1 else str(error)


def _fault(error: Exception) -> Fault:
    """What kind of fault it is."""
    code = error.args[0] if error.args else 0
    if code in ACCESS_DENIED:
        return "refused"
    passing = isinstance(error, OSError | pymysql.InterfaceError) or code in PASSING
    return "unreachable" if passing or not isinstance(code, int) or code == 0 else "statement"
