"""Protects the machinery of the gates: verdicts, skips, sample keys, the report, and that no file stays open.

Without it a gate could pass a table that it never read, keep the candidate locked for the next dbt step, or print pay
figures where ids belong.
"""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from expectations.gate import run_gate
from expectations.results import RESULTS_SCHEMA, GateResult, to_table
from expectations.suites import load_suites
from expectations.worker_client import GateWorker
from openspm.errors import OpenspmError
from openspm.gate_settings import GateSettings

SUITES = """
- suite: deals
  table: marts.deals
  key: [deal_id]
  expectations:
    - id: deals_have_rows
      severity: block
      reason: An empty table passes every other check.
      protects: [fct_deals]
      expect: ExpectTableRowCountToBeBetween
      arguments: {min_value: 1}
    - id: deals_have_an_owner
      severity: warn
      reason: A deal without an owner credits nobody.
      protects: [fct_deals, fct_credits]
      expect: ExpectColumnValuesToNotBeNull
      column: owner_id
      arguments: {mostly: 1 - $most_quarantined_ratio}
    - id: deals_are_not_negative
      severity: block
      reason: A deal below zero takes pay back from somebody.
      protects: [fct_deals]
      rule: |
        select deal_id as sample_key, 'a deal of ' || currency_code as seen
        from {batch} where amount < 0
    - id: deals_reach_finance
      severity: block
      reason: A deal that is never invoiced was perhaps never won.
      protects: [fct_deals]
      needs: [invoices]
      rule: select deal_id as sample_key from {batch} where deal_id not in (select deal_id from marts.invoices)
    - id: deals_did_not_halve
      severity: block
      reason: Half of the deals gone is an export cut in half.
      protects: [fct_deals]
      needs: [previous.deals]
      rule: |
        select 'all' as sample_key, count(*) || ' deals' as seen from {batch}
        having count(*) < (select count(*) from previous.marts.deals) * (1 - $most_dropped_ratio)
    - id: deals_in_a_leap_year
      severity: warn
      reason: Judged only where there is such a deal.
      protects: [fct_deals]
      only_if: exists (select 1 from marts.deals where deal_id = 'leap')
      rule: select deal_id as sample_key from {batch}
"""


def make_candidate(path: Path, deals: str) -> Path:
    """Write a DuckDB file with one mart of three columns and the record of what was landed."""
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema marts; create schema landing")
        connection.execute(
            "create table landing.columns as select 'deals' as table_name, 'deal_id' as column_name, true as is_present"
        )
        columns = "deal_id, owner_id, amount, currency_code"
        connection.execute(f"create table marts.deals as select * from (values {deals}) as d ({columns})")
    return path


@pytest.fixture
def suites(tmp_path: Path) -> Path:
    """A folder of suites with one suite in the gate `published`."""
    folder = tmp_path / "suites"
    (folder / "published").mkdir(parents=True)
    (folder / "published" / "deals.yml").write_text(SUITES)
    return folder


CLEAN = "('a', 'o1', 10.00, 'EUR'), ('b', 'o1', 20.00, 'EUR')"


def statuses(result: GateResult) -> dict[str, str]:
    """The status of each expectation."""
    return {entry.expectation_id: entry.status_code for entry in result.results}


def test_clean_data_passes_and_what_is_absent_is_skipped(tmp_path: Path, suites: Path) -> None:
    candidate = make_candidate(tmp_path / "c.duckdb", CLEAN)
    result = run_gate("published", candidate, suites_folder=suites)
    assert statuses(result) == {
        "deals_are_not_negative": "passed",
        "deals_did_not_halve": "skipped",
        "deals_have_an_owner": "passed",
        "deals_have_rows": "passed",
        "deals_in_a_leap_year": "skipped",
        "deals_reach_finance": "skipped",
    }
    assert not result.is_blocked
    skipped = next(entry for entry in result.results if entry.expectation_id == "deals_reach_finance")
    assert skipped.observed_value == "skipped: there is no invoices"
    with duckdb.connect(str(candidate)) as writer:
        writer.execute("create table marts.still_writable (x int)")


def test_failures_carry_keys_and_counts_but_no_figures(tmp_path: Path, suites: Path) -> None:
    previous = make_candidate(tmp_path / "p.duckdb", CLEAN + ", ('c', 'o', 1, 'EUR'), ('d', 'o', 1, 'EUR')")
    candidate = make_candidate(tmp_path / "c.duckdb", "('a', null, -12345.67, 'EUR'), ('b', null, 20.00, 'EUR')")
    result = run_gate("published", candidate, previous=previous, suites_folder=suites, data_docs=tmp_path / "docs")
    found = {entry.expectation_id: entry for entry in result.failures}
    assert set(found) == {"deals_are_not_negative", "deals_have_an_owner", "deals_did_not_halve"}
    assert result.is_blocked
    assert found["deals_are_not_negative"].sample_keys == "a"
    assert found["deals_are_not_negative"].observed_value == "1 rows, such as a deal of EUR"
    assert found["deals_have_an_owner"].sample_keys == "a,b"
    assert found["deals_have_an_owner"].observed_value == "2 of 2 rows"
    assert "2 deals" in str(found["deals_did_not_halve"].observed_value)
    assert "12345" not in result.to_json()
    assert result.data_docs is not None
    pages = list((tmp_path / "docs").rglob("*.html"))
    assert result.data_docs in pages
    assert any("A deal below zero takes pay back from somebody." in page.read_text() for page in pages)


def test_an_empty_table_fails_by_its_row_floor(tmp_path: Path, suites: Path) -> None:
    candidate = make_candidate(tmp_path / "c.duckdb", CLEAN)
    with duckdb.connect(str(candidate)) as writer:
        writer.execute("delete from marts.deals")
    result = run_gate("published", candidate, suites_folder=suites)
    assert [entry.expectation_id for entry in result.failures] == ["deals_have_rows"]


def test_a_missing_table_or_column_blocks(tmp_path: Path, suites: Path) -> None:
    candidate = make_candidate(tmp_path / "c.duckdb", CLEAN)
    with duckdb.connect(str(candidate)) as writer:
        writer.execute("alter table marts.deals drop column amount")
    result = run_gate("published", candidate, suites_folder=suites)
    assert statuses(result)["deals_are_not_negative"] == "errored"
    assert result.is_blocked
    with duckdb.connect(str(candidate)) as writer:
        writer.execute("drop table marts.deals")
    result = run_gate("published", candidate, suites_folder=suites)
    assert statuses(result)["deals_have_rows"] == "errored"


def test_results_become_the_promised_rows(tmp_path: Path, suites: Path) -> None:
    result = run_gate("published", make_candidate(tmp_path / "c.duckdb", CLEAN), suites_folder=suites)
    assert GateResult.from_json(result.to_json()) == result
    table = to_table([result], "run-1", datetime(2026, 11, 23, 3, tzinfo=UTC))
    assert table.schema == RESULTS_SCHEMA
    assert table.num_rows == len(result.results)
    assert set(table["run_id"].to_pylist()) == {"run-1"}
    with pytest.raises(ValueError, match="time zone"):
        to_table([result], "run-1", datetime(2026, 11, 23, 3))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("$most_dropped_ratio", "$no_such_limit"), "no_such_limit"),
        (("ExpectTableRowCountToBeBetween", "ExpectMiracles"), "deals_have_rows"),
        (("sample_key, 'a deal", "x, 'a deal"), "sample_key"),
        (("id: deals_have_rows", "id: deals_reach_finance"), "deals_reach_finance"),
        (("severity: warn", "severity: shrug"), "deals.yml"),
    ],
)
def test_a_wrong_suite_is_refused_with_its_name(
    tmp_path: Path, suites: Path, change: tuple[str, str], message: str
) -> None:
    path = suites / "published" / "deals.yml"
    path.write_text(SUITES.replace(*change, 1))
    candidate = make_candidate(tmp_path / "c.duckdb", CLEAN)
    with pytest.raises(OpenspmError) as caught:
        run_gate("published", candidate, previous=candidate, suites_folder=suites)
    assert message in str(caught.value)


def test_every_suite_of_the_repository_can_be_read() -> None:
    for gate in ("sources", "published"):
        assert load_suites(gate)


def test_the_child_answers_like_the_function(tmp_path: Path) -> None:
    candidate = make_candidate(tmp_path / "c.duckdb", CLEAN)
    with GateWorker(log=tmp_path / "gate.log") as worker:
        result = worker.run("published", candidate, settings=GateSettings(most_silent_days=3))
        with pytest.raises(OpenspmError) as caught:
            worker.run("published", tmp_path / "absent.duckdb")
    assert "no candidate" in caught.value.message
    direct = run_gate("published", candidate)
    assert statuses(result) == statuses(direct)
    assert result.is_blocked


def test_a_dead_child_is_named(tmp_path: Path) -> None:
    worker = GateWorker()
    worker.close()
    with pytest.raises((OpenspmError, ValueError)):
        worker.run("published", tmp_path / "absent.duckdb")


def test_the_client_does_not_import_great_expectations() -> None:
    import subprocess

    code = "import sys, json, expectations.worker_client; print(json.dumps([m for m in sys.modules if m in "
    code += "('great_expectations', 'sqlalchemy')]))"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert json.loads(output) == []
