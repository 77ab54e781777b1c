"""The one place that runs dbt: as a child process for a warehouse that is kept, in process for files thrown away.

dbt-duckdb holds its connection as long as its process lives, and a process that reconnects to a renamed file still
writes into the old one. So a run's warehouse is only ever opened by a child, which closes the file after every command
(`DbtChild`, one for a whole run) and is gone before anything is published.

What makes dbt fast stays constant: one manifest for each state of the models (openspm.compiled_models), no `--vars`,
one profile, and one variable, OPENSPM_CANDIDATE, that says where the DuckDB file is. Its stem must be `warehouse`,
because dbt compiles the stem into SQL as the name of the catalog.

What a command does stands in openspm.dbt_child and the recorder beside it, which alone import dbt. A command that was
recorded is replayed without dbt (openspm.replay).
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, cast

from openspm.compiled_models import CHECKOUT, is_parsed, manifest_path
from openspm.errors import OpenspmError
from openspm.settings import Settings, StatePaths

CANDIDATE_VARIABLE = "OPENSPM_CANDIDATE"
CATALOG_NAME = "warehouse"
FAILED_STATUSES = frozenset({"error", "fail", "runtime error"})

Progress = Callable[["NodeResult"], None]


@dataclass(frozen=True)
class NodeResult:
    """What became of one node of the graph in one dbt command.

    Attributes:
        unique_id: dbt's id, such as `model.openspm.fct_kpis`.
        resource_type: model, test, unit_test, seed, ...
        status: success, pass, warn, fail, error or skipped.
        message: dbt's message; for a failed test without pay figures, as tests select keys.
        seconds: time that the node took.
        failures: rows that a test found; None for other nodes.
        compiled_sql: the query of a test that failed, whose rows are those that it refuses; None for other nodes.
    """

    unique_id: str
    name: str
    resource_type: str
    status: str
    message: str
    seconds: float
    failures: int | None
    compiled_sql: str | None = None

    @property
    def is_failed(self) -> bool:
        """Whether this node blocks: a warning does not."""
        return self.status in FAILED_STATUSES


@dataclass(frozen=True)
class DbtResult:
    """The outcome of one dbt command.

    Attributes:
        command: the command as given.
        is_success: whether no node failed.
        nodes: one result a node, in the order in which they ended.
        lines: what `ls` and `show` list.
        seconds: wall time of the command.
    """

    command: tuple[str, ...]
    is_success: bool
    nodes: tuple[NodeResult, ...]
    lines: tuple[str, ...]
    seconds: float

    @property
    def failed_nodes(self) -> tuple[NodeResult, ...]:
        """The nodes that failed; nodes skipped because of them are not among these."""
        return tuple(node for node in self.nodes if node.is_failed)


class DbtFailed(OpenspmError):  # noqa: N818 - the name says what happened
    """dbt could not run the command at all: a project that does not parse, a file that is locked."""


def fresh_manifest(settings: Settings, state: StatePaths) -> Path:
    """The manifest's path; the models as they are now are parsed first where they were not.

    Raises:
        DbtFailed: the project does not parse.
    """
    return manifest_path(state) if is_parsed(state) else parse(settings, state)


class DbtChild:
    """A dbt process that takes one command after the other and keeps its imports and its manifest.

    It opens the DuckDB file for a command and has closed it before the command's result is returned, so that gates and
    models may open the file between two commands. It ends with `close`, or by itself as soon as its parent is gone.
    Commands of one child run one at a time.
    """

    def __init__(self, settings: Settings, state: StatePaths, candidate: Path | None = None) -> None:
        """Start the process; it imports dbt and reads the manifest while the caller goes on.

        Args:
            settings: threads and memory limit.
            state: where the manifest and dbt's logs lie.
            candidate: the DuckDB file, `state.candidate` by default; its name must be warehouse.duckdb.
        """
        self._settings = settings
        self._logs = state.dbt / "logs"
        self._logs.mkdir(parents=True, exist_ok=True)
        environment = dbt_environment(settings, candidate or state.candidate)
        with (self._logs / "child.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "openspm.dbt_child", str(state.dbt), str(state.compiled)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=CHECKOUT,
                env=environment,
                text=True,
            )
        self._commands = cast(IO[str], self._process.stdin)
        self._replies = cast(IO[str], self._process.stdout)

    def run(self, command: Sequence[str], progress: Progress | None = None) -> DbtResult:
        """Run one dbt command such as ["build", "--select", "openspm.staging"].

        A failing model or test is no exception: look at `is_success` and `failed_nodes`.

        Raises:
            DbtFailed: dbt could not run the command at all, or its process died.
        """
        started = time.monotonic()
        try:
            self._commands.write(json.dumps({"command": list(command)}) + "\n")
            self._commands.flush()
        except BrokenPipeError:
            raise self._died(command) from None
        for line in self._replies:
            reply = json.loads(line)
            if "node" in reply:
                if progress is not None:
                    progress(NodeResult(**reply["node"]))
                continue
            return _result(command, reply, time.monotonic() - started, self._logs)
        raise self._died(command)

    def close(self) -> None:
        """End the process and wait until it is gone."""
        with contextlib.suppress(BrokenPipeError):
            self._commands.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._replies.close()

    def __enter__(self) -> DbtChild:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _died(self, command: Sequence[str]) -> DbtFailed:
        """The error for a process that ended before it answered."""
        code = self._process.wait()
        return DbtFailed(
            f"dbt's process ended with code {code} before it answered",
            where=f"dbt {' '.join(command)}",
            next_step=f"Read the end of {self._logs / 'child.log'}.",
        )


def run_dbt(
    command: Sequence[str],
    settings: Settings,
    state: StatePaths,
    candidate: Path | None = None,
    progress: Progress | None = None,
) -> DbtResult:
    """Run one dbt command in a child process of its own.

    Raises:
        DbtFailed: dbt could not run the command at all.
    """
    with DbtChild(settings, state, candidate) as child:
        return child.run(command, progress)


def parse(settings: Settings, state: StatePaths) -> Path:
    """Parse the models as they are now, if they were not, and return where the manifest lies.

    Raises:
        DbtFailed: the project does not parse.
    """
    run_dbt(["parse"], settings, state)
    return manifest_path(state)


def run_dbt_in_process(
    command: Sequence[str], settings: Settings, state: StatePaths, candidate: Path, progress: Progress | None = None
) -> DbtResult:
    """Run one dbt command in this process, on a DuckDB file that nobody keeps; never on a company's warehouse.

    For plan cases and tests: importing dbt (about 3 s) and reading the manifest are paid once for a process, and not
    at all where a recording of the command holds. The file is closed when this returns, whatever happens, and may be
    deleted. Not for two threads at once: dbt keeps its state in globals.

    Args:
        state: where the manifest lies; several files share one manifest.
        candidate: a file named warehouse.duckdb outside `state`.

    Raises:
        DbtFailed: dbt could not run the command at all.
    """
    if candidate == state.candidate:
        raise ValueError("The company's candidate is built by a child process: use run_dbt")
    from openspm.replay import replay

    replayed = replay(command, settings, state, candidate, progress)
    if replayed is not None:
        return replayed
    from openspm import dbt_child

    environment = {
        name: value for name, value in dbt_environment(settings, candidate).items() if os.environ.get(name) != value
    }
    started = time.monotonic()
    reply = dbt_child.invoke_in(
        environment,
        list(command),
        state.dbt,
        state.compiled,
        None if progress is None else lambda node: progress(NodeResult(**node)),
    )
    return _result(command, reply, time.monotonic() - started, state.dbt / "logs")


def dbt_environment(settings: Settings, candidate: Path) -> dict[str, str]:
    """The environment in which dbt runs: this process's own, the file, and telemetry off.

    Raises:
        ValueError: the file has another stem than the catalog that is compiled into SQL, or no absolute path.
    """
    if candidate.stem != CATALOG_NAME or not candidate.is_absolute():
        raise ValueError(f"dbt builds an absolute path that ends in {CATALOG_NAME}.duckdb, not {candidate}")
    return {
        # At dbt's own level, debug, the log of a night has 33,000 lines: writing them is a quarter of dbt's work.
        "DBT_LOG_LEVEL_FILE": "info",
        **cast(Mapping[str, str], os.environ),
        CANDIDATE_VARIABLE: str(candidate),
        "OPENSPM_DBT_THREADS": str(settings.threads),
        "OPENSPM_DBT_MEMORY_LIMIT": settings.memory_limit,
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DO_NOT_TRACK": "1",
        "PYTHONUNBUFFERED": "1",
    }


def _result(command: Sequence[str], reply: dict[str, Any], seconds: float, logs: Path) -> DbtResult:
    """A child's reply as a result, or as the error that it reports."""
    if reply["error"] is not None:
        raise DbtFailed(
            f"dbt could not run: {reply['error']}",
            where=f"dbt {' '.join(command)}",
            next_step=f"Correct the file that the message names; the whole log is {logs / 'dbt.log'}.",
        )
    return DbtResult(
        command=tuple(command),
        is_success=reply["is_success"],
        nodes=tuple(NodeResult(**node) for node in reply["nodes"]),
        lines=tuple(reply["lines"]),
        seconds=seconds,
    )
