"""Runs a recording of a dbt command on a DuckDB file: the same statements, without dbt.

It is only ever a shorter way to what dbt would have done. Where there is no recording, where it does not hold for what
the file has, and where a statement fails or a test refuses something, nothing is said and dbt runs the whole command:
it drops what was made here, and its words about what is wrong are the ones that are heard. Want of memory alone is said
here: dbt would send the same statements again, for as long, to the same end.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import duckdb
import yaml

from openspm.compiled_models import PROJECT_DIR, compiled_folder
from openspm.emptiness import is_met
from openspm.errors import OpenspmError
from openspm.recordings import RecordedNode, Recording, digest_of_inputs, has_recordings, load_recordings
from openspm.settings import Settings, StatePaths
from openspm.transform import DbtResult, NodeResult, Progress


class NotReplayed(Exception):  # noqa: N818 - the name says what happened
    """Something is not as a recording needs it: dbt has to run the command."""


def is_recorded(command: Sequence[str], state: StatePaths) -> bool:
    """Whether there is a recording of a command for the models as they are now, for whatever inputs."""
    return has_recordings(compiled_folder(state.compiled), command)


def replay(
    command: Sequence[str], settings: Settings, state: StatePaths, database: Path, progress: Progress | None = None
) -> DbtResult | None:
    """Run a command's recording.

    Args:
        settings: threads and memory limit.
        state: where recordings lie.
        database: the DuckDB file, open nowhere else.
        progress: called with each node when it ends.

    Returns:
        What dbt would have answered, or None where dbt has to run the command.

    Raises:
        OpenspmError: a statement needs more memory than DuckDB may use.
    """
    started = time.monotonic()
    if not database.exists() or not is_recorded(command, state):
        return None
    config: dict[str, Any] = {"threads": settings.threads, "memory_limit": settings.memory_limit}
    try:
        with duckdb.connect(str(database), config=config) as connection:
            recording = _fitting(connection, load_recordings(compiled_folder(state.compiled), command))
            if recording is None:
                return None
            _clear(connection, recording)
            nodes = _Player(connection, settings.threads, progress).play(recording)
    except (duckdb.Error, NotReplayed):
        return None
    return DbtResult(tuple(command), True, tuple(nodes), (), time.monotonic() - started)


def _fitting(connection: duckdb.DuckDBPyConnection, recordings: Iterable[Recording]) -> Recording | None:
    """The recording that was made of inputs like those of a file."""
    for recording in recordings:
        if digest_of_inputs(connection, recording.inputs) == recording.input_digest:
            return recording
    return None


def _clear(connection: duckdb.DuckDBPyConnection, recording: Recording) -> None:
    """Make the schemas of a recording's models, and drop what stands where one of them will."""
    made = {node.relation for node in recording.nodes if node.relation is not None}
    for schema in sorted({schema for schema, _ in made}):
        connection.execute(f'create schema if not exists "{schema}"')
    there = connection.execute(
        "select 'table', schema_name, table_name from duckdb_tables() where database_name = current_database() "
        "union all "
        "select 'view', schema_name, view_name from duckdb_views() where database_name = current_database()"
    ).fetchall()
    for kind, schema, name in there:
        if (schema, name) in made:
            connection.execute(f'drop {kind} "{schema}"."{name}"')


class _Player:
    """Runs nodes side by side, each when its parents are done."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, threads: int, progress: Progress | None) -> None:
        """Take an open file.

        Args:
            threads: how many nodes run at once.
        """
        self._connection = connection
        self._threads = threads
        self._progress = progress
        self._local = threading.local()
        self._cursors: list[duckdb.DuckDBPyConnection] = []
        # Whether a table has no row, by `schema.table`.
        self._empty: dict[str, bool] = {}

    def play(self, recording: Recording) -> list[NodeResult]:
        """Run all nodes.

        Returns:
            Their results in the order in which they ended.

        Raises:
            duckdb.Error, NotReplayed: of the first node that went wrong; no other node has begun since.
            OpenspmError: a node needs more memory than DuckDB may use.
        """
        ended: list[NodeResult] = []
        # Nodes at once share the memory, and so do threads: what found too little of it runs again by itself.
        crowded: list[RecordedNode] = []
        waiting = {node.unique_id: set(node.parents) for node in recording.nodes}
        urgent = _longest_chain_first(recording)
        pending: dict[Future[NodeResult], RecordedNode] = {}
        with ThreadPoolExecutor(self._threads) as pool:
            try:
                while waiting or pending or crowded:
                    results: list[NodeResult] = []
                    if crowded and not pending:
                        results.append(self._run_alone(crowded.pop()))
                    ready = [node for node in urgent if not waiting.get(node.unique_id, {node.unique_id})]
                    for node in () if crowded or results else ready[: self._threads - len(pending)]:
                        del waiting[node.unique_id]
                        pending[pool.submit(self._run, node)] = node
                    for future in wait(pending, return_when=FIRST_COMPLETED).done:
                        node = pending.pop(future)
                        try:
                            results.append(future.result())
                        except duckdb.OutOfMemoryException:
                            crowded.append(node)
                    for result in results:
                        ended.append(result)
                        for parents in waiting.values():
                            parents.discard(result.unique_id)
                        if self._progress is not None:
                            self._progress(result)
            except BaseException:
                for future in pending:
                    future.cancel()
                for cursor in self._cursors:
                    cursor.interrupt()
                raise
            finally:
                for cursor in self._cursors:
                    cursor.close()
        return ended

    def _run_alone(self, node: RecordedNode) -> NodeResult:
        """Run one node while no other runs, on one thread of DuckDB.

        Raises:
            OpenspmError: it needs more memory all the same.
        """
        self._connection.execute("set threads = 1")
        try:
            return self._run(node)
        except duckdb.OutOfMemoryException as error:
            raise OpenspmError(
                f"{node.name} needs more memory than DuckDB may use: {str(error).splitlines()[0]}",
                where=node.unique_id,
                next_step="Give it more with OPENSPM_MEMORY_LIMIT; by itself on one thread it has run already.",
            ) from error
        finally:
            self._connection.execute(f"set threads = {self._threads}")

    def _run(self, node: RecordedNode) -> NodeResult:
        """Run one node on this thread's cursor.

        Raises:
            duckdb.OutOfMemoryException: nothing of it is there then.
        """
        started = time.monotonic()
        status, message, failures = "success", "OK", None
        try:
            if node.resource_type == "test":
                status, message, failures = _judge(node, self._cursor())
            else:
                self._build(node, self._cursor())
        except duckdb.OutOfMemoryException:
            with contextlib.suppress(duckdb.Error):
                self._cursor().rollback()
            raise
        seconds = time.monotonic() - started
        return NodeResult(node.unique_id, node.name, node.resource_type, status, message, seconds, failures)

    def _build(self, node: RecordedNode, cursor: duckdb.DuckDBPyConnection) -> None:
        """Make a model's table or view, in one transaction."""
        cursor.begin()
        row_count: int | None = 0
        if node.without_rows is not None and is_met(
            node.without_rows.when, lambda table: self._is_empty(table, cursor)
        ):
            cursor.execute(node.without_rows.sql)
        else:
            for statement in node.statements:
                if statement.condition is None:
                    row_count = _changed_rows(cursor.execute(statement.sql))
        conditional = [statement for statement in node.statements if statement.condition is not None]
        if conditional:
            answers = cursor.execute(f"select {', '.join(f'({entry.condition})' for entry in conditional)}").fetchone()
            for statement, is_due in zip(conditional, answers or (), strict=True):
                if is_due:
                    cursor.execute(statement.sql)
                    row_count = None
        cursor.commit()
        if node.relation is not None and row_count is not None:
            self._empty[".".join(node.relation)] = row_count == 0

    def _is_empty(self, table: str, cursor: duckdb.DuckDBPyConnection) -> bool:
        """Whether a table has no row; what was made here is known, and others do not change."""
        if table not in self._empty:
            schema, name = table.split(".")
            self._empty[table] = cursor.execute(f'select 1 from "{schema}"."{name}" limit 1').fetchone() is None
        return self._empty[table]

    def _cursor(self) -> duckdb.DuckDBPyConnection:
        """The cursor of this thread, with the session that dbt's profile gives its own."""
        if not hasattr(self._local, "cursor"):
            self._local.cursor = self._connection.cursor()
            for name, value in _session_settings().items():
                self._local.cursor.execute(f"set {name} = '{value}'")
            self._cursors.append(self._local.cursor)
        cursor: duckdb.DuckDBPyConnection = self._local.cursor
        return cursor


def _session_settings() -> dict[str, str]:
    """What dbt's profile sets in each of its sessions: tables are written here as dbt writes them."""
    profile = yaml.load((PROJECT_DIR / "profiles.yml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    settings: dict[str, str] = profile["openspm"]["outputs"]["candidate"]["settings"]
    return settings


def _longest_chain_first(recording: Recording) -> list[RecordedNode]:
    """The nodes, those first that most others wait for, one after the other; tests have time."""
    lengths = dict.fromkeys((node.unique_id for node in recording.nodes), 0)
    # A node ended after its parents.
    for node in reversed(recording.nodes):
        for parent in node.parents:
            lengths[parent] = max(lengths[parent], lengths[node.unique_id] + 1)
    return sorted(recording.nodes, key=lambda node: -lengths[node.unique_id])


def _changed_rows(cursor: duckdb.DuckDBPyConnection) -> int | None:
    """How many rows a statement has written, where the engine says so."""
    said = cursor.fetchone() if cursor.description else None
    return said[0] if said and isinstance(said[0], int) else None


def _judge(node: RecordedNode, cursor: duckdb.DuckDBPyConnection) -> tuple[str, str, int]:
    """What dbt says of a data test: status, message and number of failures.

    Raises:
        NotReplayed: the test refuses something.
    """
    row = cursor.execute(node.statements[0].sql).fetchone()
    if row is None:
        raise NotReplayed(node.name)
    failures, is_warning, is_failure = row
    if node.severity == "ERROR" and is_failure:
        raise NotReplayed(node.name)
    if not is_warning:
        return "pass", "", 0
    noun = "result" if failures == 1 else "results"
    return "warn", f"Got {failures} {noun}, configured to warn if {node.warn_if}", failures
