"""A candidate of four tables that stands for a whole one, so that publishing is tested in milliseconds."""

from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from expectations.results import RESULTS_SCHEMA
from openspm.settings import Settings, StatePaths, load_settings
from openspm.warehouse.candidate import clear_builds
from openspm.warehouse.generations import Generation, next_number, publish
from openspm.warehouse.meta_tables import write_meta_tables
from openspm.warehouse.published_tables import PublishedColumn, PublishedTable
from openspm.warehouse.run_records import PublicationRecord, RunRecord, new_run_id, read_records, write_record

META_DDL = """
create schema marts; create schema meta;
create table marts.fct_validation_results (run_id varchar not null, gate_code varchar, suite_name varchar,
  expectation_id varchar, table_name varchar, column_name varchar, severity_code varchar, status_code varchar,
  is_success boolean, observed_value varchar, unexpected_count bigint, sample_keys varchar, reason_text varchar,
  protected_marts varchar, evaluated_at timestamp);
create table meta.publications (run_id varchar primary key, generation_number bigint not null, published_at timestamp,
  as_of_at timestamp, as_of_date date, code_version varchar, ledger_head varchar, batch_count bigint,
  batches_hash varchar, mart_count bigint);
create table meta.runs (run_id varchar primary key, status_code varchar, started_at timestamp, finished_at timestamp,
  as_of_at timestamp, as_of_date date, code_version varchar, exit_code bigint, failed_step_name varchar,
  message_text varchar);
create table meta.run_steps (run_id varchar, step_sequence bigint, step_name varchar, step_seconds double);
"""
META_COLUMNS = {
    "fct_validation_results": tuple(RESULTS_SCHEMA.names),
    "publications": (
        "run_id", "generation_number", "published_at", "as_of_at", "as_of_date", "code_version", "ledger_head",
        "batch_count", "batches_hash", "mart_count",
    ),
    "runs": (
        "run_id", "status_code", "started_at", "finished_at", "as_of_at", "as_of_date", "code_version", "exit_code",
        "failed_step_name", "message_text",
    ),
    "run_steps": ("run_id", "step_sequence", "step_name", "step_seconds"),
}  # fmt: skip


def declared(schema: str, name: str, audience: str, *columns: str, pay: tuple[str, ...] = ()) -> PublishedTable:
    """A published table with these columns, described with a quote in the text."""
    return PublishedTable(
        schema=schema,
        name=name,
        area="payout" if audience == "finance" else "core",
        audience=audience,
        description=f"One row per record; {name}'s own.",
        columns=tuple(PublishedColumn(column, f"It's {column}.", column not in pay) for column in columns),
    )


TABLES = [
    declared(
        "marts", "dim_payees", "all", "payee_id", "run_id", "variable_target_amount", pay=("variable_target_amount",)
    ),
    declared("marts", "fct_payouts", "finance", "payee_id", "run_id", "earned_amount"),
    declared("marts", "fct_validation_results", "all", *META_COLUMNS["fct_validation_results"]),
    declared("meta", "publications", "all", *META_COLUMNS["publications"]),
    declared("meta", "run_steps", "all", *META_COLUMNS["run_steps"]),
    declared("meta", "runs", "all", *META_COLUMNS["runs"]),
]


def settings_at(root: Path, **overrides: str) -> Settings:
    """Settings whose state lies under a test's folder."""
    environ = {"OPENSPM_HOME": str(root / "var"), "OPENSPM_THREADS": "1"}
    return load_settings(
        root / "company", environ | {f"OPENSPM_{name.upper()}": value for name, value in overrides.items()}
    )


def build_candidate(state: StatePaths, settings: Settings, run_id: str, rows: int = 50) -> Path:
    """Build a candidate whose every row carries the run's id."""
    clear_builds(state)
    connection = duckdb.connect(str(state.candidate))
    connection.execute(META_DDL)
    connection.execute(
        f"create table marts.dim_payees as select 'p' || i as payee_id, '{run_id}' as run_id, "
        f"cast(98765.4321 as decimal(18, 4)) as variable_target_amount from range({rows}) as r(i)"
    )
    connection.execute(
        f"create table marts.fct_payouts as select 'p' || i as payee_id, '{run_id}' as run_id, "
        f"cast(i as decimal(18, 4)) as earned_amount from range({rows}) as r(i)"
    )
    connection.execute("create table marts.fct_unknown as select 1 as id")
    connection.execute("create view marts.seen as select 1 as id")
    connection.close()
    return state.candidate


def new_record(state: StatePaths, number: int | None = None) -> RunRecord:
    """A record of a run that is about to publish."""
    now = datetime.now(UTC)
    return RunRecord(
        run_id=new_run_id(now),
        company_id=state.company_id,
        status_code="running",
        started_at=now,
        as_of_at=now,
        as_of_date=date(2026, 5, 31),
        code_version="0.1.0+test",
        publication=PublicationRecord(
            generation_number=number or next_number(state),
            published_at=now,
            ledger_head=None,
            batch_count=3,
            batches_hash="abc",
            mart_count=3,
        ),
    )


def publish_once(state: StatePaths, settings: Settings, rows: int = 50) -> Generation:
    """Build and publish one generation, as a run does after its gate."""
    record = new_record(state)
    write_record(state, record)
    candidate = build_candidate(state, settings, record.run_id, rows)
    results = pa.Table.from_pylist([{"run_id": record.run_id, "is_success": True}], schema=RESULTS_SCHEMA)
    earlier = [other for other in read_records(state) if other.run_id != record.run_id]
    write_meta_tables(candidate, settings, results, [*earlier, record])
    generation = publish(state, settings, candidate, TABLES, record)
    record.status_code = "published"
    write_record(state, record)
    return generation
