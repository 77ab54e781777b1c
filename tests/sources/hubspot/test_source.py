"""What a portal has is what lands: values, labels, owners, associations, and a deal's stages with what it was worth.

Without these a deal is paid to the wrong owner, in another currency or month, or at a stage that it was never in.
"""

from __future__ import annotations

import pytest

from openspm.company import load_company
from openspm.landing import read_manifests
from openspm.landing.reland import reland
from tests.sources.hubspot.conftest import HubSpotCompany, at, deal


def test_values_are_what_the_portal_has(company: HubSpotCompany) -> None:
    deal(company.portal, 2, 9, amount="1234567890123456.0100", deal_currency_code="JPY", dealtype="renewal")
    deal(company.portal, 3, 9, amount=None, deal_currency_code=None, closedate="no time")
    manifests = company.night(only=("accounts", "opportunities"))
    assert set(manifests) == {"accounts", "opportunities"}
    rows = {row["opportunity_id"]: row for row in company.rows(manifests["opportunities"])}
    assert rows["1"] == {
        "opportunity_id": "1", "account_id": "91", "opportunity_name": "Deal 1", "opportunity_kind_code": "new",
        "owner_user_id": None, "stage_name": "Open", "deal_amount": "100.10", "currency_code": "EUR",
        "created_at": at(1), "close_date": "2026-04-01", "lead_source_name": None, "lead_id": None,
        "lost_reason_name": None, "_is_deleted": False,
    }  # fmt: skip
    assert (rows["2"]["deal_amount"], rows["2"]["currency_code"]) == ("1234567890123456.0100", "JPY")
    assert rows["2"]["opportunity_kind_code"] == "renewal"
    assert (rows["3"]["deal_amount"], rows["3"]["currency_code"]) == (None, "EUR")
    # What is no time is left as it is, and quarantined.
    assert rows["3"]["close_date"] == "no time"
    accounts = company.rows(manifests["accounts"])
    assert {(row["account_name"], row["industry_name"]) for row in accounts} == {
        ("Firm 91", "Computers & Software"), ("Firm 92", "Computers & Software"),
    }  # fmt: skip


def test_stages_come_with_what_the_deal_was_worth_then(company: HubSpotCompany) -> None:
    deal(company.portal, 1, 10, amount="250.00", closedate="2026-06-30T08:00:00Z")
    company.portal.put("deals", "1", at(12), {"dealstage": "s2", "amount": "300.00"}, user="502")
    deal(company.portal, 1, 14, amount="999.00")
    company.portal.put("deals", "1", at(15), {"dealstage": "gone-stage"})
    company.portal.owners.append({"id": "74", "archived": False, "email": "queue@acme.example"})
    rows = company.rows(company.night(only=("opportunity_stages",))["opportunity_stages"])
    first = [row for row in rows if row["opportunity_id"] == "1"]
    assert [
        (row["stage_name"], row["entered_at"], row["deal_amount"], row["close_date"], row["changed_by_user_id"])
        for row in first
    ] == [
        ("Open", at(1), "100.10", "2026-04-01", "71"),
        ("Won", at(12), "300.00", "2026-06-30", "72"),
        # A stage that the pipelines do not have any more stands with its id; a workflow is no user.
        ("gone-stage", at(15), "999.00", "2026-06-30", None),
    ]
    assert len({row["stage_change_id"] for row in rows}) == len(rows) == 9


def test_an_archived_owner_is_a_user_who_is_not_active(company: HubSpotCompany) -> None:
    rows = company.rows(company.night(only=("users",))["users"])
    assert [(row["user_id"], row["user_name"], row["is_active"]) for row in rows if row["user_id"] == "72"] == [
        ("72", "Zoë 72", "false")
    ]
    fields = {"users": {"employee_id": '"user.number"', "user_name": '"team.name"'}}
    company.portal.put("users", "1", at(1), {"hs_internal_user_id": "502", "number": "E-7"})
    rows = company.rows(company.night(fields=fields, only=("users",))["users"])
    assert {(row["user_id"], row["employee_id"], row["user_name"]) for row in rows} == {
        ("71", None, "North"), ("72", "E-7", "North"),
    }  # fmt: skip


def test_of_several_associations_the_primary_one_counts_and_none_is_guessed(company: HubSpotCompany) -> None:
    portal = company.portal
    portal.associate(("deals", "1"), ("companies", "92"))
    portal.associate(("deals", "2"), ("companies", "92"), is_primary=False)
    portal.put("calls", "5", at(1), {"hs_timestamp": at(1), "hs_call_duration": "90000", "hubspot_owner_id": "71"})
    for target in ("91", "92"):
        portal.associate(("calls", "5"), ("companies", target))
    portal.associate(("calls", "5"), ("deals", "1"))
    portal.most_associated = 1
    manifests = company.night(only=("opportunities", "activities"))
    accounts = {row["opportunity_id"]: row["account_id"] for row in company.rows(manifests["opportunities"])}
    assert (accounts["1"], accounts["2"], accounts["3"]) == ("92", "91", "91")
    call = company.rows(manifests["activities"])[0]
    assert (call["activity_id"], call["account_id"], call["opportunity_id"], call["duration_minutes"]) == (
        "call-5", None, "1", "2",
    )  # fmt: skip


def test_engagements_are_activities_of_their_kind(company: HubSpotCompany) -> None:
    portal = company.portal
    portal.put("meetings", "6", at(1), {
        "hs_timestamp": at(2), "hs_meeting_start_time": at(2), "hs_meeting_end_time": at(3),
        "hs_activity_type": "X1", "hs_meeting_outcome": "DONE",
    })  # fmt: skip
    portal.properties["meetings"] |= {"hs_activity_type": {"X1": "Demo"}, "hs_meeting_outcome": {"DONE": "held"}}
    for number, status in (("7", "COMPLETED"), ("8", "NOT_STARTED"), ("9", None)):
        portal.put("tasks", number, at(1), {
            "hs_task_status": status, "hs_timestamp": at(1), "hs_task_completion_date": at(4),
        })  # fmt: skip
    portal.put("notes", "6", at(1), {"hs_timestamp": at(5)})
    rows = company.rows(company.night(only=("activities",))["activities"])
    assert [
        (
            row["activity_id"],
            row["activity_kind_code"],
            row["occurred_at"],
            row["outcome_name"],
            row["duration_minutes"],
        )
        for row in rows
        if not row["_is_deleted"]
    ] == [
        ("meeting-6", "demo", at(2), "held", "60"),
        ("note-6", "note", at(5), None, None),
        ("task-7", "task", at(4), None, None),
    ]


def test_line_items_without_a_deal_are_left_out_and_counted(company: HubSpotCompany) -> None:
    for number in ("1", "2"):
        company.portal.put("line_items", number, at(1), {
            "hs_product_id": "5", "quantity": "3", "price": "10.005", "amount": "27.01",
            "hs_discount_percentage": "10.5", "hs_line_item_currency_code": "EUR",
        })  # fmt: skip
    company.portal.associate(("line_items", "1"), ("deals", "4"))
    manifest = company.night(only=("opportunity_lines",))["opportunity_lines"]
    row = company.rows(manifest)[0]
    assert (row["opportunity_id"], row["unit_price_amount"], row["line_amount"]) == ("4", "10.005", "27.01")
    assert (row["discount_ratio"], manifest.row_count, manifest.filtered_count) == ("0.105000000000", 1, 1)


def test_properties_of_the_companys_own_are_mapped_and_others_listed(company: HubSpotCompany) -> None:
    deal(company.portal, 1, 9, region="North", secret_note="x")
    fields = {"opportunities": {"lost_reason_name": "upper(region)", "opportunity_name": '"pipeline.label"'}}
    manifest = company.night(fields=fields, only=("opportunities",))["opportunities"]
    row = next(row for row in company.rows(manifest) if row["opportunity_id"] == "1")
    assert (row["lost_reason_name"], row["opportunity_name"]) == ("NORTH", "Sales")
    assert "deals.secret_note" in manifest.ignored_columns
    assert "deals.region" not in manifest.ignored_columns
    # Of an industry the label alone is mapped, which reads it.
    assert "companies.industry" not in company.night(only=("accounts",))["accounts"].ignored_columns


def test_a_stage_can_be_named_with_its_pipeline(company: HubSpotCompany) -> None:
    fields = {"opportunity_stages": {"stage_name": """ "pipeline.label" || ' / ' || "dealstage.label" """.strip()}}
    manifest = company.night(fields=fields, only=("opportunity_stages",))["opportunity_stages"]
    assert {row["stage_name"] for row in company.rows(manifest)} == {"Sales / Open"}


def test_the_addresses_of_the_api_are_settings(company: HubSpotCompany) -> None:
    company.night(only=("opportunities",))
    before = read_manifests(company.state)
    with pytest.raises(Exception, match="resource not found"):
        company.night(only=("opportunities",), crm_path="/crm/v9")
    assert read_manifests(company.state) == before


def test_archived_pages_can_be_mapped_again(company: HubSpotCompany) -> None:
    path = company.company.folder / "company.yml"
    path.write_text(path.read_text() + "sources:\n  - {name: crm, kind: hubspot}\n")
    before = company.night(only=("accounts", "opportunities", "opportunity_stages", "users"))
    again = {
        manifest.table: manifest
        for manifest in reland(company.settings, company.state, load_company(company.company.folder), "crm")
    }
    assert again.keys() == before.keys()
    for name, manifest in before.items():
        assert company.rows(again[name]) == company.rows(manifest), name
