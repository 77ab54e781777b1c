"""`openspm run`: the nightly job in this process, without a daemon, on record in the company's Dagster instance."""

from __future__ import annotations

from datetime import datetime

from openspm.company import Company
from openspm.nightly.outcome import Progress, RunOutcome
from openspm.settings import Settings
from orchestration.listening_night import ListeningNight


def run_nightly(
    settings: Settings,
    company: Company,
    as_of: datetime | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> RunOutcome:
    """Run the nightly job for a company.

    Args:
        settings: settings of the machine, with the company folder.
        company: the company.
        as_of: an aware time; None for now. With a time, no source is asked.
        dry_run: land, build and check, and publish nothing.
        progress: hears when a step begins, goes on and ends.

    Returns:
        How the run ended. A blocked or failed run raises nothing: status, exit code and message say why.

    Raises:
        Locked: another run of the company is going on.
        OpenspmError: the run could not begin, such as models that do not parse.
    """
    night = ListeningNight(settings, company, as_of, dry_run, progress)
    with night:
        _execute(settings, night)
    return night.outcome


def _execute(settings: Settings, night: ListeningNight) -> None:
    """Go through the job. Dagster is imported here, while the children of the night import what they need."""
    from orchestration.build import NIGHTLY_JOB, build_defs
    from orchestration.dbt_parts import DbtGraph
    from orchestration.instance import fail_dead_runs, open_instance, process_tag, prune_runs

    graph = DbtGraph.load(night.parse_models())
    defs = build_defs(settings, graph, night, night.dry_run)
    with open_instance(night.state) as instance:
        fail_dead_runs(instance)
        defs.resolve_job_def(NIGHTLY_JOB).execute_in_process(
            instance=instance,
            raise_on_error=False,
            tags={**process_tag(), "openspm/run_id": night.run_id},
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )
        prune_runs(instance, night.state, settings.keep_runs)
