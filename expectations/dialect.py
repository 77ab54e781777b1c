"""The SQLAlchemy dialect by which Great Expectations reads a DuckDB file.

A DuckDB result dies with its connection, and Great Expectations fetches after it has given the connection back. This
dialect reads every result into memory when its statement has run, by SQLAlchemy's own buffered strategy, so the fetch
finds the rows. Gate queries return aggregates and at most a few hundred rows, so buffering costs nothing.

All connections are read-only and end with their engine: nothing of the gate keeps a candidate open after it.

Columns are asked of DuckDB itself. duckdb-engine asks its imitation of PostgreSQL's catalogue: 0.2 s a table
in a warehouse of some hundred relations.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb_engine
import sqlalchemy
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg2 import PGExecutionContext_psycopg2
from sqlalchemy.engine import Connection
from sqlalchemy.engine.cursor import FullyBufferedCursorFetchStrategy
from sqlalchemy.engine.interfaces import ReflectedColumn, ReflectedPrimaryKeyConstraint
from sqlalchemy.exc import DBAPIError, NoSuchTableError
from sqlalchemy.pool import QueuePool

DRIVER_NAME = "openspm_gate"
PREVIOUS_CATALOG = "previous"


class BufferedExecutionContext(PGExecutionContext_psycopg2):
    """An execution context whose results live on after their connection is closed."""

    def post_exec(self) -> None:
        """Read the whole result of a statement that has one."""
        super().post_exec()  # type: ignore[no-untyped-call]
        cursor: Any = self.cursor
        if cursor is not None and cursor.description:
            self.cursor_fetch_strategy = FullyBufferedCursorFetchStrategy(
                cursor, alternate_description=cursor.description, initial_buffer=cursor.fetchall()
            )


class BufferedDialect(duckdb_engine.Dialect):
    """duckdb-engine's dialect with buffered results, and with the previous publication attached where there is one."""

    driver = DRIVER_NAME
    execution_ctx_cls = BufferedExecutionContext
    # Dialects do not inherit this; every statement of a gate is run once, so a cache would gain nothing.
    supports_statement_cache = False

    def connect(self, *arguments: Any, previous: str | None = None, **options: Any) -> Any:
        """Open a connection, and attach the file `previous` to it, read-only."""
        connection = super().connect(*arguments, **options)
        if previous is not None:
            quoted = previous.replace("'", "''")
            connection.execute(f"attach if not exists '{quoted}' as {PREVIOUS_CATALOG} (read_only)")
        return connection

    def get_columns(
        self, connection: Connection, table_name: str, schema: str | None = None, **_: Any
    ) -> list[ReflectedColumn]:
        """Return name, type and nullability of a relation's columns.

        Raises:
            NoSuchTableError: the candidate has no such relation.
        """
        quote = self.identifier_preparer.quote
        try:
            rows = connection.exec_driver_sql(f"describe {quote(schema or 'main')}.{quote(str(table_name))}").all()
        except DBAPIError as error:
            raise NoSuchTableError(str(table_name)) from error

        def reflect(data_type: str, name: str) -> Any:
            # The reader of types is PostgreSQL's, which knows no other name for a decimal than numeric.
            known = data_type.lower().replace("decimal(", "numeric(")
            return self._reflect_type(known, {}, {}, type_description=f"column {name!r}", collation=None)

        return [
            {
                "name": name,
                "type": reflect(data_type, name),
                "nullable": nullability == "YES",
                "default": None,
            }
            for name, data_type, nullability, *_ in rows
        ]

    def get_pk_constraint(self, *_: Any, **__: Any) -> ReflectedPrimaryKeyConstraint:
        """Return no key: relations of a candidate declare none, dbt tests them."""
        return {"constrained_columns": [], "name": None}


def engine_options(previous: Path | None, config: Mapping[str, str | int]) -> dict[str, Any]:
    """Return the options of `create_engine` for one gate.

    Every connection of a process to one file must have the same options, so all of a gate's come from here.

    Args:
        previous: published warehouse of the last publication; None on the first run.
        config: DuckDB settings, such as threads and memory_limit.
    """
    connect_options: dict[str, Any] = {"read_only": True, "config": dict(config)}
    if previous is not None:
        connect_options["previous"] = str(previous.resolve())
    return {"poolclass": QueuePool, "connect_args": connect_options}


def connection_url(database: Path) -> str:
    """Return the address of a DuckDB file for `create_engine`, and make the dialect known to SQLAlchemy."""
    registry.register(f"duckdb.{DRIVER_NAME}", __name__, BufferedDialect.__name__)
    return f"duckdb+{DRIVER_NAME}:///{database.resolve()}"


def open_engine(database: Path, options: Mapping[str, Any]) -> sqlalchemy.Engine:
    """Return an engine for queries of the gate's own, beside those that Great Expectations runs."""
    return sqlalchemy.create_engine(connection_url(database), **options)
