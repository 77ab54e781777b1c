"""Protects a company's CRM from what nobody asked for: pay, thousands of changed records, tasks made twice.

Without it a broken model empties a field of every deal overnight, and a repeated run doubles everybody's tasks.
"""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from openspm.company import load_company
from openspm.errors import OpenspmError, UsageError
from openspm.followups.sending import settle_follow_ups
from openspm.settings import load_settings
from openspm.sync.run import SyncReport, sync
from tests.followups.published_actions import action, write_company
from tests.sync.published_scores import MemoryCrm, at_noon, publish_scores, score

PROBABILITIES = {
    "subject": "win_probabilities",
    "object": "Opportunity",
    "columns": {
        "win_probability_ratio": {"field": "Win_Probability__c", "factor": 100, "digits": 1},
        "expected_close_date": "Expected_Close__c",
    },
}


class Synced:
    """A company, what it has published, and its CRM."""

    def __init__(self, folder: Path, crm: MemoryCrm, **target: Any) -> None:
        self.folder, self.home, self.crm = folder / "company", folder / "home", crm
        self.state = load_settings(self.folder, {"OPENSPM_HOME": str(self.home)}).state("acme")
        self.configure(**target)

    def configure(self, sync_block: dict[str, Any] | None = None, **target: Any) -> None:
        block = {"name": "crm", "source": "crm", "most_changed_ratio": 1, "records": [PROBABILITIES], **target}
        write_company(self.folder, sync={"targets": [block], **(sync_block or {})})

    def run(self, is_writing: bool = True, day: str = "2026-04-01", **options: Any) -> SyncReport:
        company = load_company(self.folder)
        generation = self.home / "acme" / "published" / "generations" / "1"
        return sync(company, self.state, generation, at_noon(day), is_writing, lambda *_: self.crm, **options)

    def shown(self, key: str) -> str | None:
        return self.crm.records["Opportunity"][key].get("Win_Probability__c")


def crm_of(**probabilities: str | None) -> MemoryCrm:
    return MemoryCrm({"Opportunity": {key: {"Win_Probability__c": text} for key, text in probabilities.items()}})


def test_a_trial_shows_the_difference_and_writes_nothing(tmp_path: Path) -> None:
    synced = Synced(tmp_path, crm_of(o1="10.0", o2="70.00", o3=None))
    publish_scores(synced.home, [score("o1", "0.12345"), score("o2", "0.7"), score("unknown", "0.5")])
    report = synced.run(is_writing=False)
    comparison = report.targets[0].comparisons[0]
    assert (len(comparison.changes), comparison.same_count, comparison.absent_keys) == (1, 1, ["unknown"])
    assert synced.crm.written == []
    path = report.folder / "changes.jsonl"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [json.loads(line) for line in path.read_text().splitlines()] == [
        {
            "target": "crm",
            "object": "Opportunity",
            "key": "o1",
            "fields": {"Win_Probability__c": {"from": "10.0", "to": "12.3"}},
        }
    ]


def test_what_differs_is_written_in_batches_and_a_refused_record_stops_no_other(tmp_path: Path) -> None:
    synced = Synced(tmp_path, crm_of(o1="1", o2="2", o3="3", o4="40"))
    publish_scores(synced.home, [score(f"o{number}", f"0.{number}") for number in (1, 2, 3, 4)])
    synced.crm.refused["o2"] = "UNABLE_TO_LOCK_ROW"
    report = synced.run()
    assert synced.crm.written == [["o1", "o2"], ["o3"]]
    assert [synced.shown(key) for key in ("o1", "o2", "o3")] == ["10.0", "2", "30.0"]
    errors = [json.loads(line) for line in (report.folder / "errors.jsonl").read_text().splitlines()]
    assert [(error["key"], error["reason"]) for error in errors] == [("o2", "UNABLE_TO_LOCK_ROW")]
    synced.crm.refused.clear()
    assert synced.run().failures == []
    assert synced.crm.written[2:] == [["o2"]]
    assert synced.run().targets[0].results == []


def test_a_field_is_emptied_once_when_its_row_is_gone_and_others_are_left_alone(tmp_path: Path) -> None:
    synced = Synced(tmp_path, crm_of(o1="1", somebody_else_s="99"))
    publish_scores(synced.home, [score("o1", "0.5")])
    synced.run()
    publish_scores(synced.home, [])
    assert synced.run().targets[0].comparisons[0].cleared_keys == {"o1"}
    assert (synced.shown("o1"), synced.shown("somebody_else_s")) == (None, "99")
    synced.crm.records["Opportunity"]["o1"]["Win_Probability__c"] = "42"  # by hand, after it was emptied
    assert synced.run().targets[0].results == []
    assert synced.shown("o1") == "42"


@pytest.mark.parametrize("caps", [{"most_changed_records": 10}, {"most_changed_ratio": 0.4}])
def test_too_many_changes_stop_before_anything_is_written(tmp_path: Path, caps: dict[str, Any]) -> None:
    keys = [f"o{number}" for number in range(20)]
    synced = Synced(tmp_path, crm_of(**dict.fromkeys(keys, "50")), **caps)
    publish_scores(synced.home, [score(key, "0.9" if number < 11 else "0.5") for number, key in enumerate(keys)])
    with pytest.raises(OpenspmError, match="would change 11 of 20 records"):
        synced.run()
    assert synced.crm.written == []
    trial = synced.run(is_writing=False)
    assert len(trial.targets[0].comparisons[0].changes) == 11
    assert [warning for warning in trial.warnings if "without --most-changes 11" in warning]
    with pytest.raises(OpenspmError, match="would change 11"):
        synced.run(most_changes=10)
    assert len(synced.run(most_changes=11).targets[0].results) == 11


def test_pay_is_written_only_where_the_settings_say_so(tmp_path: Path) -> None:
    paid = {"subject": "payouts", "object": "User", "columns": {"to_pay_amount": "Payout__c"}}
    synced = Synced(tmp_path, MemoryCrm({"User": {"u1": {"Payout__c": None}}}))
    payout = {"rule_set_id": "live", "payee_id": "p1", "calendar_id": "company", "currency_code": "EUR"}
    rows = [
        {**payout, "plan_id": "a", "period_id": "2026-03", "to_pay_amount": "100.5", "is_held": False},
        {**payout, "plan_id": "b", "period_id": "2026-03", "to_pay_amount": "20", "is_held": False},
        {**payout, "plan_id": "a", "period_id": "2026-02", "to_pay_amount": "7", "is_held": False},
        {
            **payout,
            "rule_set_id": "case",
            "plan_id": "a",
            "period_id": "2026-03",
            "to_pay_amount": "9",
            "is_held": False,
        },
    ]
    publish_scores(synced.home, [], fct_payouts=rows)
    synced.configure(records=[paid])
    with pytest.raises(OpenspmError, match="payouts are pay"):
        synced.run()
    synced.configure({"writes_pay": True}, records=[paid])
    synced.run()
    assert synced.crm.records["User"]["u1"]["Payout__c"] == "120.5000"
    wrong = {"subject": "lead_scores", "object": "Lead", "columns": {"to_pay_amount": "Payout__c"}}
    synced.configure(records=[wrong])
    with pytest.raises(OpenspmError, match="lead_scores has no to_pay_amount"):
        synced.run()


def test_attainment_is_that_of_the_newest_period_and_never_held(tmp_path: Path) -> None:
    attained = {
        "subject": "attainments",
        "object": "User",
        "component_id": "new_business",
        "columns": {"attainment_ratio": "Attainment__c", "currency_code": "Attainment_Currency__c"},
    }
    synced = Synced(tmp_path, MemoryCrm({"User": {"u1": {}}}), records=[attained])
    row = {"rule_set_id": "live", "payee_id": "p1", "component_id": "new_business", "calendar_id": "company"}
    rows = [
        {**row, "period_id": "2026-02", "attainment_ratio": "0.4", "currency_code": "EUR", "is_held": False},
        {**row, "period_id": "2026-03", "attainment_ratio": "0.9", "currency_code": "EUR", "is_held": True},
        {**row, "component_id": "other", "period_id": "2026-03", "attainment_ratio": "2", "is_held": False},
    ]
    publish_scores(synced.home, [], fct_attainment=rows)
    synced.run()
    assert synced.crm.records["User"]["u1"] == {"Attainment__c": "0.4000", "Attainment_Currency__c": "EUR"}


def test_the_most_urgent_action_of_a_record_is_its_next_one(tmp_path: Path) -> None:
    following = {
        "subject": "next_opportunity_actions",
        "object": "Opportunity",
        "columns": {"reason_text": "Next_Action__c", "suggested_date": "Next_Contact__c"},
    }
    synced = Synced(tmp_path, MemoryCrm({"Opportunity": {"o1": {}}}), records=[following])
    actions = [
        action(1, action_id="a", reason_text="Quiet.", overdue_days=90),
        action(1, action_id="b", reason_text="Likely.", priority_code="high", suggested_date="2026-04-02"),
    ]
    publish_scores(synced.home, [], fct_due_actions=actions)
    synced.run()
    assert synced.crm.records["Opportunity"]["o1"] == {"Next_Action__c": "Likely.", "Next_Contact__c": "2026-04-02"}
    assert synced.run().targets[0].results == []


def test_a_task_is_made_once_and_a_doubtful_one_waits_for_a_person(tmp_path: Path) -> None:
    synced = Synced(tmp_path, MemoryCrm({}), records=[], tasks={"most_tasks_a_day": 3})
    actions = [action(number, action_id=f"a{number}") for number in range(1, 6)]
    publish_scores(synced.home, [], fct_due_actions=[*actions, action(9, action_id="nobody_s", user_id=None)])
    synced.crm.doubtful = {"a2"}
    assert synced.run(is_writing=False).targets[0].tasks.actions[0].action_id == "a1"  # type: ignore[union-attr]
    assert synced.crm.tasks == []
    report = synced.run()
    assert [entry.key for entry in report.uncertain] == ["a2"]
    assert synced.crm.tasks == ["a1"]  # the batch after the doubtful one was not tried
    synced.crm.doubtful = set()
    report = synced.run()
    assert report.targets[0].tasks is not None
    assert report.targets[0].tasks.skipped == {
        "made before": 1,
        "uncertain": 1,
        "over the cap of a day": 2,
        "nobody owns the record in the CRM": 1,
    }
    assert synced.crm.tasks == ["a1", "a3"]
    settle_follow_ups(load_company(synced.folder), synced.state, at_noon(), [], ["a2"], "crm")
    assert synced.run(day="2026-04-02").uncertain == []
    assert synced.crm.tasks == ["a1", "a3", "a2", "a4", "a5"]


def test_old_numbers_and_unknown_targets_are_refused(tmp_path: Path) -> None:
    synced = Synced(tmp_path, crm_of(o1="1"))
    publish_scores(synced.home, [score("o1", "0.5")])
    with pytest.raises(OpenspmError, match="5 days ago"):
        synced.run(day="2026-04-05")
    assert synced.run(is_writing=False, day="2026-04-05").warnings
    with pytest.raises(UsageError, match="no target 'erp'"):
        synced.run(only_target="erp")
    write_company(synced.folder)
    with pytest.raises(UsageError, match="does not say what is written back"):
        synced.run()
    assert synced.crm.written == []


def test_one_field_is_written_by_one_subject(tmp_path: Path) -> None:
    twice = {
        "subject": "next_opportunity_actions",
        "object": "Opportunity",
        "columns": {"due_date": "Expected_Close__c"},
    }
    synced = Synced(tmp_path, crm_of())
    synced.configure(records=[PROBABILITIES, twice])
    with pytest.raises(OpenspmError, match=r"Opportunity\.Expected_Close__c is written twice"):
        synced.run()
