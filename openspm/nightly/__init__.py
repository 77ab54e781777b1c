"""One run of a company, from its sources to its report: the steps as plain functions, in order, without Dagster.

    with Night(settings, company) as night:
        for step in night.steps:
            night.run(step)
    night.outcome

| module | what is in it |
|---|---|
| night | a run that is going on: lock, children, record, and one method a step |
| checks | what dbt's tests and the gates say about a run |
| outcome | the steps, what a caller hears of them, how a run ended |

orchestration/ runs the same steps as assets of a Dagster job. The gates and the models of the future lie in packages
that import this one, so they are imported when their step comes.
"""

from __future__ import annotations

import contextlib
from datetime import datetime

from openspm.company import Company
from openspm.nightly.night import Night
from openspm.nightly.outcome import STEPS, Progress, RunOutcome, StepProgress
from openspm.settings import Settings


def run_night(
    settings: Settings,
    company: Company,
    as_of: datetime | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> RunOutcome:
    """Run all steps in this process, without Dagster.

    Returns:
        How the run ended; a blocked or failed run raises nothing, its outcome says why.

    Raises:
        Locked: another run is going on.
    """
    night = Night(settings, company, as_of, dry_run, progress)
    with contextlib.suppress(Exception), night:
        for step in night.steps:
            night.run(step)
    if night.outcome.status == "running":
        raise RuntimeError("the run did not begin")
    return night.outcome


__all__ = ["STEPS", "Night", "Progress", "RunOutcome", "StepProgress", "run_night"]
