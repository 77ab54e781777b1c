"""A night whose children are stand-ins: lock, landing, records and publishing are real, dbt and the gates are not."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from expectations.results import ExpectationResult, GateResult
from openspm.company import Company, load_company
from openspm.compiled_models import manifest_path
from openspm.model_builder import MODELS_COMMAND, STAGING_COMMAND
from openspm.nightly import Night, RunOutcome
from openspm.settings import Settings
from openspm.transform import DbtResult, NodeResult
from tests.warehouse.small_warehouse import META_DDL, TABLES

COMPANY = """
id: standin
name: Stand-in Ltd
currency_code: EUR
timezone_name: Europe/Berlin
as_of_date: 2026-05-31
calendar: {id: company, first_year: 2026, last_year: 2026}
"""
REFUSED = ExpectationResult(
    gate_code="published", suite_name="fct_payouts", expectation_id="payouts_are_whole", table_name="marts.fct_payouts",
    column_name=None, severity_code="block", status_code="failed", is_success=False, observed_value="2 rows",
    unexpected_count=2, sample_keys="p1,p2", reason_text="A payout that is cut is paid wrongly.",
    protected_marts="fct_payouts",
)  # fmt: skip


class StandInDbt:
    """Builds the small warehouse's tables instead of models."""

    def __init__(self, night: Night) -> None:
        self.night = night

    def run(self, command: Sequence[str], progress: object = None) -> DbtResult:
        del progress
        if tuple(command) == STAGING_COMMAND and self.night.settings.company_dir.name == "refused_by_test":
            query = "select run_id, company_id, 98765 as earned_amount from landing.run"
            node = NodeResult("test.openspm.keys", "keys", "test", "fail", "Got 1 result", 0.1, 1, query)
            return DbtResult(tuple(command), False, (node,), (), 0.1)
        if tuple(command) == MODELS_COMMAND:
            with duckdb.connect(str(self.night.state.candidate)) as connection:
                connection.execute(META_DDL)
                for table, amount in (("dim_payees", "variable_target_amount"), ("fct_payouts", "earned_amount")):
                    connection.execute(
                        f"create table marts.{table} as select 'p1' as payee_id, run_id, 5 as {amount} from landing.run"
                    )
        return DbtResult(tuple(command), True, (), (), 0.0)

    def close(self) -> None:
        """Nothing is open."""


class StandInGate:
    """Passes, unless the company is there to be refused."""

    def __init__(self, night: Night) -> None:
        self.night = night

    def begin(self, gate: Any, candidate: Path, **_: object) -> None:
        self.gate, self.candidate = gate, candidate

    def finish(self) -> GateResult:
        with duckdb.connect(str(self.candidate), read_only=True):
            pass
        is_refused = self.gate == "published" and self.night.settings.company_dir.name == "refused_by_gate"
        return GateResult(self.gate, (REFUSED,) if is_refused else (), 0.0)

    def close(self) -> None:
        """Nothing is open."""


class StandInMl:
    """Writes one product."""

    def __init__(self, night: Night) -> None:
        self.output_dir = night.state.builds / "ml"

    def start(self) -> None:
        """Nothing is to be started."""

    def begin(self) -> None:
        """All is done in the end."""

    def finish(self) -> Mapping[str, Any]:
        self.output_dir.mkdir(parents=True)
        pq.write_table(pa.table({"unread": [1]}), self.output_dir / "unread.parquet")
        return {"notes": []}

    def close(self) -> None:
        """Nothing is open."""


class StandInNight(Night):
    """The night with stand-ins for its children and for the report."""

    def _start_children(self, exits: object) -> None:
        del exits
        self._builder, self._gate, self._ml_child = StandInDbt(self), StandInGate(self), StandInMl(self)  # type: ignore[assignment]
        write_manifest(manifest_path(self.state))

    def _report(self) -> None:
        from openspm.faults import fault_point

        fault_point(self.settings, "after_report")


def company_at(root: Path, name: str = "company") -> Company:
    """A company without sources; the folder's name says what is to happen to it."""
    folder = root / name
    folder.mkdir(exist_ok=True)
    (folder / "company.yml").write_text(COMPANY)
    return load_company(folder)


def run_stand_in(settings: Settings, company: Company, dry_run: bool = False) -> RunOutcome:
    """Run all steps; a step that fails shows in the outcome."""
    night = StandInNight(settings, company, dry_run=dry_run)
    try:
        with night:
            for step in night.steps:
                night.run(step)
    except Exception:
        if night.outcome.status == "running":
            raise
    return night.outcome


def write_manifest(path: Path) -> None:
    """A dbt manifest that declares the tables of the small warehouse."""
    path.parent.mkdir(parents=True, exist_ok=True)
    nodes = {
        table.name: {
            "name": table.name,
            "alias": table.name,
            "resource_type": "model",
            "fqn": ["openspm", "marts", table.area, table.name],
            "schema": table.schema,
            "description": table.description,
            "original_file_path": "",
            "config": {"enabled": True, "materialized": "table", "meta": {"audience": table.audience}},
            "columns": {
                column.name: {"description": "", "config": {"meta": {"pay": not column.is_open}}}
                for column in table.columns
            },
        }
        for table in TABLES
    }
    path.write_text(json.dumps({"nodes": nodes}))
