"""What a run writes into its candidate after the gate: validation results, publications, runs and their steps.

dbt has made these tables, empty and with their contract (models/marts/meta, models/marts/integrity); rows are inserted
by column name, so a row that the contract does not allow stops the publication.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from openspm.settings import Settings
from openspm.warehouse.candidate import connect_candidate
from openspm.warehouse.run_records import RunRecord

MOMENT = pa.timestamp("us")
PUBLICATIONS_SCHEMA = pa.schema(
    [
        ("run_id", pa.string()),
        ("generation_number", pa.int64()),
        ("published_at", MOMENT),
        ("as_of_at", MOMENT),
        ("as_of_date", pa.date32()),
        ("code_version", pa.string()),
        ("ledger_head", pa.string()),
        ("batch_count", pa.int64()),
        ("batches_hash", pa.string()),
        ("mart_count", pa.int64()),
    ]
)
RUNS_SCHEMA = pa.schema(
    [
        ("run_id", pa.string()),
        ("status_code", pa.string()),
        ("started_at", MOMENT),
        ("finished_at", MOMENT),
        ("as_of_at", MOMENT),
        ("as_of_date", pa.date32()),
        ("code_version", pa.string()),
        ("exit_code", pa.int64()),
        ("failed_step_name", pa.string()),
        ("message_text", pa.string()),
    ]
)
STEPS_SCHEMA = pa.schema(
    [
        ("run_id", pa.string()),
        ("step_sequence", pa.int64()),
        ("step_name", pa.string()),
        ("step_seconds", pa.float64()),
    ]
)


def write_meta_tables(
    candidate: Path, settings: Settings, validation_results: pa.Table, records: Sequence[RunRecord]
) -> None:
    """Fill the tables that a gate cannot judge because they come after it.

    Args:
        candidate: the gated candidate, opened by nobody else.
        settings: limits of the connection.
        validation_results: rows of fct_validation_results, with its columns.
        records: records of all runs; the last one is the run that publishes, with its publication.
    """
    rows = {
        "marts.fct_validation_results": validation_results,
        "meta.publications": publication_rows(records),
        "meta.runs": run_rows(records),
        "meta.run_steps": step_rows(records),
    }
    connection = connect_candidate(candidate, settings)
    try:
        connection.begin()
        for table, content in rows.items():
            connection.register("content", content)
            connection.execute(f"delete from {table}")
            connection.execute(f"insert into {table} by name select * from content")
            connection.unregister("content")
        connection.commit()
    finally:
        connection.close()


def publication_rows(records: Sequence[RunRecord]) -> pa.Table:
    """The rows of meta.publications: one a record that published, or is about to."""
    rows: list[dict[str, Any]] = [
        {
            **record.publication.model_dump(),
            "run_id": record.run_id,
            "published_at": _as_utc(record.publication.published_at),
            "as_of_at": _as_utc(record.as_of_at),
            "as_of_date": record.as_of_date,
            "code_version": record.code_version,
        }
        for record in records
        if record.publication is not None
    ]
    return pa.Table.from_pylist(rows, schema=PUBLICATIONS_SCHEMA)


def run_rows(records: Sequence[RunRecord]) -> pa.Table:
    """The rows of meta.runs; the last record counts as published, for nobody sees the file otherwise."""
    rows = [
        {
            "run_id": record.run_id,
            "status_code": "published" if record is records[-1] else record.status_code,
            "started_at": _as_utc(record.started_at),
            "finished_at": _as_utc(record.finished_at),
            "as_of_at": _as_utc(record.as_of_at),
            "as_of_date": record.as_of_date,
            "code_version": record.code_version,
            "exit_code": record.exit_code,
            "failed_step_name": record.failed_step,
            "message_text": record.message,
        }
        for record in records
    ]
    return pa.Table.from_pylist(rows, schema=RUNS_SCHEMA)


def step_rows(records: Sequence[RunRecord]) -> pa.Table:
    """The rows of meta.run_steps."""
    rows = [
        {
            "run_id": record.run_id,
            "step_sequence": sequence,
            "step_name": step.name,
            "step_seconds": round(step.seconds, 3),
        }
        for record in records
        for sequence, step in enumerate(record.steps, start=1)
    ]
    return pa.Table.from_pylist(rows, schema=STEPS_SCHEMA)


def _as_utc(moment: datetime | None) -> datetime | None:
    """A moment with a time zone as the bare UTC that timestamp columns hold."""
    return None if moment is None else moment.astimezone(UTC).replace(tzinfo=None)
