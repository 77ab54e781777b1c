"""Protects what `openspm sync` does by default: it shows, and writes only when asked; and that no pay is shown."""

from __future__ import annotations

import datetime
import json
from pathlib import Path

import duckdb
import pytest

from openspm.fakes.hubspot_writing import WritablePortal
from openspm.fakes.server import FakeServer
from tests.cli.conftest import Openspm
from tests.followups.published_actions import action, write_company
from tests.sync.published_scores import publish_scores, score

AT = "2026-03-01T00:00:00.000Z"


def test_scores_and_tasks_reach_the_crm_only_when_asked(
    openspm: Openspm, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    today = datetime.datetime.now(datetime.UTC).date()
    actions = [action(10, user_id="1", opportunity_id="10", as_of_date=today)]
    payout = {
        "rule_set_id": "live",
        "payee_id": "p1",
        "calendar_id": "company",
        "period_id": "2026-03",
        "to_pay_amount": "987654.32",
        "currency_code": "EUR",
        "is_held": False,
    }
    scores = [score("10", "0.5"), score("11", "0.25")]
    generation = publish_scores(home, scores, fct_due_actions=actions, fct_payouts=[payout])
    with duckdb.connect(str(generation / "warehouse_open.duckdb")) as connection:
        connection.execute("update meta.publications set as_of_date = ?", [today])
    portal = WritablePortal(owners=[{"id": "1", "archived": False}])
    for key in ("10", "11"):
        portal.put("deals", key, AT, {"win_probability": None})
    portal.put("contacts", "1", AT, {"owner_key": "u1", "payout": None})
    with FakeServer(portal) as server:
        records = [
            {
                "subject": "win_probabilities",
                "object": "deals",
                "columns": {"win_probability_ratio": "win_probability"},
            },
            {
                "subject": "payouts",
                "object": "contacts",
                "external_id": "owner_key",
                "columns": {"to_pay_amount": "payout"},
            },
        ]
        target = {"name": "crm_writer", "source": "crm", "records": records, "tasks": {}}
        folder = write_company(
            tmp_path / "acme",
            sources=[{"name": "crm", "kind": "hubspot", "url": server.url, "most_tries": 2}],
            sync={"targets": [target], "writes_pay": True},
        )
        monkeypatch.setenv("OPENSPM_SOURCE_CRM_WRITER_TOKEN", portal.token)
        trial = openspm("sync", "--company", folder)
        assert trial.exit_code == 0, trial.err
        assert "Nothing was written" in trial.out
        assert "0.5" in trial.out
        assert "987654" not in trial.out
        assert portal.objects["deals"][10]["properties"]["win_probability"] is None
        ended = openspm("sync", "--company", folder, "--write", "--json")
        assert ended.exit_code == 0, ended.out
        assert "987654" not in ended.out
        answer = json.loads(ended.out)
        assert [counts["changed"] for counts in answer["targets"][0]["records"]] == [2, 1]
        assert portal.objects["deals"][11]["properties"]["win_probability"] == "0.2500"
        assert portal.objects["contacts"][1]["properties"]["payout"] == "987654.3200"
        assert len(portal.objects["tasks"]) == 1
        again = json.loads(openspm("sync", "--company", folder, "--write", "--json").out)
        assert again["targets"][0]["written"] == 0
    assert openspm("sync", "--company", folder).exit_code == 5


def test_a_target_needs_a_source_that_can_be_written_to(openspm: Openspm, home: Path, tmp_path: Path) -> None:
    publish_scores(home, [])
    folder = write_company(tmp_path / "acme")
    assert openspm("sync", "--company", folder).exit_code == 2
    columns = {"win_probability_ratio": "win_probability"}
    record = {"subject": "win_probabilities", "object": "deals", "columns": columns}
    write_company(folder, sync={"targets": [{"name": "writer", "source": "crm", "records": [record]}]})
    ended = openspm("sync", "--company", folder)
    assert (ended.exit_code, "needs a source of the kind" in ended.err) == (2, True)
