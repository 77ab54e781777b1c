"""Night after night all that changed in Salesforce lands, once, and what is gone there is gone here.

Without these a deal that is saved while the night reads is never paid, one that was deleted or merged away is paid for
ever, and a formula's new value waits until somebody happens to touch the record.
"""

from __future__ import annotations

import datetime
import json
from decimal import Decimal

import pytest

from openspm.fakes.salesforce_company import FILLED_AT, stamp_text
from openspm.fakes.salesforce_objects import numbered_id
from openspm.landing import read_manifests
from tests.sources.salesforce.conftest import SalesforceCompany

HOUR = datetime.timedelta(hours=1)
NO_LOOK_BACK = {"look_back_seconds": 0}


def deals(company: SalesforceCompany, days: float = 0, **options: object) -> tuple[str, list[str]]:
    """Land the deals and nothing else."""
    return company.landed("opportunities", days, **{"only": ["opportunities"], **options})  # type: ignore[arg-type]


def test_the_second_night_reads_what_changed_and_what_was_saved_late(company: SalesforceCompany) -> None:
    ids = company.ids("Opportunity")
    assert deals(company) == ("full", ids)
    assert deals(company, 1, **NO_LOOK_BACK) == ("delta", ids[-1:])
    company.org.change("Opportunity", ids[2], Amount="12.34")
    # Saved before the last one that was seen, and committed after it.
    late = numbered_id("006", 900)
    company.org.add("Opportunity", Id=late, StageName="Discovery", SystemModstamp=stamp_text(FILLED_AT))
    kind, found = deals(company, 2, look_back_seconds=10)
    assert (kind, set(found)) == ("delta", {*ids, late})
    assert deals(company, 3, **NO_LOOK_BACK) == ("delta", [ids[2]])


@pytest.mark.parametrize("wrong_by", [-HOUR, 20 * HOUR], ids=["an hour slow", "ahead of ours"])
def test_a_clock_that_is_wrong_is_not_ours_to_mind(company: SalesforceCompany, wrong_by: datetime.timedelta) -> None:
    ids = company.ids("Opportunity")
    deals(company)
    company.org.now = FILLED_AT + datetime.timedelta(seconds=len(ids) - 1) + wrong_by
    company.org.change("Opportunity", ids[0], Amount="1")
    assert ids[0] in deals(company, 1)[1]
    company.org.now += datetime.timedelta(seconds=1)
    company.org.change("Opportunity", ids[1], Amount="2")
    assert ids[1] in deals(company, 2)[1]


def test_deleted_restored_and_merged_records_come_as_changes(company: SalesforceCompany) -> None:
    only = ["accounts", "opportunities"]
    company.night(only=only)
    deal = company.ids("Opportunity")[0]
    company.org.change("Opportunity", deal, IsDeleted=True)
    assert f"-{deal}" in deals(company, 1)[1]
    company.org.change("Opportunity", deal, IsDeleted=False)
    assert deal in deals(company, 2)[1]
    kept, merged = company.ids("Account")[:2]
    company.org.change("Opportunity", deal, AccountId=merged)
    company.org.merge("Account", kept, merged)
    manifests = company.night(3, only=only, **NO_LOOK_BACK)
    gone = [row["account_id"] for row in company.rows(manifests["accounts"]) if row["_is_deleted"]]
    assert gone == [merged]
    moved = {row["opportunity_id"]: row["account_id"] for row in company.rows(manifests["opportunities"])}
    assert moved[deal] == kept


def test_purged_records_are_found_by_the_full_compare_and_after_a_gap(company: SalesforceCompany) -> None:
    ids = company.ids("Opportunity")
    deals(company, 0, full_compare_days=90)
    del company.org.objects["Opportunity"][1]
    assert deals(company, 14, full_compare_days=90, **NO_LOOK_BACK) == ("delta", ids[-1:])
    kind, found = deals(company, 29, full_compare_days=90)
    assert (kind, found) == ("full", [ids[0], *ids[2:]])
    assert deals(company, 30, full_compare_days=90, **NO_LOOK_BACK)[0] == "delta"
    assert deals(company, 31, full_compare=True)[0] == "full"


def test_a_formulas_new_value_comes_with_a_full_compare(company: SalesforceCompany) -> None:
    fields = {"opportunities": {"deal_amount": "plain_number(ExpectedRevenue)"}}
    deals(company, fields=fields)
    record = company.org.objects["Opportunity"][0]
    record["ExpectedRevenue"] = "77.50"
    assert record["Id"] not in deals(company, 1, fields=fields, **NO_LOOK_BACK)[1]
    manifest = company.night(2, full_compare=True, fields=fields, only=["opportunities"])["opportunities"]
    assert company.rows(manifest)[0]["deal_amount"] == "77.5"
    found = [finding for finding in company.check(fields=fields).findings if "formulas" in finding.message]
    assert [(finding.status, finding.subject) for finding in found] == [("warn", "source crm, Opportunity")]
    assert "ExpectedRevenue" in found[0].message


@pytest.mark.parametrize("threshold", [20_000, 100])
def test_any_number_of_records_may_have_one_stamp(company: SalesforceCompany, threshold: int) -> None:
    options = {"bulk_threshold": threshold, "bulk_page_records": 4000, "only": ["cases"]}
    company.night(only=["cases"])
    case = company.org.objects["Case"][0]
    stamp = stamp_text(company.org.now)
    company.org.objects["Case"] = [
        {**case, "Id": numbered_id("500", number), "SystemModstamp": stamp} for number in range(10_100)
    ]
    kind, found = company.landed("cases", 1, **options, **NO_LOOK_BACK)
    assert (kind, len(set(found))) == ("delta", 10_100)
    assert len(company.landed("cases", 2, **options, **NO_LOOK_BACK)[1]) == 10_100


@pytest.mark.parametrize("threshold", [20_000, 2])
def test_records_that_change_while_pages_are_read_are_not_lost(company: SalesforceCompany, threshold: int) -> None:
    company.org.page_size = 2
    ids = company.ids("Opportunity")
    changed = iter(ids)

    def change() -> None:
        company.org.now += datetime.timedelta(seconds=1)
        company.org.change("Opportunity", next(changed, ids[0]), Amount=f"{company.org.now.second + 100}")

    company.org.on_page = change
    options = {"bulk_threshold": threshold, "bulk_page_records": 2}
    deals(company, **options)
    company.org.on_page = lambda: None
    newest = {record["Id"]: record["Amount"] for record in company.org.objects["Opportunity"]}
    manifest = company.night(1, only=["opportunities"], **options)["opportunities"]
    for row in company.rows(manifest):
        assert Decimal(row["deal_amount"]) == Decimal(newest[row["opportunity_id"]])
    touched = {row["opportunity_id"] for row in company.rows(manifest)}
    assert set(ids[:3]) <= touched


def test_an_owner_who_was_deactivated_stays_a_user(company: SalesforceCompany) -> None:
    company.night(only=["users"])
    user = company.ids("User")[1]
    company.org.change("User", user, IsActive=False)
    rows = company.rows(company.night(1, only=["users"], **NO_LOOK_BACK)["users"])
    assert {row["user_id"]: (row["is_active"], row["_is_deleted"]) for row in rows}[user] == ("false", False)


def test_a_task_counts_once_it_is_done_and_no_longer_when_it_is_opened_again(company: SalesforceCompany) -> None:
    company.night(only=["activities"])
    task, event = company.ids("Task")[0], company.ids("Event")[0]
    company.org.change("Task", task, IsClosed=False)
    company.org.change("Event", event, IsChild=True)
    assert {f"-{task}", f"-{event}"} <= set(company.landed("activities", 1, only=["activities"])[1])


def test_a_leads_campaign_comes_with_the_lead(company: SalesforceCompany) -> None:
    company.org.objects["CampaignMember"] = []
    leads, campaigns = company.ids("Lead"), company.ids("Campaign")
    for number, (lead, campaign) in enumerate(((0, 0), (0, 1), (1, 1), (2, 0))):
        company.org.add(
            "CampaignMember", Id=numbered_id("00v", 900 + number), LeadId=leads[lead], CampaignId=campaigns[campaign],
            CreatedDate=stamp_text(FILLED_AT - number * HOUR), IsDeleted=lead == 2,
        )  # fmt: skip
    company.org.now += 5 * HOUR
    rows = company.rows(company.night(only=["leads"])["leads"])
    told = [row["campaign_id"] for row in rows]
    assert told == [campaigns[1], campaigns[1], None, None, None]
    company.org.change("Lead", leads[0], Status="Working")
    rows = company.rows(company.night(1, only=["leads"], **NO_LOOK_BACK)["leads"])
    assert [(row["lead_id"], row["campaign_id"]) for row in rows] == [(leads[0], campaigns[1]), (leads[4], None)]
    asked = next(request for request in company.server.requests[-3:] if "FROM+CampaignMember" in request)
    assert "LeadId+IN+%28SELECT+Id+FROM+Lead+WHERE" in asked


def test_a_price_that_changed_comes_the_next_night(company: SalesforceCompany) -> None:
    company.night(only=["products"])
    entry = company.org.objects["PricebookEntry"][0]
    company.org.change("PricebookEntry", entry["Id"], UnitPrice="250.50")
    manifest = company.night(1, only=["products"])["products"]
    assert (manifest.kind, company.rows(manifest)[0]["list_price_amount"]) == ("full", "250.5")


def test_a_second_currency_is_read_when_it_is_switched_on(company: SalesforceCompany) -> None:
    company.org.has_currencies = False
    manifests = company.night(only=["opportunities", "products"])
    assert "currency_code" not in manifests["opportunities"].columns
    assert company.rows(manifests["products"])[0]["list_price_amount"] == "240"
    warned = [finding for finding in company.check().findings if finding.subject == "source crm, currency"]
    assert warned[0].status == "warn"
    options = {"only": ["opportunities"], "currency_code": "EUR"}
    rows = company.rows(company.night(1, **options)["opportunities"])
    assert {row["currency_code"] for row in rows} == {"EUR"}
    company.org.objects["Opportunity"][0]["CurrencyIsoCode"] = "USD"
    company.org.has_currencies = True
    manifest = company.night(2, **options)["opportunities"]
    assert (manifest.kind, company.rows(manifest)[0]["currency_code"]) == ("full", "USD")


def test_an_empty_organisation_lands_empty_tables(company: SalesforceCompany) -> None:
    for name in ("Opportunity", "Account"):
        company.org.objects[name] = []
    manifests = company.night(only=["opportunities", "accounts"])
    assert {name: manifest.row_count for name, manifest in manifests.items()} == {"opportunities": 0, "accounts": 0}


def test_the_cursor_says_what_was_seen(company: SalesforceCompany) -> None:
    deals(company)
    cursor = next(batch.cursor for batch in read_manifests(company.state) if batch.table == "opportunities")
    assert json.loads(cursor or "")["marks"] == {"Opportunity": "2026-05-31T20:00:06.000+0000"}
