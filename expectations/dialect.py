"""The SQLAlchemy dialect by which Great Expectations reads a DuckDB file.

A DuckDB result dies with its connection, and Great Expectations fetches after it has given the connection back. This dialect
reads every result into memory when its statement has run, by SQLAlchemy's own buffered strategy, so the fetch finds the rows.
Gate queries return aggregates and at most a few hundred rows, so buffering costs nothing.

`duckdb+openspm_gate:///<absolute path>` opens a file through it once `register` has been called.
"""

from pathlib import Path
from typing import Any

import duckdb_engine
from sqlalchemy.dialects import registry
from sqlalchemy.engine.cursor import FullyBufferedCursorFetchStrategy
from sqlalchemy.engine.default import DefaultExecutionContext

DRIVER_NAME = "openspm_gate"


class BufferedExecutionContext(DefaultExecutionContext):
    """An execution context whose results live on after their connection is closed."""

    def post_exec(self) -> None:
        """Read the whole result of a statement that has one."""
        super().post_exec()
        cursor: Any = self.cursor
        if cursor is not None and cursor.description:
            self.cursor_fetch_strategy = FullyBufferedCursorFetchStrategy(
                cursor, alternate_description=cursor.description, initial_buffer=cursor.fetchall()
            )


class BufferedDialect(duckdb_engine.Dialect):
    """duckdb-engine's dialect with buffered results."""

    driver = DRIVER_NAME
    execution_ctx_cls = BufferedExecutionContext
    supports_statement_cache = False


def register() -> None:
    """Make the dialect known to SQLAlchemy; doing it twice does no harm."""
    registry.register(f"duckdb.{DRIVER_NAME}", __name__, BufferedDialect.__name__)


def connection_url(database: Path) -> str:
    """Return the address of a DuckDB file for SQLAlchemy's `create_engine`."""
    return f"duckdb+{DRIVER_NAME}:///{database.resolve()}"
