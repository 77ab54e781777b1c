"""Puts the graph, its checks, its job and its triggers together."""

from __future__ import annotations

import dagster as dg

from openspm.company import load_company
from openspm.settings import Settings, load_settings, named_company_dir
from openspm.transform import fresh_manifest
from orchestration.assets import GROUP_OF_FOLDER
from orchestration.assets.forecast_marts import build_forecast_marts
from orchestration.assets.gates import build_gate
from orchestration.assets.landing import build_landing
from orchestration.assets.marts import build_marts
from orchestration.assets.ml import build_ml
from orchestration.assets.publication import PUBLICATION, build_publication
from orchestration.assets.reports import FORECAST_REPORT, build_reports
from orchestration.assets.staging import build_staging
from orchestration.dbt_parts import DbtGraph
from orchestration.failure import tell_about_failure
from orchestration.listening_night import ListeningNight
from orchestration.night_resource import NIGHT, night_resource
from orchestration.triggers import build_schedule, build_sensor

NIGHTLY_JOB = "nightly"


def build_defs(
    settings: Settings | None = None,
    graph: DbtGraph | None = None,
    night: ListeningNight | None = None,
    dry_run: bool = False,
) -> dg.Definitions:
    """Everything that Dagster shows and runs for one company.

    No secret is read: settings of the machine suffice, and a source asks for its own when it is asked for records.

    Args:
        settings: settings with the company folder; None to read them from the environment.
        graph: dbt's graph; None to read it from the company's manifest, which is parsed anew where it is missing or
            older than its inputs.
        night: a run that was entered already and that the job is to go through; None lets each job enter its own.
        dry_run: leave publication and reports out of the job.
    """
    if settings is None:
        settings = load_settings(named_company_dir())
    company = load_company(settings.company_dir)
    if graph is None:
        state = settings.state(company.id)
        state.claim()
        graph = DbtGraph.load(fresh_manifest(settings, state))
    assets = [
        *build_landing(settings),
        build_staging(graph, GROUP_OF_FOLDER),
        build_gate("sources", graph),
        build_marts(graph, GROUP_OF_FOLDER),
        build_ml(graph),
        build_forecast_marts(graph, GROUP_OF_FOLDER),
        build_gate("published", graph),
        build_publication(),
        build_reports(),
    ]
    everything = dg.AssetSelection.all()
    after_gate = dg.AssetSelection.assets(PUBLICATION, FORECAST_REPORT)
    job = dg.define_asset_job(
        NIGHTLY_JOB,
        selection=everything - after_gate if dry_run else everything,
        description="Sources to landing, models, gates, publication and report.",
        executor_def=dg.in_process_executor,
        hooks={tell_about_failure(settings, company.id)},
    )
    return dg.Definitions(
        assets=assets,
        jobs=[job],
        schedules=[build_schedule(NIGHTLY_JOB, company.timezone_name)],
        sensors=[build_sensor(NIGHTLY_JOB, company)],
        resources={NIGHT: night_resource(settings, night)},
        executor=dg.in_process_executor,
    )
