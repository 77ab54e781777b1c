"""The steps of a run, what a caller hears of them, and how a run ended."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from openspm.errors import OpenspmError

StepName = Literal[
    "land",
    "register",
    "staging",
    "gate_sources",
    "models",
    "ml",
    "forecast",
    "gate_published",
    "publish",
    "report",
]
STEPS: tuple[StepName, ...] = (
    "land",
    "register",
    "staging",
    "gate_sources",
    "models",
    "ml",
    "forecast",
    "gate_published",
    "publish",
    "report",
)
# A dry run ends where the next step would show readers something.
DRY_STEPS = STEPS[: STEPS.index("publish")]


@dataclass(frozen=True)
class StepProgress:
    """What a caller hears while a run goes on.

    Attributes:
        step: the step.
        position, step_count: which of how many steps.
        done_count: models and tests of the step that have ended; 0 for a step without.
        seconds: wall time of the step when it has ended; None before.
    """

    step: StepName
    position: int
    step_count: int
    done_count: int
    seconds: float | None


Progress = Callable[[StepProgress], None]


@dataclass
class RunOutcome:
    """How a run ended, in a shape that `openspm run --json` prints.

    Attributes:
        status: published, checked, blocked or failed.
        exit_code: 0 done, 1 error, 3 blocked by a gate or a test, 4 locked, 5 source unreachable.
        as_of_date: ISO date that the numbers are for; None where the run ended before it knew.
        message: why it ended so; None when all went well.
        step_seconds: wall time by step, for the steps that ended.
        landed_rows: rows by table of the batches that this run landed or found unchanged.
        new_batch_count: batches among these that brought something new.
        check_counts: passed, warned, failed, skipped over both gates and dbt's tests.
        notes: what the models of the future say about themselves, such as too little history.
        failures: one line a failed check, blocking ones first; rule and sample keys, no pay figures.
        generation_number: what was published; None otherwise.
        paths: by name: warehouse, open_warehouse, report, record, log.
    """

    run_id: str
    company_id: str
    status: str = "running"
    exit_code: int = 1
    as_of_date: str | None = None
    message: str | None = None
    step_seconds: dict[str, float] = field(default_factory=dict)
    landed_rows: dict[str, int] = field(default_factory=dict)
    new_batch_count: int = 0
    check_counts: dict[str, int] = field(default_factory=lambda: {"passed": 0, "warned": 0, "failed": 0, "skipped": 0})
    notes: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    generation_number: int | None = None
    paths: dict[str, str] = field(default_factory=dict)


def message_of(error: BaseException) -> str:
    """What a record says about an error: its own words, or for a defect of ours where it came from."""
    if isinstance(error, OpenspmError):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}{f': {error.filename}' if error.filename else ''}"
    frame = traceback.extract_tb(error.__traceback__)[-1] if error.__traceback__ else None
    place = f" at {Path(frame.filename).name}:{frame.lineno}" if frame else ""
    return f"{type(error).__name__}: {error}{place}"
