"""Dagster's event log with its databases kept open, for a run that writes hundreds of events from one process.

The files are those of Dagster's own SQLite storage, which opens and closes a database for every event (about 5 ms) and
looks up its own tables and columns with most of them; a night has more than a thousand events. `dagster dev` reads the
same files through Dagster's own class.

Left out are the two events that say of each asset and check, before the one that counts, that a step has given
something out: no step of a night can be run again alone, so nobody reads them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

import sqlalchemy as sa
from dagster._core.events import DagsterEventType
from dagster._core.events.log import EventLogEntry
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._serdes import ConfigurableClassData
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.pool import StaticPool

BUSY_SECONDS = 30
NOT_KEPT = frozenset({DagsterEventType.STEP_OUTPUT, DagsterEventType.HANDLED_OUTPUT})


class KeptOpenEventLog(SqliteEventLogStorage):
    """One connection a database, opened with its first event and closed with the instance."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        """Take the folder of the databases."""
        self._engines: dict[str, Engine] = {}
        self._tables: set[str] = set()
        self._asset_columns: set[str] = set()
        super().__init__(base_dir, inst_data)

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> Self:
        """Make the storage that InstanceRef describes."""
        return cls(inst_data=inst_data, **config_value)

    def store_event(self, event: EventLogEntry) -> None:
        """Store an event that somebody reads."""
        if event.dagster_event_type not in NOT_KEPT:
            super().store_event(event)

    def has_table(self, table_name: str) -> bool:
        """Whether the index has a table; one that it has, it keeps."""
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    def _has_asset_key_col_on_connection(self, conn: Connection, column_name: str) -> bool:
        """Whether the table of assets has a column; one that it has, it keeps."""
        if column_name not in self._asset_columns and super()._has_asset_key_col_on_connection(conn, column_name):
            self._asset_columns.add(column_name)
        return column_name in self._asset_columns

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        """A transaction on one database; the base class opens a connection of its own here."""
        with self._db_lock:
            if shard not in self._engines:
                self._engines[shard] = self._open(shard)
            with self._engines[shard].begin() as connection:
                yield connection

    def _open(self, shard: str) -> Engine:
        """Open a database; a commit is in the file at once and on the disk with the next checkpoint."""
        engine = sa.create_engine(
            self.conn_string_for_shard(shard),
            poolclass=StaticPool,
            connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
        )
        self._initdb(engine)
        self._initialized_dbs.add(shard)
        with engine.connect() as connection:
            connection.execute(sa.text("pragma synchronous = normal"))
        return engine

    def dispose(self) -> None:
        """Close all databases."""
        for engine in self._engines.values():
            engine.dispose()
        self._engines.clear()
        super().dispose()
