"""Protects what the gates are for: a night whose numbers are wrong is stopped, and a clean one is not.

Without it a rule could be rewritten until it never fails, a new mart could go unguarded, and a false alarm would teach
people to raise limits until nothing is judged any more.
"""

import shutil
from pathlib import Path

import duckdb
import pytest

from expectations.gate import run_gate
from expectations.results import GateCode, GateResult
from expectations.suites import Suite, load_suites
from openspm.gate_settings import GateSettings
from tests.expectations.clean_company import Built, build_clean_candidate
from tests.expectations.defects import Defect, load_defects
from tests.expectations.gates_page import PAGE, page_text

pytestmark = pytest.mark.timeout(600)

DEFECTS = load_defects()
GATES: tuple[GateCode, ...] = ("sources", "published")
SUITE_OF = {rule.id: suite.suite for gate in GATES for suite in load_suites(gate) for rule in suite.expectations}
SEVERITY_OF = {rule.id: rule.severity for gate in GATES for suite in load_suites(gate) for rule in suite.expectations}
ALL_SUITES = [suite for gate in GATES for suite in load_suites(gate)]
# A company may have none of these rows; that it had some in the last publication is judged by `landed_rows`.
MAY_BE_EMPTY = {
    "landing.batches", "staging.stg_crm__opportunity_splits", "staging.stg_finance__credit_notes",
    "staging.stg_finance__payments", "staging.stg_finance__fx_rates", "staging.stg_finance__contracts",
    "staging.stg_finance__invoice_lines", "staging.stg_finance__customers", "staging.stg_crm__users",
    "staging.stg_planning__quotas", "marts.fct_forecast_accuracy", "marts.fct_due_actions",
    # Most companies have no team pools.
    "intermediate.int_pay_pools",
}  # fmt: skip
# With the company of the fixture, one in `make test` and ten in `make test-faults`.
MORE_SEEDS = (1, 2, 3, 4, 5, 6, 7, 8, 9)


def gate_with(defect: Defect, clean: Built, folder: Path, only_suites: list[str] | None) -> GateResult:
    """Gate a copy of the clean candidate that has the defect."""
    candidate = folder / "warehouse.duckdb"
    shutil.copyfile(clean.candidate, candidate)
    defect.apply(candidate)
    previous = None if defect.is_first_run else clean.candidate
    result = run_gate(defect.gate, candidate, previous=previous, only_suites=only_suites)
    candidate.unlink()
    return result


def alarms(candidate: Path) -> list[str]:
    """What both gates complain about in a candidate."""
    return [result.describe() for gate in GATES for result in run_gate(gate, candidate).failures]


def test_the_clean_company_passes_both_gates(clean: Built) -> None:
    assert clean.outcome.exit_code == 0, clean.outcome.failures
    assert alarms(clean.candidate) == []


def test_nearly_nothing_is_skipped_on_a_company_that_has_everything(clean: Built) -> None:
    skipped = {
        result.expectation_id
        for gate in GATES
        for result in run_gate(gate, clean.candidate, previous=clean.candidate).results
        if result.status_code == "skipped"
    }
    assert skipped == {"full_batches_are_not_cut"}


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_a_defect_is_caught(defect: Defect, clean: Built, tmp_path: Path) -> None:
    result = gate_with(defect, clean, tmp_path, [SUITE_OF[defect.caught_by]])
    failed = {entry.expectation_id: entry for entry in result.failures}
    assert defect.caught_by in failed, f"{defect.story} Failed instead: {sorted(failed)}"
    assert failed[defect.caught_by].status_code == "failed", failed[defect.caught_by].observed_value


def test_a_defect_that_moves_money_names_an_expectation_that_blocks() -> None:
    # One short split is decided by people: its pay is held, and stops nobody else's.
    lenient = [defect.name for defect in DEFECTS if defect.moves_money and SEVERITY_OF[defect.caught_by] != "block"]
    assert lenient == ["one_split_short"]


def test_every_suite_is_run_on_data_that_must_fail() -> None:
    assert set(SUITE_OF.values()) == {SUITE_OF[defect.caught_by] for defect in DEFECTS}


def test_there_are_enough_expectations_and_defects() -> None:
    assert len(SUITE_OF) >= 40
    assert len(DEFECTS) >= 25
    assert len({defect.name for defect in DEFECTS}) == len(DEFECTS)


def test_the_page_of_the_gates_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page_text(), "run: python -m tests.expectations.gates_page"


def test_a_late_sale_of_a_leaver_counts_on_the_first_open_day(clean: Built, tmp_path: Path) -> None:
    """The same credit as in the defect `late_sale_on_any_day`, the day before being the last of a closed period."""
    defect = next(entry for entry in DEFECTS if entry.name == "late_sale_on_any_day")
    candidate = tmp_path / "warehouse.duckdb"
    shutil.copyfile(clean.candidate, candidate)
    defect.apply(candidate)
    with duckdb.connect(str(candidate)) as connection:
        for table in ("marts.fct_credits", "staging.stg_planning__closed_periods"):
            connection.execute(f"create or replace table {table} as select * from {table}")
        connection.execute(
            """
            insert into staging.stg_planning__closed_periods by name
            select plans.rule_set_id, plans.plan_id, min(calendars.period_id) as period_id
            from staging.stg_planning__plans as plans
            inner join staging.stg_planning__calendars as calendars using (rule_set_id, calendar_id)
            where calendars.period_kind_code = 'month'
            group by plans.rule_set_id, plans.plan_id
            """
        )
        connection.execute(
            """
            update marts.fct_credits as credits set credit_date = closed.open_date
            from (
                select plans.plan_id, max(calendars.end_date) + 1 as open_date
                from staging.stg_planning__closed_periods as plans
                inner join staging.stg_planning__calendars as calendars using (rule_set_id, period_id)
                group by plans.plan_id
            ) as closed, marts.dim_payees as payees
            where
                credits.plan_id = closed.plan_id
                and credits.payee_id = payees.payee_id
                and credits.credit_date > payees.termination_date
            """
        )
    failures = run_gate("published", candidate, only_suites=["fct_credits"]).failures
    assert "credits_are_for_employed_people" not in {entry.expectation_id for entry in failures}


def test_limits_that_are_raised_let_a_defect_pass(clean: Built, tmp_path: Path) -> None:
    defect = next(entry for entry in DEFECTS if entry.name == "export_cut_in_half")
    candidate = tmp_path / "warehouse.duckdb"
    shutil.copyfile(clean.candidate, candidate)
    defect.apply(candidate)
    lenient = GateSettings.model_validate({"most_dropped_ratio": "0.9"})
    result = run_gate("sources", candidate, previous=clean.candidate, settings=lenient, only_suites=["landed_rows"])
    assert "records_did_not_vanish" not in {entry.expectation_id for entry in result.failures}


@pytest.mark.parametrize(("table", "is_stopped"), [("component_gates", False), ("plans", True)])
def test_plans_may_lose_their_last_gate_and_not_all_be_gone(
    clean: Built, tmp_path: Path, table: str, is_stopped: bool
) -> None:
    """Without it the night after a plan's last gate was taken out publishes nothing, and nobody can mend that."""
    candidate, before = tmp_path / "warehouse.duckdb", tmp_path / "before.duckdb"
    for path, count in ((before, 900), (candidate, 0)):
        shutil.copyfile(clean.candidate, path)
        with duckdb.connect(str(path)) as connection:
            connection.execute("create or replace table marts.fct_landed_rows as select * from marts.fct_landed_rows")
            connection.execute(
                "update marts.fct_landed_rows set table_name = ?, staged_count = ? "
                "where source_name = 'company' and table_name = 'plans'",
                [table, count],
            )
    result = run_gate("sources", candidate, previous=before, only_suites=["landed_rows"])
    caught = {entry.expectation_id for entry in result.failures} & {"records_did_not_vanish", "tables_did_not_vanish"}
    assert bool(caught) == is_stopped


@pytest.mark.faults
@pytest.mark.parametrize("seed", MORE_SEEDS)
def test_nine_more_clean_companies_raise_no_alarm(seed: int, tmp_path: Path) -> None:
    built = build_clean_candidate(tmp_path, seed)
    assert built.outcome.exit_code == 0, built.outcome.failures
    assert alarms(built.candidate) == []


@pytest.mark.faults
@pytest.mark.parametrize("suite", ALL_SUITES, ids=lambda suite: suite.table)
def test_an_emptied_table_is_noticed(suite: Suite, clean: Built, tmp_path: Path) -> None:
    """An empty table passes not-null and unique: each needs a floor, or a rule that compares it with another one."""
    candidate = tmp_path / "warehouse.duckdb"
    shutil.copyfile(clean.candidate, candidate)
    with duckdb.connect(str(candidate)) as connection:
        connection.execute(f"create or replace table {suite.table} as select * from {suite.table} where false")
    is_published = suite.table.startswith(("marts.", "intermediate.")) and suite.suite != "landed_rows"
    gate: GateCode = "published" if is_published else "sources"
    failures = run_gate(gate, candidate, previous=clean.candidate).failures
    may_be_empty = suite.table in MAY_BE_EMPTY
    assert failures or may_be_empty


@pytest.mark.faults
@pytest.mark.timeout(3600)
def test_whole_gates_catch_the_defects(clean: Built, tmp_path: Path) -> None:
    judged = [(defect, gate_with(defect, clean, tmp_path, None)) for defect in DEFECTS]
    missed = [defect.name for defect, result in judged if not result.failures]
    assert len(missed) <= len(DEFECTS) * 0.05
    unblocked = [defect.name for defect, result in judged if defect.moves_money and not result.is_blocked]
    assert unblocked == ["one_split_short"]
