"""The run that is going on, as a Dagster resource: one `Night` a job, shared by its assets.

`openspm run` hands in a night that it has entered itself; a job that Dagster starts enters its own, and the teardown of
the resource ends it.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from openspm.company import load_company
from openspm.errors import OpenspmError, SourceRefused, SourceUnreachable
from openspm.nightly.outcome import StepName
from openspm.settings import Settings
from orchestration.listening_night import ListeningNight

NIGHT = "night"
StepContext = dg.AssetExecutionContext | dg.AssetCheckExecutionContext


def night_resource(settings: Settings, entered: ListeningNight | None) -> dg.ResourceDefinition:
    """The resource for a company.

    Args:
        settings: settings of the machine, with the company folder.
        entered: a night that the caller has entered and will leave; None to enter one for each job.
    """

    @contextmanager
    def night(_: dg.InitResourceContext) -> Iterator[ListeningNight]:
        if entered is not None:
            yield entered
            return
        with ListeningNight(settings, load_company(settings.company_dir)) as own:
            yield own

    return dg.ResourceDefinition(resource_fn=night, description="The run that is going on.")


def current_night(context: StepContext) -> ListeningNight:
    """The run that an asset or check belongs to."""
    night: ListeningNight = getattr(context.resources, NIGHT)
    return night


def run_step(context: StepContext, step: StepName) -> ListeningNight:
    """Run one step of the night.

    Raises:
        dagster.Failure: the step failed; only a source that could not be reached is worth another try.
    """
    night = current_night(context)
    try:
        night.run(step)
    except OpenspmError as error:
        is_worth_a_retry = isinstance(error, SourceUnreachable) and not isinstance(error, SourceRefused)
        raise dg.Failure(description=str(error), allow_retries=is_worth_a_retry) from error
    return night


def try_step(context: StepContext, step: StepName) -> dg.Failure | None:
    """Run one step and return how it failed, for an asset that has results to hand over all the same."""
    try:
        run_step(context, step)
    except dg.Failure as failure:
        return failure
    return None
