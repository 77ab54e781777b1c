"""The night's event log keeps what Dagster's own would, and the same of each check and asset.

What silently breaks without these: a check whose result nobody ever sees, an asset whose last build is an old one.
"""

from pathlib import Path

import dagster as dg
from dagster import AssetCheckKey
from dagster._core.definitions.asset_checks.asset_check_evaluation import AssetCheckEvaluationPlanned
from dagster._core.events import DagsterEvent, StepMaterializationData
from dagster._core.events.log import EventLogEntry
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage

from orchestration.event_log import KeptOpenEventLog

ASSET = dg.AssetKey(["marts", "fct_payouts"])
RUN = "6d1b2a5e-0000-4000-8000-000000000001"


def entry(kind: dg.DagsterEventType, said: object, timestamp: float) -> EventLogEntry:
    """An event of the run."""
    event = DagsterEvent(kind.value, "nightly", event_specific_data=said)  # type: ignore[arg-type]
    return EventLogEntry(
        error_info=None, level=20, user_message="", run_id=RUN, timestamp=float(timestamp), job_name="nightly",
        dagster_event=event,
    )  # fmt: skip


def planned(check: str, timestamp: float) -> EventLogEntry:
    """That a check is going to be evaluated."""
    said = AssetCheckEvaluationPlanned(asset_key=ASSET, check_name=check)
    return entry(dg.DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED, said, timestamp)


def evaluated(check: str, passed: bool, timestamp: float) -> EventLogEntry:
    """What a check said."""
    said = dg.AssetCheckEvaluation(asset_key=ASSET, check_name=check, passed=passed, metadata={})
    return entry(dg.DagsterEventType.ASSET_CHECK_EVALUATION, said, timestamp)


def materialized(rows: int, timestamp: float) -> EventLogEntry:
    """That the asset was built."""
    said = StepMaterializationData(dg.AssetMaterialization(ASSET, metadata={"rows": rows}), [])
    return entry(dg.DagsterEventType.ASSET_MATERIALIZATION, said, timestamp)


def last_rows(log: SqliteEventLogStorage) -> object:
    """What the last materialization said, as a step asks for it."""
    (record,) = log.get_asset_records([ASSET])
    last = record.asset_entry.last_materialization
    assert last is not None
    assert last.asset_materialization is not None
    return last.asset_materialization.metadata["rows"].value


def test_checks_are_on_record_whether_they_were_planned_or_not(tmp_path: Path) -> None:
    log = KeptOpenEventLog(str(tmp_path))
    for event in (
        planned("expected", 1),
        planned("silent", 1),
        evaluated("expected", True, 2),
        evaluated("unexpected", False, 3),
    ):
        log.store_event(event)
    log.dispose()
    read = SqliteEventLogStorage(str(tmp_path))
    said = {
        name: [entry.status.value for entry in read.get_asset_check_execution_history(AssetCheckKey(ASSET, name), 5)]
        for name in ("expected", "unexpected", "silent")
    }
    read.dispose()
    assert said == {"expected": ["SUCCEEDED"], "unexpected": ["FAILED"], "silent": ["PLANNED"]}


def test_an_asset_is_what_it_was_last_built_as(tmp_path: Path) -> None:
    log = KeptOpenEventLog(str(tmp_path))
    assert log.get_asset_records([ASSET]) == []
    for rows in (1, 2):
        log.store_event(materialized(rows, rows))
        assert last_rows(log) == rows
        assert last_rows(log) == rows
    log.dispose()
    read = SqliteEventLogStorage(str(tmp_path))
    assert last_rows(read) == 2
    read.dispose()
