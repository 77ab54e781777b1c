"""What starts a night by itself: the clock, and files that were dropped into a folder of a `files` source."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import dagster as dg

from openspm.company import Company
from openspm.sources.files.settings import FilesSourceSettings

NIGHTLY_CRON = "0 2 * * *"
SENSOR_SECONDS = 60


def build_schedule(job_name: str, timezone_name: str) -> dg.ScheduleDefinition:
    """The nightly schedule, at two in the company's time zone; off until someone switches it on."""
    return dg.ScheduleDefinition(
        name="every_night",
        job_name=job_name,
        cron_schedule=NIGHTLY_CRON,
        execution_timezone=timezone_name,
        description="Runs the whole job at two o'clock in the company's time zone.",
    )


def build_sensor(job_name: str, company: Company) -> dg.SensorDefinition:
    """The sensor for dropped files; off until someone switches it on.

    It starts a run when the files of a source have changed and then stayed as they are for one tick, so that a copy
    that is still going on is not read.
    """
    folders = [company.folder / source.path for source in company.sources if isinstance(source, FilesSourceSettings)]

    @dg.sensor(
        name="dropped_files",
        job_name=job_name,
        minimum_interval_seconds=SENSOR_SECONDS,
        description="Runs the whole job when files of a source have changed.",
    )
    def dropped_files(context: dg.SensorEvaluationContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
        if not folders:
            yield dg.SkipReason("This company has no source of kind files.")
            return
        seen, _, started_for = (context.cursor or "|").partition("|")
        now = files_state(folders)
        if now == started_for:
            yield dg.SkipReason("No file has changed since the last run.")
        elif now != seen:
            yield dg.SkipReason("Files have changed; waiting until they stay as they are.")
            context.update_cursor(f"{now}|{started_for}")
        else:
            context.update_cursor(f"{now}|{now}")
            yield dg.RunRequest(run_key=now)

    return dropped_files


def files_state(folders: list[Path]) -> str:
    """A hash over names, sizes and times of all files below some folders."""
    digest = hashlib.sha256()
    for folder in folders:
        for path in sorted(folder.rglob("*")) if folder.is_dir() else [folder]:
            if path.is_file():
                facts = path.stat()
                digest.update(f"{path} {facts.st_size} {facts.st_mtime_ns}\n".encode())
    return digest.hexdigest()
