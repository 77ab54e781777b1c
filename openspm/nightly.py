"""One run of a company, from its sources to its report: the steps as plain functions, in order, without Dagster.

    with Night(settings, company) as night:
        for step in STEPS:
            night.run(step)
    night.outcome

orchestration/ runs the same steps as assets of a Dagster job. A `Night` holds what a run has open: the lock, the child
that runs dbt, the child that runs the gates, and the record. Leaving the block ends all of them, whatever happened, and
writes how the run ended. Gates and models are imported when their step comes.
"""

from __future__ import annotations

import contextlib
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Literal

from openspm.code_version import code_version
from openspm.company import Company
from openspm.contract import Contract, load_contract
from openspm.errors import GateBlocked, OpenspmError
from openspm.faults import fault_point
from openspm.landing import Manifest, RunIdentity, land, read_manifests, register
from openspm.settings import Settings
from openspm.sources import ExtractRequest, open_source
from openspm.transform import DbtChild, DbtResult, NodeResult, manifest_path
from openspm.warehouse.candidate import clear_builds
from openspm.warehouse.generations import (
    Generation,
    clear_unpublished,
    current_generation,
    next_number,
    prune_generations,
    publish,
    settle,
)
from openspm.warehouse.input_batches import read_input
from openspm.warehouse.lock import hold_lock
from openspm.warehouse.meta_tables import write_meta_tables
from openspm.warehouse.published_tables import load_published_tables
from openspm.warehouse.run_records import (
    PublicationRecord,
    RunRecord,
    RunStep,
    new_run_id,
    prune_records,
    read_records,
    write_record,
)

if TYPE_CHECKING:
    from expectations.results import GateCode, GateResult
    from expectations.worker_client import GateWorker

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
SHOWN_FAILURES = 10
REPORT_FILE = "forecast.html"

# The graph in three parts without overlap: staging and the account of its rows, which the gate "sources" judges;
# everything that no forecast feeds; and the forecasts' marts. `cautious` keeps a test with the part in which its last
# parent is built. Unit tests belong to `make test`.
STAGING_PART = ("openspm.staging", "+fct_landed_rows", "+fct_quarantined_records")
FORECAST_PART = ("source:ml+",)
DBT_OPTIONS = ("--indirect-selection", "cautious", "--exclude-resource-type", "unit_test")
DBT_STAGING = ("build", "--select", *STAGING_PART, *DBT_OPTIONS)
DBT_MODELS = ("build", "--exclude", *STAGING_PART, *FORECAST_PART, *DBT_OPTIONS)
DBT_FORECAST = ("build", "--select", *FORECAST_PART, *DBT_OPTIONS)


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
    failures: list[str] = field(default_factory=list)
    generation_number: int | None = None
    paths: dict[str, str] = field(default_factory=dict)


class Night:
    """A run that is going on: what it has open, and its steps.

    Entering takes the lock, settles and clears away what dead runs left, and starts the children.
    """

    def __init__(
        self,
        settings: Settings,
        company: Company,
        as_of: datetime | None = None,
        dry_run: bool = False,
        progress: Progress | None = None,
    ) -> None:
        """Prepare a run; nothing happens before it is entered.

        Args:
            settings: settings of the machine.
            company: the company.
            as_of: an aware time; None for now. With a time, no source is asked and the warehouse shows what was known
                then.
            dry_run: land, build and check, and publish nothing.
            progress: called when a step begins, when one of its models or tests ends, and when it ends.
        """
        self.settings = settings
        self.company = company
        self.state = settings.state(company.id)
        self.contract: Contract = company.extend(load_contract())
        self.dry_run = dry_run
        self.steps = DRY_STEPS if dry_run else STEPS
        self.generation: Generation | None = None
        started_at = datetime.now(UTC)
        self._is_as_of_given = as_of is not None
        self._record = RunRecord(
            run_id=new_run_id(started_at),
            company_id=company.id,
            status_code="running",
            started_at=started_at,
            as_of_at=as_of or started_at,
            code_version=code_version(),
        )
        self.outcome = RunOutcome(self._record.run_id, company.id)
        self._progress = progress
        self._gate_results: list[GateResult] = []
        self._error: BaseException | None = None
        self._exits = contextlib.ExitStack()

    @property
    def run_id(self) -> str:
        """The id of this run."""
        return self._record.run_id

    def __enter__(self) -> Night:
        """Begin the run.

        Raises:
            Locked: another run is going on; nothing has changed.
        """
        with contextlib.ExitStack() as exits:
            exits.enter_context(hold_lock(self.state, f"run {self.run_id}", self.settings.lock_wait_seconds))
            fault_point(self.settings, "after_lock")
            settle(self.state)
            clear_unpublished(self.state)
            clear_builds(self.state)
            fault_point(self.settings, "after_clean_up")
            self.outcome.paths["record"] = str(write_record(self.state, self._record))
            self._start_children(exits)
            self._exits = exits.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the run: close the children, write the record, free the lock."""
        with self._exits:
            self._close_children()
            self._settle_outcome(error or self._error)
            write_record(self.state, self._record)
            prune_records(self.state, self.settings.keep_runs)

    def run(self, step: StepName) -> None:
        """Run one step; steps run in the order of STEPS, each once.

        Raises:
            GateBlocked: a gate or a blocking test found data unfit.
            OpenspmError: what else the user can act on.
        """
        started = time.monotonic()
        self._record.failed_step = step
        self._report_progress(step, 0, None)
        try:
            getattr(self, f"_{step}")()
        except BaseException as error:
            self._error = error
            raise
        seconds = time.monotonic() - started
        self._record.failed_step = None
        self._record.steps.append(RunStep(name=step, seconds=seconds))
        self.outcome.step_seconds[step] = round(seconds, 3)
        self._report_progress(step, 0, seconds)

    def parse_models(self) -> Path:
        """Bring dbt's manifest up to date and return where it lies, for whoever draws the graph."""
        self._dbt.run(["parse"])
        return manifest_path(self.state)

    def _start_children(self, exits: contextlib.ExitStack) -> None:
        """Start dbt and the gate ahead of their steps, so that their imports overlap with landing."""
        from expectations.worker_client import GateWorker

        self._dbt = exits.enter_context(DbtChild(self.settings, self.state))
        self._gate: GateWorker = exits.enter_context(GateWorker(self.state.dbt / "logs" / "gate.log"))
        self.outcome.paths["log"] = str(self.state.dbt / "logs")

    def _close_children(self) -> None:
        """End the children; nobody has the candidate open afterwards."""
        self._dbt.close()
        self._gate.close()

    def _land(self) -> None:
        """Ask every source and land what it gives; nothing with an as-of of the past."""
        if not self._is_as_of_given:
            landed_at = datetime.now(UTC)
            for source in self.company.sources:
                manifests = land(
                    self.state,
                    self.contract,
                    open_source(source).extract(self.contract, self.state, self._request(source.name)),
                    source=source.name,
                    landed_at=landed_at,
                )
                self._count_landed(manifests)
            self._record.as_of_at = landed_at
        fault_point(self.settings, "after_landing")

    def _request(self, source: str) -> ExtractRequest:
        """What a source is told: what it gave last time."""
        newest = {manifest.table: manifest for manifest in read_manifests(self.state) if manifest.source == source}
        return ExtractRequest(
            company=self.company,
            settings=self.settings,
            fingerprints={table: entry.fingerprint for table, entry in newest.items() if entry.fingerprint},
            cursors={table: entry.cursor for table, entry in newest.items() if entry.cursor},
        )

    def _count_landed(self, manifests: Sequence[Manifest]) -> None:
        """Count rows and new batches for the outcome."""
        for manifest in manifests:
            rows = self.outcome.landed_rows
            rows[manifest.table] = rows.get(manifest.table, 0) + manifest.row_count
            self.outcome.new_batch_count += manifest.same_as_batch_id is None

    def _register(self) -> None:
        """Show what had landed by the as-of to the candidate."""
        run = RunIdentity(run_id=self.run_id, code_version=self._record.code_version)
        register(self.state.candidate, self.state, self.contract, self.company, self._record.as_of_at, run)
        self._input = read_input(self.state.candidate, self.settings)
        self._record.as_of_date = self._input.as_of_date
        self.outcome.as_of_date = self._input.as_of_date.isoformat()
        write_record(self.state, self._record)
        fault_point(self.settings, "after_register")

    def _staging(self) -> None:
        """Type every landed row, or quarantine it."""
        self._build("staging", DBT_STAGING)
        fault_point(self.settings, "after_staging")

    def _models(self) -> None:
        """Build everything that no forecast feeds."""
        self._build("models", DBT_MODELS)
        fault_point(self.settings, "after_models")

    def _forecast(self) -> None:
        """Build the marts that the forecasts feed."""
        self._build("forecast", DBT_FORECAST)
        fault_point(self.settings, "after_forecast")

    def _build(self, step: StepName, command: Sequence[str]) -> DbtResult:
        """Run one dbt command, count its tests, and stop the run where a node failed."""
        done = 0

        def hear(_: NodeResult) -> None:
            nonlocal done
            done += 1
            self._report_progress(step, done, None)

        result = self._dbt.run(command, hear)
        self.on_dbt_result(step, result)
        counts = self.outcome.check_counts
        for node in result.nodes:
            if node.resource_type == "test":
                outcome = {"pass": "passed", "warn": "warned", "skipped": "skipped"}.get(node.status, "failed")
                counts[outcome] += 1
        warned = [f"{node.name}: {node.message}" for node in result.nodes if node.status == "warn"]
        self.outcome.failures += warned
        if not result.is_success:
            failed = [f"{node.name}: {node.message}" for node in result.failed_nodes]
            self.outcome.failures = failed + self.outcome.failures
            raise self._dbt_error(result, failed)
        return result

    def on_dbt_result(self, step: StepName, result: DbtResult) -> None:
        """Called with each result of dbt, before a failure stops the run; orchestration listens here."""

    def _dbt_error(self, result: DbtResult, failed: Sequence[str]) -> OpenspmError:
        """The error for nodes that failed: data that a test refuses blocks, SQL that does not run is a defect."""
        lines = "\n".join(failed[:SHOWN_FAILURES])
        if all(node.resource_type == "test" and node.status == "fail" for node in result.failed_nodes):
            return GateBlocked(
                f"{len(failed)} data tests refuse this night's numbers; nothing was published:\n{lines}",
                where=str(self.state.candidate),
                next_step="Read docs/how-to/read_a_failed_check.md; readers keep the last publication.",
            )
        return OpenspmError(
            f"{len(failed)} nodes could not be built; nothing was published:\n{lines}",
            where=str(self.state.dbt / "logs" / "dbt.log"),
            next_step="Correct the model that the message names; readers keep the last publication.",
        )

    def _ml(self) -> None:
        """Train or reuse the models, and register their forecasts and scores."""
        from ml.run import build

        build(self.state.candidate, self.state, company=self.company, settings=self.settings)
        fault_point(self.settings, "after_ml")

    def _gate_sources(self) -> None:
        """Judge what came in."""
        self._run_gate("sources")
        fault_point(self.settings, "after_gate_sources")

    def _gate_published(self) -> None:
        """Judge what would go out."""
        self._run_gate("published")
        fault_point(self.settings, "after_gate_published")

    def _run_gate(self, gate: GateCode) -> None:
        """Run one gate on the candidate and stop the run where it blocks."""
        before = current_generation(self.state)
        result = self._gate.run(
            gate,
            self.state.candidate,
            settings=self.company.gates,
            previous=None if before is None else before.warehouse,
            data_docs=self.state.reports / "finance" / "data_docs" / self.run_id,
            duckdb_config={"threads": self.settings.threads, "memory_limit": self.settings.memory_limit},
        )
        self._gate_results.append(result)
        self.on_gate_result(result)
        for entry in result.results:
            failed = "failed" if entry.severity_code == "block" else "warned"
            counted = {"passed": "passed", "skipped": "skipped"}.get(entry.status_code, failed)
            self.outcome.check_counts[counted] += 1
        lines = [entry.describe() for entry in result.failures]
        self.outcome.failures = (lines + self.outcome.failures) if result.is_blocked else self.outcome.failures + lines
        if result.data_docs is not None:
            self.outcome.paths["data_docs"] = str(result.data_docs)
        if result.is_blocked:
            blocking = [entry.describe() for entry in result.failures if entry.is_blocking]
            raise GateBlocked(
                f'{len(blocking)} expectations of the gate "{gate}" refuse this night\'s numbers; '
                "nothing was published:\n" + "\n".join(blocking[:SHOWN_FAILURES]),
                where=str(self.state.candidate),
                next_step="Read docs/how-to/read_a_failed_check.md; readers keep the last publication.",
            )

    def on_gate_result(self, result: GateResult) -> None:
        """Called with each gate's result, before it blocks the run; orchestration listens here."""

    def _publish(self) -> None:
        """Write what comes after the gate, copy, verify, and move the link."""
        from expectations.results import to_table

        self._close_children()
        now = datetime.now(UTC)
        tables = load_published_tables(manifest_path(self.state))
        self._record.publication = PublicationRecord(
            generation_number=next_number(self.state),
            published_at=now,
            ledger_head=self._input.ledger_head,
            batch_count=self._input.batch_count,
            batches_hash=self._input.batches_hash,
            mart_count=sum(table.schema == "marts" for table in tables),
        )
        write_record(self.state, self._record)
        earlier = [record for record in read_records(self.state) if record.run_id != self.run_id]
        results = to_table(self._gate_results, self.run_id, now)
        write_meta_tables(
            self.state.candidate,
            self.settings,
            results,
            [*earlier, self._record.model_copy(update={"failed_step": None})],
        )
        fault_point(self.settings, "after_meta")
        self.generation = publish(self.state, self.settings, self.state.candidate, tables, self._record)
        self._record.status_code = "published"
        self.outcome.generation_number = self.generation.number
        self.outcome.paths["warehouse"] = str(self.state.published / "current" / self.generation.warehouse.name)
        self.outcome.paths["open_warehouse"] = str(
            self.state.published / "current" / self.generation.open_warehouse.name
        )
        prune_generations(self.state, self.settings.keep_generations)
        fault_point(self.settings, "after_prune")
        write_record(self.state, self._record)
        fault_point(self.settings, "after_record")

    def _report(self) -> None:
        """Write the leaders' report of what was published, into the folder of those who must not see pay."""
        from openspm.reports import write_forecast_report

        if self.generation is None:
            raise ValueError("a report is written of a publication: run the step publish first")
        out = self.state.reports / "all" / REPORT_FILE
        self.outcome.paths["report"] = str(write_forecast_report(self.generation.open_warehouse, out))
        fault_point(self.settings, "after_report")

    def _report_progress(self, step: StepName, done_count: int, seconds: float | None) -> None:
        """Tell the caller, if it wants to know."""
        if self._progress is not None:
            position = self.steps.index(step) + 1
            self._progress(StepProgress(step, position, len(self.steps), done_count, seconds))

    def _settle_outcome(self, error: BaseException | None) -> None:
        """Say in record and outcome how the run ended."""
        record, outcome = self._record, self.outcome
        is_published = record.status_code == "published"
        if error is None and len(record.steps) < len(self.steps):
            error = OpenspmError("The run was stopped before its last step")
        record.finished_at = datetime.now(UTC)
        if error is None:
            record.status_code = "checked" if self.dry_run else "published"
            record.exit_code = 0
        else:
            record.exit_code = error.exit_code if isinstance(error, OpenspmError) else 1
            record.message = _message_of(error)
            if not is_published:
                record.publication = None
                record.status_code = "blocked" if isinstance(error, GateBlocked) else "failed"
        outcome.status, outcome.exit_code, outcome.message = record.status_code, record.exit_code, record.message


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


def _message_of(error: BaseException) -> str:
    """What a record says about an error: its own words, or for a defect of ours where it came from."""
    if isinstance(error, OpenspmError):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}{f': {error.filename}' if error.filename else ''}"
    frame = traceback.extract_tb(error.__traceback__)[-1] if error.__traceback__ else None
    place = f" at {Path(frame.filename).name}:{frame.lineno}" if frame else ""
    return f"{type(error).__name__}: {error}{place}"
