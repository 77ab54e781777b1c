"""Dagster's event log with its databases kept open and its events written together, for a run that has hundreds.

The files and rows are those of Dagster's own SQLite storage, which opens and closes a database for every event and
writes each by statements of its own (about 5 ms); a night has more than a thousand events. `dagster dev` reads the same
files through Dagster's own class.

What is said of assets and checks waits until a step begins or ends or somebody reads. A run that is killed loses at
most what its last step had said so far.

What an asset was last said to be is kept as well: a step asks for each of its assets, one by one, and for its checks.

Left out are the two events that say of each asset and check, before the one that counts, that a step has given
something out: no step of a night can be run again alone, so nobody reads them.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple, Self, cast

import sqlalchemy as sa
from dagster import AssetCheckEvaluation, AssetKey
from dagster._core.definitions.asset_checks.asset_check_evaluation import AssetCheckEvaluationPlanned
from dagster._core.events import DagsterEventType
from dagster._core.events.log import EventLogEntry
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus
from dagster._core.storage.event_log.base import AssetRecord
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable, AssetKeyTable, SqlEventLogStorageTable
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._serdes import ConfigurableClassData
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.pool import StaticPool

BUSY_SECONDS = 30
NOT_KEPT = frozenset({DagsterEventType.STEP_OUTPUT, DagsterEventType.HANDLED_OUTPUT})
ASSET_EVENTS = frozenset({DagsterEventType.ASSET_MATERIALIZATION, DagsterEventType.ASSET_MATERIALIZATION_PLANNED})
WRITTEN_TOGETHER = ASSET_EVENTS | {
    DagsterEventType.ASSET_CHECK_EVALUATION,
    DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED,
}


class _StoredEvent(NamedTuple):
    """An event, its row in `event_logs` and its id in the index."""

    entry: EventLogEntry
    row: dict[str, Any]
    index_id: int

    @property
    def data(self) -> Any:
        """What the event says."""
        return self.entry.get_dagster_event().event_specific_data


class KeptOpenEventLog(SqliteEventLogStorage):
    """One connection a database, opened with its first event and closed with the instance."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        """Take the folder of the databases."""
        self._engines: dict[str, Engine] = {}
        self._waiting: list[EventLogEntry] = []
        # Checks that a run has planned, by run, asset and name.
        self._planned: set[tuple[str, AssetKey, str]] = set()
        self._records: dict[AssetKey, AssetRecord] = {}
        # Assets that were materialized since their records were read.
        self._new_assets: dict[AssetKey, None] = {}
        self._indexes: set[str] = set()
        self._tables: set[str] = set()
        self._asset_columns: set[str] = set()
        super().__init__(base_dir, inst_data)

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> Self:
        """Make the storage that InstanceRef describes."""
        return cls(inst_data=inst_data, **config_value)

    def store_event(self, event: EventLogEntry) -> None:
        """Store an event that somebody reads, at once or with the next that is."""
        kind = event.dagster_event_type
        if kind in ASSET_EVENTS and (key := event.get_dagster_event().asset_key) is not None:
            self._records.pop(key, None)
            if kind == DagsterEventType.ASSET_MATERIALIZATION:
                self._new_assets[key] = None
        if kind in WRITTEN_TOGETHER and self._is_written_together(event):
            self._waiting.append(event)
        elif kind not in NOT_KEPT:
            super().store_event(event)

    def _is_written_together(self, event: EventLogEntry) -> bool:
        """Whether an event may wait: one of a partition may not, nor a result of a check that no run has planned."""
        said: Any = event.get_dagster_event().event_specific_data
        if isinstance(said, AssetCheckEvaluation | AssetCheckEvaluationPlanned):
            check = (event.run_id, said.asset_key, said.check_name)
            if isinstance(said, AssetCheckEvaluation) and check not in self._planned:
                return False
            self._planned.add(check)
        return event.get_dagster_event().partition is None

    def get_asset_records(self, asset_keys: Sequence[AssetKey] | None = None) -> Sequence[AssetRecord]:
        """The records of assets; those of assets that were materialized since are read with the first of them."""
        if asset_keys is None:
            return super().get_asset_records()
        if any(key not in self._records for key in asset_keys):
            wanted = dict.fromkeys([*(key for key in asset_keys if key not in self._records), *self._new_assets])
            self._new_assets.clear()
            for record in super().get_asset_records(list(wanted)):
                self._records[record.asset_entry.asset_key] = record
        return [self._records[key] for key in asset_keys if key in self._records]

    def has_secondary_index(self, name: str) -> bool:
        """Whether the index was filled by a migration; one that was, stays."""
        if name not in self._indexes and super().has_secondary_index(name):
            self._indexes.add(name)
        return name in self._indexes

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
        """A transaction on one database, after what waits; the base class opens a connection of its own here."""
        waiting, self._waiting = self._waiting, []
        if waiting:
            self._write(waiting)
        with self._transaction(shard) as connection:
            yield connection

    @contextmanager
    def _transaction(self, shard: str) -> Iterator[Connection]:
        """A transaction on one database, which is opened with its first."""
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

    def _write(self, entries: Sequence[EventLogEntry]) -> None:
        """Write events of assets and checks into the databases of their runs, and into the index with what it keeps."""
        rows = [self._event_to_row(entry) for entry in entries]
        for run_id in dict.fromkeys(entry.run_id for entry in entries):
            with self._transaction(run_id) as connection:
                connection.execute(SqlEventLogStorageTable.insert(), [row for row in rows if row["run_id"] == run_id])
        with self._transaction("index") as connection:
            connection.execute(SqlEventLogStorageTable.insert(), rows)
            # The rows of one insert follow each other: nobody else writes into the index until the transaction ends.
            last = int(connection.execute(sa.text("select last_insert_rowid()")).scalar_one())
            events = [
                _StoredEvent(entry, row, index_id)
                for entry, row, index_id in zip(entries, rows, range(last - len(rows) + 1, last + 1), strict=True)
            ]
            self._index_assets(
                connection, [event for event in events if event.entry.dagster_event_type in ASSET_EVENTS]
            )
            self._index_checks(connection, events)

    def _index_assets(self, connection: Connection, events: Sequence[_StoredEvent]) -> None:
        """Keep of each asset what was said last."""
        if not events:
            return
        self._store_asset_event_tags(
            connection, [event.entry for event in events], [event.index_id for event in events]
        )
        has_columns = self._has_asset_key_index_cols_on_connection(connection)
        values: dict[tuple[str, ...], list[dict[str, Any]]] = {}
        for event in events:
            entry = self._get_asset_entry_values(event.entry, event.index_id, has_columns)
            values.setdefault(tuple(sorted(entry)), []).append({"asset_key": event.row["asset_key"], **entry})
        for columns, rows in values.items():
            insert = sqlite.insert(AssetKeyTable)
            replaced = {column: insert.excluded[column] for column in columns}
            connection.execute(insert.on_conflict_do_update(index_elements=["asset_key"], set_=replaced), rows)

    def _index_checks(self, connection: Connection, events: Sequence[_StoredEvent]) -> None:
        """Keep of each check of a run what it said, or that it is planned."""
        planned = [event for event in events if isinstance(event.data, AssetCheckEvaluationPlanned)]
        judged = [event for event in events if isinstance(event.data, AssetCheckEvaluation)]
        if planned:
            connection.execute(AssetCheckExecutionsTable.insert(), [_execution(event) for event in planned])
        if judged:
            executions = [_execution(event) for event in judged]
            table = AssetCheckExecutionsTable
            keys = ("asset_key", "check_name", "run_id")
            update = table.update().where(*(table.c[key] == sa.bindparam(f"of_{key}") for key in keys))
            named = [
                {f"of_{column}" if column in keys else column: value for column, value in execution.items()}
                for execution in executions
            ]
            values: dict[str, Any] = {column: sa.bindparam(column) for column in executions[0] if column not in keys}
            connection.execute(update.values(values), named)

    def dispose(self) -> None:
        """Write what waits, and close all databases."""
        waiting, self._waiting = self._waiting, []
        if waiting:
            self._write(waiting)
        for engine in self._engines.values():
            engine.dispose()
        self._engines.clear()
        self._records.clear()
        super().dispose()


def _execution(event: _StoredEvent) -> dict[str, Any]:
    """The row that the index keeps of a check in a run."""
    status, materialization_id = AssetCheckExecutionRecordStatus.PLANNED, None
    if isinstance(event.data, AssetCheckEvaluation):
        passed, failed = AssetCheckExecutionRecordStatus.SUCCEEDED, AssetCheckExecutionRecordStatus.FAILED
        status = passed if event.data.passed else failed
        target = event.data.target_materialization_data
        materialization_id = target.storage_id if target else None
    check = cast(AssetCheckEvaluation | AssetCheckEvaluationPlanned, event.data)
    return {
        "asset_key": check.asset_key.to_string(),
        "check_name": check.check_name,
        "run_id": event.row["run_id"],
        "execution_status": status.value,
        "evaluation_event": event.row["event"],
        "evaluation_event_timestamp": event.row["timestamp"],
        "evaluation_event_storage_id": event.index_id,
        "materialization_event_storage_id": materialization_id,
    }
