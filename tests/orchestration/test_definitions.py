"""What `dagster dev` shows: one graph from landed tables to the report, with its checks, schedule and sensor.

What silently breaks without these: a mart that no run builds any more, a check that is declared and never evaluated,
definitions that load only on the machine that has the secrets.
"""

from pathlib import Path

import dagster as dg
import pytest

from expectations.suites import load_suites
from openspm.company import load_company
from openspm.compiled_models import manifest_path
from openspm.errors import GateBlocked
from orchestration.assets import GROUPS
from orchestration.build import NIGHTLY_JOB, build_defs
from orchestration.dbt_parts import DbtGraph
from orchestration.failure import failure_text, send
from orchestration.triggers import build_sensor
from tests.faults.micro_runs import micro_settings, micro_state
from tests.orchestration.asset_graph import SNAPSHOT, graph_lines

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def graph(published_home: Path) -> DbtGraph:
    return DbtGraph.load(manifest_path(micro_state(published_home)))


@pytest.fixture(scope="module")
def defs(published_home: Path, graph: DbtGraph) -> dg.Definitions:
    return build_defs(micro_settings(published_home), graph)


def test_asset_graph_is_the_one_on_record(published_home: Path) -> None:
    assert graph_lines(published_home) == SNAPSHOT.read_text(encoding="utf-8").splitlines(), (
        "The graph has changed: if on purpose, run `python -m tests.orchestration.asset_graph` and read the difference."
    )


def test_every_group_stands_in_the_table_of_contents(defs: dg.Definitions) -> None:
    assert {node.group_name for node in defs.resolve_asset_graph().asset_nodes} == set(GROUPS)


def test_every_model_is_in_exactly_one_part(graph: DbtGraph) -> None:
    models = {name for name, node in graph.manifest["nodes"].items() if node["resource_type"] == "model"}
    parts = [set(graph.models(part)) for part in ("staging", "models", "forecast")]
    assert set().union(*parts) == models
    assert sum(len(part) for part in parts) == len(models)


def test_parts_are_those_that_a_run_builds(graph: DbtGraph) -> None:
    nodes = graph.manifest["nodes"]
    assert {nodes[name]["fqn"][-2] for name in graph.models("forecast")} == {"forecast", "workflow"}
    assert "fct_landed_rows" in {nodes[name]["name"] for name in graph.models("staging")}
    assert {nodes[name]["fqn"][1] for name in graph.models("models")} == {"intermediate", "marts"}


def test_every_data_test_and_expectation_is_a_check(defs: dg.Definitions, graph: DbtGraph) -> None:
    checks = {key.name for key in defs.resolve_asset_graph().asset_check_keys}
    tests = {graph.manifest["nodes"][name]["name"] for name in graph.part_of_test if graph.model_of_test(name)}
    rules = {rule.id for gate in ("sources", "published") for suite in load_suites(gate) for rule in suite.expectations}
    assert tests | rules == checks


def test_pay_is_never_downstream_of_forecasts(defs: dg.Definitions) -> None:
    assets = defs.resolve_asset_graph()
    for key in assets.get_all_asset_keys():
        if key.path[0] == "marts" and "payout" in key.path[-1]:
            assert not [parent for parent in assets.get_ancestor_asset_keys(key) if parent.path[0] == "ml"]


def test_only_landing_is_tried_again(defs: dg.Definitions) -> None:
    job = defs.resolve_job_def(NIGHTLY_JOB)
    retried = {node.name for node in job.graph.nodes if node.definition.retry_policy is not None}
    assert retried == {"land"}


def test_schedule_runs_in_the_company_s_time_zone(defs: dg.Definitions) -> None:
    schedule = defs.resolve_schedule_def("every_night")
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("0 2 * * *", "Europe/Berlin")


def test_sensor_waits_until_dropped_files_stay_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "drop").mkdir()
    (tmp_path / "company.yml").write_text(
        "id: dropped\nname: D\ncurrency_code: EUR\ntimezone_name: UTC\ncalendar: {first_year: 2026, last_year: 2026}\n"
        "sources: [{name: crm, kind: files, path: drop}]\n"
    )
    sensor = build_sensor(NIGHTLY_JOB, load_company(tmp_path))

    def tick(cursor: str | None) -> tuple[int, str | None]:
        result = sensor.evaluate_tick(dg.build_sensor_context(cursor=cursor))
        return len(result.run_requests or ()), result.cursor

    (tmp_path / "drop" / "accounts.csv").write_text("account_id\n1\n")
    counts = []
    cursor: str | None = None
    for step in range(5):
        if step == 3:
            (tmp_path / "drop" / "accounts.csv").write_text("account_id\n1\n2\n")
        started, cursor = tick(cursor)
        counts.append(started)
    assert counts == [0, 1, 0, 0, 1]


def test_message_about_a_failure_holds_no_figure() -> None:
    failure = dg.Failure("blocked")
    failure.__cause__ = GateBlocked("payout of p1 is 98765.43")
    text = failure_text("demo", "gate_published", "r1", failure)
    assert "was blocked by its checks" in text
    assert "98765" not in text


def test_unreachable_webhook_does_not_hide_the_failure(tmp_path: Path) -> None:
    settings = micro_settings(
        tmp_path,
        failure_webhook="http://127.0.0.1:1/hook",
        failure_email_to="a@example.org",
        smtp_port="1",
        smtp_host="127.0.0.1",
    )
    assert [fault.split(" did ")[0] for fault in send(settings, "demo", "text")] == ["The webhook", "The mail server"]
