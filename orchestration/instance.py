"""Dagster's own state of a company, under its `dagster` folder: opening, dead runs, pruning."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
from dagster import DagsterRunStatus, RunsFilter
from dagster._core.instance import InstanceRef

from openspm.settings import StatePaths
from orchestration.event_log import KeptOpenEventLog

TEMPLATE = Path(__file__).resolve().parent / "dagster.yaml"
# Where Dagster's own SQLite storage has its event logs, below its home.
EVENT_FOLDER = Path("history") / "runs"
HOST_TAG = "openspm/process"


def prepare_home(state: StatePaths) -> Path:
    """Make Dagster's folder of a company, with telemetry switched off, and return it."""
    state.dagster.mkdir(mode=0o700, parents=True, exist_ok=True)
    target = state.dagster / TEMPLATE.name
    content = TEMPLATE.read_text(encoding="utf-8")
    if not target.exists() or target.read_text(encoding="utf-8") != content:
        target.write_text(content, encoding="utf-8")
    return state.dagster


@contextmanager
def open_instance(state: StatePaths) -> Iterator[dg.DagsterInstance]:
    """The company's Dagster instance, for a run that writes to it; the same files that `dagster dev` shows."""
    home = prepare_home(state)
    event_log = {
        "module": KeptOpenEventLog.__module__,
        "class": KeptOpenEventLog.__name__,
        "config": {"base_dir": str(home / EVENT_FOLDER)},
    }
    reference = InstanceRef.from_dir(str(home), overrides={"event_log_storage": event_log})
    with dg.DagsterInstance.from_ref(reference) as instance:
        yield instance


def fail_dead_runs(instance: dg.DagsterInstance) -> list[str]:
    """Mark runs of this instance that were killed as failed; for the holder of the company's lock.

    Only `openspm run` leaves its process in a tag; runs that Dagster started are Dagster's to watch.

    Returns:
        The ids of the runs that were marked.
    """
    unfinished = RunsFilter(
        statuses=[DagsterRunStatus.STARTED, DagsterRunStatus.STARTING, DagsterRunStatus.NOT_STARTED]
    )
    dead = [run for run in instance.get_runs(filters=unfinished) if HOST_TAG in run.tags]
    for run in dead:
        instance.report_run_failed(run, "The process ended before the run did.")
    return [run.run_id for run in dead]


def prune_runs(instance: dg.DagsterInstance, state: StatePaths, keep: int) -> int:
    """Delete the oldest finished runs beyond `keep`, with their events; return how many."""
    finished = RunsFilter(statuses=[DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED])
    surplus = instance.get_runs(filters=finished)[keep:]
    for run in surplus:
        instance.delete_run(run.run_id)
        for path in (state.dagster / EVENT_FOLDER).glob(f"{run.run_id}.db*"):
            path.unlink()
    return len(surplus)


def process_tag() -> dict[str, str]:
    """The tag of a run of this process."""
    return {HOST_TAG: str(os.getpid())}
