"""A run that is going on: what it holds open, and its steps in order."""

from __future__ import annotations

import contextlib
import importlib
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from openspm.code_version import code_version
from openspm.company import Company
from openspm.compiled_models import manifest_path
from openspm.contract import Contract, load_contract
from openspm.errors import GateBlocked, OpenspmError
from openspm.faults import fault_point
from openspm.landing import RunIdentity, register
from openspm.landing.nightly import land_all
from openspm.model_builder import FORECAST_COMMAND, MODELS_COMMAND, NIGHT_COMMANDS, STAGING_COMMAND, ModelBuilder
from openspm.nightly.checks import blocked_by_gate, count_gate, count_tests, failed_in_dbt
from openspm.nightly.ml_child import MlChild
from openspm.nightly.outcome import DRY_STEPS, STEPS, Progress, RunOutcome, StepName, StepProgress, message_of
from openspm.settings import Settings
from openspm.transform import DbtResult, NodeResult
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

REPORT_FILE = "forecast.html"


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

    def __enter__(self) -> Self:
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
        done = [entry.name for entry in self._record.steps]
        if step != self.steps[len(done)]:
            raise OpenspmError(
                f"The step {step} cannot run now",
                where=f"steps that have run: {', '.join(done) or 'none'}",
                next_step="Run the whole job: a publication is all steps of one run, in their order.",
            )
        started = time.monotonic()
        self._error = None
        self._record.failed_step = step
        write_record(self.state, self._record)
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
        return self._builder.parse()

    def _start_children(self, exits: contextlib.ExitStack) -> None:
        """Start the gate, and dbt where it is needed, so that their imports overlap with landing."""
        from expectations.worker_client import GateWorker

        self._builder = ModelBuilder(self.settings, self.state, NIGHT_COMMANDS)
        exits.callback(self._builder.close)
        self._gate = GateWorker(self.state.dbt / "logs" / "gate.log")
        exits.callback(self._gate.close)
        self._ml_child = MlChild(self.settings, self.state)
        exits.callback(self._ml_child.close)
        self.outcome.paths["log"] = str(self.state.dbt / "logs")

    def _close_children(self) -> None:
        """End the children; nobody has the candidate open afterwards."""
        self._builder.close()
        self._gate.close()
        self._ml_child.close()

    def _land(self) -> None:
        """Ask every source and land what it gives; nothing with an as-of of the past."""
        if not self._is_as_of_given:
            landed_at = datetime.now(UTC)
            for manifest in land_all(self.settings, self.state, self.company, self.contract, landed_at):
                rows = self.outcome.landed_rows
                rows[manifest.table] = rows.get(manifest.table, 0) + manifest.row_count
                self.outcome.new_batch_count += manifest.same_as_batch_id is None
            self._record.as_of_at = landed_at
        fault_point(self.settings, "after_landing")

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
        """Type every landed row, or quarantine it; the gate begins, while the caller still takes in what was built."""
        self._build("staging", STAGING_COMMAND)
        fault_point(self.settings, "after_staging")
        self._begin_gate("sources")

    def _models(self) -> None:
        """Build everything that no forecast feeds; the child of the models of the future begins."""
        self._build("models", MODELS_COMMAND)
        fault_point(self.settings, "after_models")
        self._ml_child.begin()

    def _forecast(self) -> None:
        """Build the marts that the forecasts feed."""
        self._build("forecast", FORECAST_COMMAND)
        fault_point(self.settings, "after_forecast")
        self._begin_gate("published")

    def _build(self, step: StepName, command: Sequence[str]) -> None:
        """Run one dbt command, count its tests, and stop the run where a node failed."""
        done: set[str] = set()

        def hear(node: NodeResult) -> None:
            done.add(node.unique_id)
            self._report_progress(step, len(done), None)

        result = self._builder.run(command, hear)
        self.on_dbt_result(result)
        count_tests(self.outcome, result)
        if not result.is_success:
            raise failed_in_dbt(result, self.state)

    def on_dbt_result(self, result: DbtResult) -> None:
        """Called with each result of dbt, before a failure stops the run; orchestration listens here."""

    def _ml(self) -> None:
        """Train or reuse the models, and register their forecasts and scores."""
        from ml.products import register_ml

        built = self._ml_child.finish()
        register_ml(self.state.candidate, self._ml_child.output_dir)
        self.outcome.notes += built["notes"]
        fault_point(self.settings, "after_ml")

    def _gate_sources(self) -> None:
        """Judge what came in; the child of the models of the future imports on the core that is free meanwhile."""
        self._ml_child.start()
        self._finish_gate()
        fault_point(self.settings, "after_gate_sources")

    def _gate_published(self) -> None:
        """Judge what would go out; what the report needs is imported meanwhile."""
        if not self.dry_run:
            importlib.import_module("openspm.reports.forecast_report")
        self._finish_gate()
        fault_point(self.settings, "after_gate_published")

    def _begin_gate(self, gate: GateCode) -> None:
        """Let one gate begin with the candidate; nobody writes into it before the gate has ended."""
        before = current_generation(self.state)
        self._gate.begin(
            gate,
            self.state.candidate,
            settings=self.company.gates,
            previous=None if before is None else before.warehouse,
            data_docs=self.state.reports / "finance" / "data_docs" / self.run_id,
            duckdb_config={"threads": self.settings.threads, "memory_limit": self.settings.memory_limit},
        )

    def _finish_gate(self) -> None:
        """Wait for the gate that began, and stop the run where it blocks."""
        result = self._gate.finish()
        self._gate_results.append(result)
        self.on_gate_result(result)
        count_gate(self.outcome, result)
        if result.data_docs is not None:
            self.outcome.paths["data_docs"] = str(result.data_docs)
        if result.is_blocked:
            raise blocked_by_gate(result, self.state)

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
        self.outcome.paths["report"] = str(
            write_forecast_report(self.generation.open_warehouse, out, self.state.charts)
        )
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
            record.message = message_of(error)
            if not is_published:
                record.publication = None
                record.status_code = "blocked" if isinstance(error, GateBlocked) else "failed"
        outcome.status, outcome.exit_code, outcome.message = record.status_code, record.exit_code, record.message
