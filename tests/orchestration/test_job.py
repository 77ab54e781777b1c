"""`openspm run` goes through Dagster's own job, leaves its runs and checks on record, and contacts nobody.

What silently breaks without these: checks that nobody sees in the browser, a second night of one process that writes
into what the first one published, a library that reports home.
"""

import json

import dagster as dg
import duckdb
import pytest

from openspm.durable_files import hash_file
from openspm.warehouse.generations import list_generations
from openspm.warehouse.run_records import read_records
from orchestration.instance import open_instance
from tests.faults.micro_runs import TwoNights, micro_state

pytestmark = pytest.mark.timeout(900)
PAY_TABLES = ("fct_payout_lines", "fct_payout_traces", "fct_payouts", "fct_credits", "fct_attainment")


def test_nights_publish(two_nights: TwoNights) -> None:
    said = [json.loads(path.read_text()) for path in two_nights.printed]
    assert [entry["status"] for entry in said] == ["published", "published"]
    assert [generation.number for generation in list_generations(micro_state(two_nights.home))] == [1, 2]


def test_night_contacts_nobody(two_nights: TwoNights) -> None:
    assert two_nights.contacts.read_text().splitlines() == ["socket.getaddrinfo watch.invalid"]


def test_two_nights_of_one_process_leave_earlier_publications_as_they_were(two_nights: TwoNights) -> None:
    first, second = list_generations(micro_state(two_nights.home))
    hashes = {path.name: hash_file(path) for path in first.folder.rglob("*") if path.is_file()}
    assert hashes == json.loads(two_nights.first_hashes.read_text())
    manifest = json.loads((second.folder / "manifest.json").read_text())
    assert {name: hash_file(second.folder / name) for name in manifest["files"]} == {
        name: entry["sha256"] for name, entry in manifest["files"].items()
    }


def test_second_night_changes_no_row_of_pay(two_nights: TwoNights) -> None:
    contents = []
    for generation in list_generations(micro_state(two_nights.home)):
        tables = json.loads((generation.folder / "manifest.json").read_text())["tables"]
        contents.append([tables[f"marts.{name}"] for name in PAY_TABLES])
    assert contents[0] == contents[1]
    assert sum(table["row_count"] for table in contents[0]) > 0


def test_every_published_relation_answers_with_external_access_off(two_nights: TwoNights) -> None:
    generation = list_generations(micro_state(two_nights.home))[-1]
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


def test_open_file_has_no_pay(two_nights: TwoNights) -> None:
    generation = list_generations(micro_state(two_nights.home))[-1]
    with duckdb.connect(str(generation.open_warehouse), read_only=True) as connection:
        columns = connection.execute(
            "select table_name, column_name from duckdb_columns() where not internal"
        ).fetchall()
    words = ("payout", "earned", "payable", "salary", "commission", "variable_target", "pay_credit", "bonus")
    assert not [(table, name) for table, name in columns if any(word in f"{table}.{name}" for word in words)]
    assert ("fct_kpis", "kpi_value") in columns


def test_runs_and_checks_stand_in_the_company_s_instance(two_nights: TwoNights) -> None:
    state = micro_state(two_nights.home)
    with open_instance(state) as instance:
        runs = instance.get_runs()
        assert [run.status for run in runs] == [dg.DagsterRunStatus.SUCCESS] * 2
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
