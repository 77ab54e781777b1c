"""Protects the two CRMs from a writer that mixes up records: each answer belongs to the record that it is about.

Without it a batch of which one record is refused is taken as written, or a record is made that nobody wanted.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from openspm.errors import SourceRefused, SourceUnreachable
from openspm.fakes import build_fake
from openspm.fakes.faults import Fault, FaultSchedule
from openspm.fakes.hubspot_writing import WritablePortal
from openspm.fakes.salesforce_writing import WritableSalesforce
from openspm.fakes.server import FakeServer
from openspm.followups.actions import DueAction
from openspm.sources.hubspot.settings import HubSpotSourceSettings
from openspm.sources.hubspot.writing import open_writer as open_hubspot
from openspm.sources.salesforce.settings import SalesforceSourceSettings
from openspm.sources.salesforce.writing import open_writer as open_salesforce
from openspm.sync.writer import Change, CrmWriter, Value, WriteResult

AT = "2026-03-01T00:00:00.000Z"
COUNT = 250


def task_of(**changed: Any) -> DueAction:
    """A due action."""
    values: dict[str, Any] = {
        "action_id": "deal_gone_quiet:o1:2026-03-01",
        "rule_code": "deal_gone_quiet",
        "action_kind_code": "call",
        "priority_code": "high",
        "payee_id": "p1",
        "payee_name": "Ada",
        "email_text": None,
        "user_id": "1",
        "record_kind_code": "opportunity",
        "record_id": "10",
        "record_name": "Deal",
        "opportunity_id": "10",
        "account_id": None,
        "due_date": datetime.date(2026, 3, 15),
        "overdue_days": 16,
        "as_of_date": datetime.date(2026, 3, 31),
        "value_company_amount": None,
        "company_currency_code": "EUR",
        "win_probability_ratio": None,
        "score_ratio": None,
        "reason_text": "No activity.",
        "suggested_date": datetime.date(2026, 4, 2),
        "suggested_hour_number": 10,
        "suggested_time_text": "Thursday from 10 h.",
    }
    return DueAction(**{**values, **changed})


def change(key: str, **values: Value) -> Change:
    return Change(key, values, {})


@pytest.fixture
def org() -> WritableSalesforce:
    """An organisation with many deals, of which some have our key."""
    deals = [
        {"Id": f"006{number:015}", "Key__c": f"it's {number}", "Score__c": None, "Hot__c": False, "IsDeleted": False}
        for number in range(COUNT)
    ]
    vendor = WritableSalesforce({"Opportunity": deals, "User": [{"Id": "005"}]})
    vendor.own_fields = {"Opportunity": {"Key__c", "Score__c", "Hot__c"}}
    return vendor


@pytest.fixture
def salesforce(org: WritableSalesforce, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[FakeServer, CrmWriter]]:
    with FakeServer(org) as server:
        monkeypatch.setenv("OPENSPM_SOURCE_CRM_WRITER_CLIENT_SECRET", org.secrets()["client_secret"])
        block = {"name": "crm_writer", "kind": "salesforce", "url": server.url, "answer_seconds": 5, "most_tries": 3}
        settings = SalesforceSourceSettings(**block, client_id=org.settings(server.url)["client_id"])
        writer = open_salesforce(settings, "Europe/Berlin")
        yield server, writer
        writer.close()


@pytest.fixture
def portal() -> WritablePortal:
    """A portal with many deals."""
    vendor = WritablePortal(owners=[{"id": "1", "archived": False}], numbers={"deals.score"}, has_any_property=False)
    for number in range(10, 10 + COUNT):
        vendor.put("deals", str(number), AT, {"our_key": f"k{number}", "score": None})
    return vendor


@pytest.fixture
def hubspot(portal: WritablePortal, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[FakeServer, CrmWriter]]:
    with FakeServer(portal) as server:
        monkeypatch.setenv("OPENSPM_SOURCE_CRM_WRITER_TOKEN", portal.token)
        block = {"name": "crm_writer", "kind": "hubspot", "url": server.url, "answer_seconds": 5, "most_tries": 3}
        writer = open_hubspot(HubSpotSourceSettings(**block), "Europe/Berlin")
        yield server, writer
        writer.close()


def test_salesforce_shows_only_the_records_that_are_there(
    org: WritableSalesforce, salesforce: tuple[FakeServer, CrmWriter]
) -> None:
    org.objects["Opportunity"][0] |= {"Score__c": 12.5, "Hot__c": True}
    org.objects["Opportunity"][1]["Key__c"] = "it's 2"  # two records have it: neither is surely meant
    keys = [f"it's {number}" for number in range(COUNT + 5)]
    shown = salesforce[1].read("Opportunity", "Key__c", keys, ["Score__c", "Hot__c"])
    assert len(shown) == COUNT - 2
    assert shown["it's 0"] == {"Score__c": "12.5", "Hot__c": "true"}
    assert shown["it's 3"] == {"Score__c": None, "Hot__c": "false"}
    assert list(salesforce[1].read("Opportunity", None, ["006000000000000007", "gone"], ["Score__c"])) == [
        "006000000000000007"
    ]


@pytest.mark.parametrize("external_id", [None, "Key__c"])
def test_salesforce_says_of_each_record_what_became_of_it(
    org: WritableSalesforce, salesforce: tuple[FakeServer, CrmWriter], external_id: str | None
) -> None:
    keys = [f"it's {number}" if external_id else f"006{number:015}" for number in range(4)]
    org.locked = {"006000000000000001"}
    changes = [change(keys[0], Score__c=Decimal("12.5"), Hot__c=True), change(keys[1], Score__c=Decimal(3))]
    changes += [change(keys[2], Nowhere__c="x"), change("gone", Score__c=Decimal(1)), change(keys[3], Score__c=None)]
    results = salesforce[1].write("Opportunity", external_id, changes)
    assert [(result.key, result.outcome, result.reason.partition(":")[0]) for result in results] == [
        (keys[0], "sent", ""),
        (keys[1], "failed", "UNABLE_TO_LOCK_ROW"),
        (keys[2], "failed", "INVALID_FIELD"),
        ("gone", "failed", "ENTITY_IS_DELETED"),
        (keys[3], "sent", ""),
    ]
    assert (org.objects["Opportunity"][0]["Score__c"], org.objects["Opportunity"][0]["Hot__c"]) == (12.5, True)
    assert len(org.objects["Opportunity"]) == COUNT


def test_salesforce_is_sent_every_digit_of_a_number(
    org: WritableSalesforce, salesforce: tuple[FakeServer, CrmWriter], monkeypatch: pytest.MonkeyPatch
) -> None:
    bodies: list[bytes] = []
    answer = org.answer
    monkeypatch.setattr(org, "answer", lambda request: [bodies.append(request.body), answer(request)][1])
    amounts = {"Score__c": Decimal("90071992547409.9312"), "Share__c": Decimal("0.10"), "Count__c": Decimal("1E+2")}
    salesforce[1].write("Opportunity", None, [change("006000000000000001", **amounts)])
    assert b'"Score__c": 90071992547409.9312, "Share__c": 0.10, "Count__c": 100' in bodies[-1]


def test_salesforce_refuses_a_whole_batch_record_by_record(salesforce: tuple[FakeServer, CrmWriter]) -> None:
    changes = [change(f"006{number:015}", Score__c=Decimal(1)) for number in range(201)]
    results = salesforce[1].write("Opportunity", None, changes)
    assert {result.outcome for result in results} == {"failed"}
    assert salesforce[1].batch_size == 200


def test_a_task_of_salesforce_has_its_owner_its_record_and_our_id(
    org: WritableSalesforce, salesforce: tuple[FakeServer, CrmWriter]
) -> None:
    lead = task_of(action_id="l", user_id="005", record_kind_code="lead", record_id="00Q1", suggested_date=None)
    results = salesforce[1].create_tasks([task_of(user_id="005"), lead, task_of(action_id="x", user_id="nobody")])
    assert [(result.key, result.outcome) for result in results] == [
        ("deal_gone_quiet:o1:2026-03-01", "sent"),
        ("l", "sent"),
        ("x", "failed"),
    ]
    first, second = org.objects["Task"]
    assert (first["WhatId"], first["ActivityDate"], first["Subject"]) == ("10", "2026-04-02", "Call: Deal")
    assert first["Description"].endswith("openspm deal_gone_quiet:o1:2026-03-01")
    assert (second["WhoId"], second["ActivityDate"], "WhatId" in second) == ("00Q1", "2026-03-15", False)


@pytest.mark.parametrize("vendor", ["salesforce", "hubspot"])
def test_tasks_are_not_sent_again_when_the_line_goes_dead(vendor: str, request: pytest.FixtureRequest) -> None:
    server, writer = request.getfixturevalue(vendor)
    server.faults = FaultSchedule((Fault("reset", path="(sobjects|tasks)$"),))
    user = "005" if vendor == "salesforce" else "1"
    results: list[WriteResult] = writer.create_tasks([task_of(user_id=user), task_of(action_id="second", user_id=user)])
    expected = ["intended", "intended"] if vendor == "salesforce" else ["intended", "failed"]
    assert [result.outcome for result in results] == expected
    assert len([line for line in server.requests if line.endswith(("sobjects", "objects/tasks"))]) == 1


@pytest.mark.parametrize("vendor", ["salesforce", "hubspot"])
def test_changes_are_sent_again_when_the_vendor_is_busy(vendor: str, request: pytest.FixtureRequest) -> None:
    server, writer = request.getfixturevalue(vendor)
    server.faults = FaultSchedule((Fault("status_503", path="(sobjects|update)$"),))
    if vendor == "salesforce":
        results = writer.write("Opportunity", None, [change("006000000000000001", Score__c=Decimal(1))])
    else:
        results = writer.write("deals", None, [change("10", score=Decimal(1))])
    assert [result.outcome for result in results] == ["sent"]


@pytest.mark.parametrize("external_id", [None, "our_key"])
def test_hubspot_says_of_each_record_what_became_of_it(
    portal: WritablePortal, hubspot: tuple[FakeServer, CrmWriter], external_id: str | None
) -> None:
    """One wrong value refuses its whole batch: the batch is cut in two until it is found."""
    name = (lambda number: f"k{number}") if external_id else str
    keys = [name(number) for number in range(10, 110)]
    changes = [change(key, score=Decimal("0.25") if key != name(42) else "much") for key in keys[:-1]]
    results = hubspot[1].write("deals", external_id, [*changes, change(name(9), score=None)])
    failed = {result.key: result.reason for result in results if result.outcome != "sent"}
    assert failed == {
        name(42): "VALIDATION_ERROR: much was not a valid number.",
        name(9): "OBJECT_NOT_FOUND: Could not get some objects",
    }
    assert [result.key for result in results] == [*keys[:-1], name(9)]
    assert portal.objects["deals"][10]["properties"]["score"] == "0.25"
    assert portal.objects["deals"][42]["properties"]["score"] is None
    assert len(portal.objects["deals"]) == COUNT
    shown = hubspot[1].read("deals", external_id, [*keys, name(9)], ["score"])
    assert (len(shown), shown[name(10)]) == (100, {"score": "0.25"})
    hubspot[1].write("deals", external_id, [change(name(10), score=None)])
    assert portal.objects["deals"][10]["properties"]["score"] is None


def test_a_property_that_hubspot_does_not_know_refuses_every_record(hubspot: tuple[FakeServer, CrmWriter]) -> None:
    results = hubspot[1].write("deals", None, [change("10", nowhere=True), change("11", nowhere=False)])
    assert {result.reason for result in results} == {'VALIDATION_ERROR: Property "nowhere" does not exist'}


def test_a_fake_that_is_started_can_be_written_to() -> None:
    assert isinstance(build_fake("hubspot", {}), WritablePortal)
    assert isinstance(build_fake("salesforce", {}), WritableSalesforce)


def test_a_task_of_hubspot_is_tied_to_its_record(portal: WritablePortal, hubspot: tuple[FakeServer, CrmWriter]) -> None:
    lost = task_of(action_id="lost", opportunity_id="7")
    results = hubspot[1].create_tasks([task_of(), lost, task_of(action_id="x", user_id="nobody")])
    assert [result.outcome for result in results] == ["sent", "sent", "failed"]
    assert "tied to no record" in results[1].reason
    task = portal.objects["tasks"][int(results[0].reference)]["properties"]
    assert (task["hs_timestamp"], task["hs_task_type"]) == ("2026-04-02T08:00:00Z", "CALL")  # ten o'clock in Berlin
    assert (task["hubspot_owner_id"], task["hs_task_priority"]) == ("1", "HIGH")
    assert portal.associated["tasks", "deals"] == {results[0].reference: ["10"]}


@pytest.mark.parametrize("vendor", ["salesforce", "hubspot"])
def test_who_is_not_let_in_writes_nothing(
    vendor: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, _ = request.getfixturevalue(vendor)
    block = {"name": "crm_writer", "kind": vendor, "url": server.url}
    monkeypatch.setenv("OPENSPM_SOURCE_CRM_WRITER_TOKEN", "wrong")
    monkeypatch.setenv("OPENSPM_SOURCE_CRM_WRITER_CLIENT_SECRET", "wrong")
    if vendor == "salesforce":
        with pytest.raises(SourceRefused):
            open_salesforce(SalesforceSourceSettings(**block, client_id="x"), "UTC")
    else:
        writer = open_hubspot(HubSpotSourceSettings(**block), "UTC")
        with pytest.raises(SourceUnreachable):
            writer.read("deals", None, ["10"], ["score"])
        assert [result.outcome for result in writer.create_tasks([task_of()])] == ["failed"]


def test_a_crm_that_goes_away_is_not_said_to_have_landed_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENSPM_SOURCE_CRM_WRITER_TOKEN", "token")
    block = {"name": "crm_writer", "kind": "hubspot", "url": "http://127.0.0.1:1", "most_tries": 1}
    with pytest.raises(SourceUnreachable) as caught:
        open_hubspot(HubSpotSourceSettings(**block), "UTC").read("deals", None, ["10"], ["score"])
    assert "what was written before is on record" in str(caught.value)
