"""One JSON file a run under `state.runs`, failed runs too: when, what of, how long each step took, how it ended.

The record is written when a run starts and again when it ends, so that a killed run is on record as well: the next run
finds it still `running` and marks it. A publication carries all records to `meta.runs`, `meta.run_steps` and
`meta.publications`. No record holds a pay figure.
"""

from __future__ import annotations

import secrets
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from openspm.durable_files import write_durably
from openspm.settings import StatePaths

# running: not ended, or killed; published: readers see it; checked: a dry run that would have been published;
# blocked: a gate or a blocking test found data unfit; failed: an error; died: killed, found by a later run.
RunStatus = Literal["running", "published", "checked", "blocked", "failed", "died"]


class RunStep(BaseModel):
    """A step of a run that ended, and its wall time."""

    model_config = ConfigDict(frozen=True)

    name: str
    seconds: float


class PublicationRecord(BaseModel):
    """What a run published.

    Attributes:
        generation_number: the folder under published/generations.
        published_at: UTC, just before the link moved.
        ledger_head: hash of the newest ledger entry in it; None while the ledger is empty.
        batch_count: landed batches that it was computed from.
        batches_hash: hash over the ids of those batches: equal hashes, equal input.
        mart_count: tables in the schema marts.
    """

    model_config = ConfigDict(frozen=True)

    generation_number: int
    published_at: datetime
    ledger_head: str | None
    batch_count: int
    batches_hash: str
    mart_count: int


class RunRecord(BaseModel):
    """One run. Moments are UTC.

    Attributes:
        run_id: sorts by the time at which the run started.
        as_of_at: what was known up to then counts.
        as_of_date: the day the numbers are for; None before register.
        exit_code: what the command line ended with; None while it runs and after it died.
        failed_step: the step that did not end; None otherwise.
        message: why it ended so, for people; None when it was published.
        steps: the steps that ended, in order.
        publication: what it published; None otherwise.
    """

    run_id: str
    company_id: str
    status_code: RunStatus
    started_at: datetime
    finished_at: datetime | None = None
    as_of_at: datetime
    as_of_date: date | None = None
    code_version: str
    exit_code: int | None = None
    failed_step: str | None = None
    message: str | None = None
    steps: list[RunStep] = []
    publication: PublicationRecord | None = None


def new_run_id(started_at: datetime) -> str:
    """An id that sorts by time and is unique on its own: `20260101T020000.123456Z-1a2b`."""
    return f"{started_at.astimezone(UTC):%Y%m%dT%H%M%S.%fZ}-{secrets.token_hex(2)}"


def write_record(state: StatePaths, record: RunRecord) -> Path:
    """Write a run's record, whole or not at all."""
    state.runs.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = state.runs / f"{record.run_id}.json"
    write_durably(path, record.model_dump_json(indent=1) + "\n")
    return path


def read_records(state: StatePaths) -> list[RunRecord]:
    """All records, oldest first."""
    return [
        RunRecord.model_validate_json(path.read_text(encoding="utf-8")) for path in sorted(state.runs.glob("*.json"))
    ]


def settle_dead_runs(state: StatePaths, current_run_id: str | None) -> list[RunRecord]:
    """Settle the records of runs that were killed; for the holder of the lock, as such runs cannot be alive then.

    A run that died after its rename has published: `current_run_id`, the run of the current generation, says so.

    Returns:
        The records that were settled.
    """
    settled = []
    for record in read_records(state):
        if record.status_code != "running":
            continue
        if record.run_id == current_run_id and record.publication is not None:
            record.status_code = "published"
            record.message = "The process ended after publishing, before its last steps."
        else:
            record.status_code = "died"
            record.publication = None
            record.message = "The process ended before the run did."
        write_record(state, record)
        settled.append(record)
    return settled


def prune_records(state: StatePaths, keep: int) -> None:
    """Delete the oldest records beyond `keep`."""
    for path in sorted(state.runs.glob("*.json"))[:-keep]:
        path.unlink()
