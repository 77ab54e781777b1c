"""`openspm run` goes through Dagster's own job, leaves its runs and checks on record, and contacts nobody.

What silently breaks without these: checks that nobody sees in the browser, a second run of one process that writes into
what the first one published, a library that reports home.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from openspm.durable_files import hash_file
from openspm.warehouse.generations import list_generations
from openspm.warehouse.run_records import read_records
from orchestration.instance import open_instance
from tests.faults.micro_runs import CHECKOUT, copy_home, micro_state

pytestmark = [pytest.mark.xdist_group("micro_runs"), pytest.mark.timeout(900)]
PAY_TABLES = ("fct_payout_lines", "fct_payout_traces", "fct_payouts", "fct_credits", "fct_attainment")


@dataclass(frozen=True)
class WatchedRuns:
    """A home after two more runs in one process, what they said, and whom they tried to reach."""

    home: Path
    outcomes: list[dict[str, str]]
    contacts: list[str]
    first_hashes: dict[str, str]


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory, published_home: Path) -> WatchedRuns:
    """Two more runs of the published company."""
    home = copy_home(published_home, tmp_path_factory.mktemp("watched") / "home")
    log = home.parent / "contacts.txt"
    first = list_generations(micro_state(home))[0].folder
    hashes = {path.name: hash_file(path) for path in first.rglob("*") if path.is_file()}
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(__file__).parent / "network_watch"),
        "NETWORK_WATCH_LOG": str(log),
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.orchestration.second_run", str(home)],
        cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return WatchedRuns(home, json.loads(done.stdout.splitlines()[-1]), log.read_text().splitlines(), hashes)


def test_runs_publish(watched: WatchedRuns) -> None:
    assert [outcome["status"] for outcome in watched.outcomes] == ["published", "published"], watched.outcomes
    assert [generation.number for generation in list_generations(micro_state(watched.home))] == [1, 2, 3]


def test_run_contacts_nobody(watched: WatchedRuns) -> None:
    assert watched.contacts == ["socket.getaddrinfo watch.invalid"]


def test_two_runs_of_one_process_leave_earlier_publications_as_they_were(watched: WatchedRuns) -> None:
    first = list_generations(micro_state(watched.home))[0].folder
    assert {path.name: hash_file(path) for path in first.rglob("*") if path.is_file()} == watched.first_hashes
    second = list_generations(micro_state(watched.home))[1]
    manifest = json.loads((second.folder / "manifest.json").read_text())
    assert {name: hash_file(second.folder / name) for name in manifest["files"]} == {
        name: entry["sha256"] for name, entry in manifest["files"].items()
    }


def test_second_run_changes_no_row_of_pay(watched: WatchedRuns) -> None:
    contents = []
    for generation in list_generations(micro_state(watched.home)):
        tables = json.loads((generation.folder / "manifest.json").read_text())["tables"]
        contents.append([tables[f"marts.{name}"] for name in PAY_TABLES])
    assert contents[0] == contents[1] == contents[2]
    assert sum(table["row_count"] for table in contents[0]) > 0


def test_every_published_relation_answers_with_external_access_off(watched: WatchedRuns) -> None:
    generation = list_generations(micro_state(watched.home))[-1]
    for path in (generation.warehouse, generation.open_warehouse):
        connection = duckdb.connect(
            str(path), read_only=True, config={"enable_external_access": False, "lock_configuration": True}
        )
        try:
            relations = connection.execute(
                "select table_schema, table_name, table_type from information_schema.tables"
            ).fetchall()
            assert {kind for _, _, kind in relations} == {"BASE TABLE"}
            for schema, name, _ in relations:
                connection.execute(f'select * from "{schema}"."{name}"').fetchall()
        finally:
            connection.close()


def test_open_file_has_no_pay(watched: WatchedRuns) -> None:
    generation = list_generations(micro_state(watched.home))[-1]
    with duckdb.connect(str(generation.open_warehouse), read_only=True) as connection:
        columns = connection.execute(
            "select table_name, column_name from duckdb_columns() where not internal"
        ).fetchall()
    words = ("payout", "earned", "payable", "salary", "commission", "variable_target", "pay_credit", "bonus")
    assert not [(table, name) for table, name in columns if any(word in f"{table}.{name}" for word in words)]
    assert ("fct_kpis", "kpi_value") in columns


def test_runs_and_checks_stand_in_the_company_s_instance(watched: WatchedRuns) -> None:
    state = micro_state(watched.home)
    with open_instance(state) as instance:
        runs = instance.get_runs()
        assert [run.status for run in runs] == [dg.DagsterRunStatus.SUCCESS] * 3
        assert {run.tags["openspm/run_id"] for run in runs} == {record.run_id for record in read_records(state)}
        events = instance.all_logs(runs[0].run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION)
        names = {event.dagster_event.asset_check_evaluation_data.check_name for event in events if event.dagster_event}
        materialized = instance.all_logs(runs[0].run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION)
        keys = {str(event.dagster_event.asset_key.to_user_string()) for event in materialized if event.dagster_event}
    assert {
        "landing/opportunities",
        "staging/stg_crm__opportunities",
        "marts/fct_payouts",
        "published/warehouse",
    } <= keys
    assert "something_was_landed" in names
    assert len(names) > 100
