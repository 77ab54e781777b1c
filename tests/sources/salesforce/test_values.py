"""What Salesforce writes becomes what landing takes, digit for digit, and what it hides is absent and not empty.

Without these ten millions become 1.0E7 and nobody's deal, a half becomes 50 times a deal, and a right that was taken
away empties a column that people are paid by.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from openspm.contract import load_contract
from openspm.fakes.salesforce_objects import id18, java_double, numbered_id
from openspm.landing.reland import reland
from openspm.sources import readme_path
from openspm.sources.salesforce.settings import SalesforceSourceSettings
from openspm.sources.web.mapping import load_mapping
from tests.sources.salesforce.conftest import SalesforceCompany

FOLDER = readme_path("salesforce").parent


@pytest.fixture(scope="module")
def macro() -> Callable[[str], Any]:
    """Gives the value of a call of a macro."""
    connection = duckdb.connect()
    connection.execute((FOLDER / "macros.sql").read_text())
    return lambda call: connection.execute(f"select {call}").fetchall()[0][0]


@pytest.mark.parametrize(
    ("call", "value"),
    [
        ("plain_number('60960.0')", "60960"),
        ("plain_number('60960.50')", "60960.5"),
        ("plain_number('100')", "100"),
        ("plain_number('v1.0')", "v1.0"),
        ("plain_number('1.0635E8')", "106350000"),
        ("plain_number('-1.0E7')", "-10000000"),
        ("plain_number('1.234567891E7')", "12345678.91"),
        ("plain_number('1.5E-4')", "0.00015"),
        ("plain_number('many')", "many"),
        ("plain_number(null)", None),
        ("ratio_of_percent('12.5')", "0.125000000000"),
        ("ratio_of_percent('33.3333333333')", "0.333333333333"),
        ("ratio_of_percent('100.0')", "1.000000000000"),
        ("ratio_of_percent('half')", "half"),
        ("ratio_of_percent(null)", None),
        ("minutes_of_seconds('240')", "4"),
        ("minutes_of_seconds('119')", "1"),
        ("minutes_of_seconds(null)", None),
        ("id18('0015500000Xyy06')", "0015500000Xyy06AAB"),
        ("id18('006q000000Hddoh')", "006q000000HddohAAB"),
        ("id18('0011G00000eM9wvQAC')", "0011G00000eM9wvQAC"),
        ("id18(null)", None),
        ("id_of('00G5500000Xyy06AAB', '005')", None),
        ("deal_kind('Existing Customer - Upgrade')", "expansion"),
        ("deal_kind('Something of ours')", "Something of ours"),
        ("day_begin('2026-03-29', 'Europe/Berlin')", "2026-03-29T00:00:00[Europe/Berlin]"),
        ("utc_time('2018-12-10T17:50:19.000+0000')", "2018-12-10T17:50:19.000Z"),
        ("day_begin(null, 'Europe/Berlin')", None),
        # 1 / 1.25, 1 / 0.85 = 1.1764705882352..., 1 / 150.123456 = 0.00666118424640...
        ("inverse_rate('1.25')", "0.800000000000"),
        ("inverse_rate('0.85')", "1.176470588235"),
        ("inverse_rate('150.123456')", "0.006661184246"),
        ("inverse_rate('1.0E-3')", "1000.000000000000"),
        ("inverse_rate('0')", "0"),
        ("inverse_rate(null)", None),
    ],
)
def test_what_salesforce_writes_as_landing_takes_it(macro: Callable[[str], Any], call: str, value: str | None) -> None:
    assert macro(call) == value


@pytest.mark.parametrize(
    ("text", "written"),
    [("60960.00", "60960.0"), ("0", "0.0"), ("9999999.99", "9999999.99"), ("10000000", "1.0E7"), ("-12.5", "-12.5"),
     ("106350000.25", "1.0635000025E8"), ("0.001", "0.001"), ("0.0001", "1.0E-4")],
)  # fmt: skip
def test_the_fake_writes_numbers_as_java_does(macro: Callable[[str], Any], text: str, written: str) -> None:
    assert java_double(text) == written
    assert float(macro(f"plain_number('{written}')")) == float(text)


def test_ids_differ_by_case_alone_and_by_their_end(macro: Callable[[str], Any]) -> None:
    ids = {numbered_id("006", number) for number in range(5000)}
    assert len(ids) == len({name.lower() for name in ids}) == 5000
    for name in sorted(ids)[::500]:
        assert macro(f"id18('{name[:15]}')") == id18(name[:15]) == name


@pytest.mark.parametrize("threshold", [20_000, 1])
def test_texts_and_amounts_come_as_they_are(company: SalesforceCompany, threshold: int) -> None:
    deal, other = company.ids("Opportunity")[:2]
    company.org.change(
        "Opportunity", deal, Name='Ä "quoted", name\nof two lines', Amount="12345678.91", LeadSource=None,
        Lead_15__c=company.ids("Lead")[0][:15],
    )  # fmt: skip
    company.org.change("Opportunity", other, Amount=None)
    manifest = company.night(
        only=["opportunities"], bulk_threshold=threshold, fields={"opportunities": {"lead_id": "id18(Lead_15__c)"}}
    )["opportunities"]
    rows = {row["opportunity_id"]: row for row in company.rows(manifest)}
    assert rows[deal]["opportunity_name"] == 'Ä "quoted", name\nof two lines'
    assert rows[deal]["deal_amount"] == "12345678.91"
    assert rows[deal]["lead_source_name"] is None
    assert rows[deal]["lead_id"] == company.ids("Lead")[0]
    assert rows[other]["deal_amount"] is None


def test_an_event_of_a_whole_day_begins_with_that_day_in_the_companys_zone(company: SalesforceCompany) -> None:
    event = company.ids("Event")[0]
    company.org.change(
        "Event", event, IsAllDayEvent=True, ActivityDate="2026-03-31", StartDateTime="2026-03-31T00:00:00.000+0000"
    )
    rows = {row["activity_id"]: row for row in company.rows(company.night(only=["activities"])["activities"])}
    assert rows[event]["occurred_at"] == "2026-03-31T00:00:00[Europe/Berlin]"


def test_a_field_of_a_parent_may_be_read_by_its_path(company: SalesforceCompany) -> None:
    company.org.objects["UserRole"].append({"Id": "00E1", "Name": "AE DACH", "SystemModstamp": None})
    company.org.change("User", company.ids("User")[0], UserRoleId="00E1")
    rows = company.rows(company.night(only=["users"], fields={"users": {"user_name": '"UserRole.Name"'}})["users"])
    assert [row["user_name"] for row in rows] == ["AE DACH", None, None]
    company.org.hidden = {"UserRole.Name"}
    assert (
        "user_name"
        not in company.night(1, only=["users"], fields={"users": {"user_name": '"UserRole.Name"'}})["users"].columns
    )


def test_the_history_of_a_field_may_stand_in_for_that_of_the_deal(company: SalesforceCompany) -> None:
    deal = company.ids("Opportunity")[0]
    for number, (field, value) in enumerate((("StageName", "Proposal"), ("Amount", "7"), ("created", None))):
        company.org.add(
            "OpportunityFieldHistory", Id=numbered_id("017", number), OpportunityId=deal, Field=field, NewValue=value,
        )  # fmt: skip
    manifest = company.night(only=["opportunity_stages"], stage_history="OpportunityFieldHistory")["opportunity_stages"]
    assert [(row["opportunity_id"], row["stage_name"]) for row in company.rows(manifest)] == [(deal, "Proposal")]
    assert (manifest.filtered_count, "deal_amount" in manifest.columns) == (2, False)


def test_rates_are_against_the_corporate_currency(company: SalesforceCompany) -> None:
    company.org.objects["DatedConversionRate"] = [
        {"Id": f"04w{number}", "IsoCode": code, "StartDate": day, "ConversionRate": rate}
        for number, (code, day, rate) in enumerate(
            (("USD", "2026-01-01", "1.25"), ("USD", "2026-02-01", "1.1"), ("EUR", "2026-01-01", "1"))
        )
    ]
    assert "fx_rates" not in company.night(only=["fx_rates"])
    rates = {"rate_table_id": "main", "rate_kind_code": "spot"}
    manifest = company.night(1, only=["fx_rates"], exchange_rates=rates)["fx_rates"]
    assert company.rows(manifest) == [
        {
            "rate_table_id": "main", "rate_kind_code": "spot", "from_currency_code": "USD", "to_currency_code": "EUR",
            "rate_date": day, "exchange_rate": rate, "_is_deleted": False,
        }
        for day, rate in (("2026-01-01", "0.800000000000"), ("2026-02-01", "0.909090909091"))
    ]  # fmt: skip
    company.org.hidden = {"CurrencyType"}
    found = [finding.message for finding in company.check(exchange_rates=rates).findings]
    assert "is not given: the corporate currency cannot be seen" in found


def test_what_is_hidden_is_absent_and_named(company: SalesforceCompany) -> None:
    company.org.hidden = {"Opportunity.Amount", "Case", "Campaign.Name", "CampaignMember", "OpportunitySplitType"}
    check = company.check()
    assert check.tables.keys() & {"cases", "campaigns", "opportunity_splits"} == set()
    assert "deal_amount" not in (check.tables["opportunities"] or ())
    said = {finding.subject: finding.message for finding in check.findings if finding.status == "warn"}
    assert said["source crm, opportunities.deal_amount"] == "is absent: Amount is not visible"
    assert said["source crm, Case"] == "is not visible, so nothing of it reaches cases"
    assert said["source crm, campaigns"] == "is not given: every row of it needs Campaign.Name, which we may not see"
    assert "CampaignMember.CampaignId" in said["source crm, leads.campaign_id"]
    only = ["opportunities", "cases", "leads"]
    manifests = company.night(only=only)
    assert {name: "deal_amount" in manifest.columns for name, manifest in manifests.items()} == {
        "opportunities": False, "leads": False,
    }  # fmt: skip
    assert "Opportunity.ExpectedRevenue" in manifests["opportunities"].ignored_columns


def test_an_object_whose_rows_would_all_be_refused_gives_none(company: SalesforceCompany) -> None:
    company.org.hidden = {"Task.CompletedDateTime", "Event.DurationInMinutes"}
    manifest = company.night(only=["activities"])["activities"]
    assert {row["activity_id"][:3] for row in company.rows(manifest)} == {"00U"}
    said = {finding.subject: finding.message for finding in company.check().findings if finding.status == "warn"}
    assert said == {
        "source crm, activities.occurred_at of Task": "is absent: CompletedDateTime is not visible",
        "source crm, activities.duration_minutes": "is absent: DurationInMinutes is not visible",
    }


def test_check_of_a_good_account_reads_no_record(company: SalesforceCompany) -> None:
    check = company.check()
    assert (check.is_reachable, check.is_authorised) == (True, True)
    assert set(check.tables) == set(load_contract().tables) & set(check.tables)
    assert len(check.tables) == 12
    assert {finding.status for finding in check.findings} == {"ok"}
    assert not any("FROM" in request for request in company.server.requests)


def test_archived_pages_can_be_mapped_again(company: SalesforceCompany) -> None:
    options = {"bulk_threshold": 5}
    before = company.night(only=["opportunities", "leads", "products", "opportunity_splits"], **options)
    block = {**company.source.settings.model_dump(), "url": company.server.url}
    settings = company.company.model_copy(update={"sources": (SalesforceSourceSettings(**block),)})
    again = {batch.table: batch for batch in reland(company.settings, company.state, settings, "crm")}
    assert {name: batch.same_as_batch_id for name, batch in again.items()} == {
        name: batch.batch_id for name, batch in before.items()
    }


def test_the_mapping_names_what_there_is() -> None:
    contract = load_contract()
    settings = SalesforceSourceSettings(name="crm", kind="salesforce", client_id="x", url="https://acme.example")
    mapping = load_mapping(Path(FOLDER), settings, contract)
    for table, parts in mapping.tables.items():
        for part in parts:
            assert {part.object_name, *part.look_ups} <= set(mapping.objects)
            assert set(part.columns) <= set(contract[table].column_names)
