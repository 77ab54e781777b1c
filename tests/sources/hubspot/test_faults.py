"""Through faults of HubSpot and of the line the same records land, or none and the night ends with 5.

Without these a page that was left out is a smaller table, a limit ends a night that could have waited, and a scope that
is missing empties a column.
"""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from openspm.errors import SourceRefused, SourceUnreachable
from openspm.fakes.faults import PASSING_FAULTS, Fault, FaultSchedule
from openspm.fakes.hubspot_portal import TOKEN
from openspm.fakes.server import FakeAnswer, FakeRequest, FakeServer
from openspm.landing import read_manifests
from tests.sources.hubspot.conftest import HubSpotCompany, deal, small_portal

DEALS = ("opportunities", "opportunity_stages")
# The token of a private app does not expire in a night: one that is refused ends it.
PASSING = sorted(set(PASSING_FAULTS) - {"expired_token"})


def landed(company: HubSpotCompany, days: int = 0, **options: Any) -> dict[str, list[dict[str, Any]]]:
    """The rows of a night, by table."""
    return {table: company.rows(manifest) for table, manifest in company.night(days, only=DEALS, **options).items()}


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    """What a night without a fault lands."""
    portal = small_portal()
    portal.most_records = 3
    with FakeServer(portal) as server, pytest.MonkeyPatch.context() as patched:
        patched.setenv("OPENSPM_SOURCE_CRM_TOKEN", TOKEN)
        return landed(HubSpotCompany(tmp_path_factory.mktemp("clean"), server, portal))


def change_all(company: HubSpotCompany) -> None:
    """A first night, then a change of every deal."""
    company.deals()
    for number in range(1, 8):
        deal(company.portal, number, 10, amount="5")


def test_records_that_come_twice_change_nothing(
    company: HubSpotCompany, clean: dict[str, list[dict[str, Any]]]
) -> None:
    answer = company.portal.answer

    def doubled(request: FakeRequest) -> FakeAnswer:
        answered = answer(request)
        if request.path.endswith("objects/deals") and "after" in request.query:
            body = json.loads(answered.body)
            return FakeAnswer.of_json({**body, "results": [*body["results"], *body["results"][:2]]})
        return answered

    company.portal.answer = doubled  # type: ignore[method-assign]
    rows = landed(company)
    for table in DEALS:
        assert sorted(map(str, rows[table])) == sorted(map(str, clean[table]))


@pytest.mark.parametrize("kind", ["duplicated_page", "skipped_page"])
def test_a_page_of_a_search_that_is_wrong_once_is_asked_again_or_ends_the_night(
    company: HubSpotCompany, kind: str
) -> None:
    change_all(company)
    company.server.faults = FaultSchedule((Fault(kind, "deals/search", skip=1),))
    if kind == "duplicated_page":
        assert company.deals(1)[1].keys() == set("1234567")
        return
    with pytest.raises(SourceUnreachable, match="gave 4 deals and counts 7, so a page was left out"):
        company.deals(1)
    assert len(company.waits) >= 4


@pytest.mark.parametrize("kind", ["skipped_page", "duplicated_page"])
def test_a_page_of_a_list_that_is_left_out_ends_the_night(company: HubSpotCompany, kind: str) -> None:
    """A page that comes once more in place of the next one is such a page too."""
    skip = int(kind == "duplicated_page")
    company.server.faults = FaultSchedule((Fault(kind, "objects/deals.*archived=false", skip=skip),))
    with pytest.raises(SourceUnreachable, match="gave 4 deals and counts 7, so a page was left out") as caught:
        company.night(only=DEALS)
    assert caught.value.exit_code == 5
    assert read_manifests(company.state) == []


def test_a_portal_whose_counts_never_agree_can_still_be_read(company: HubSpotCompany) -> None:
    company.portal.hidden_count = 2
    with pytest.raises(SourceUnreachable, match="compare_counts: false"):
        company.deals()
    assert company.deals(compare_counts=False)[1].keys() == set("1234567")
    assert company.deals(1, compare_counts=False, look_back_seconds=0)[1].keys() == {"7"}


@pytest.mark.parametrize("path", ["objects/deals.*archived=false", "owners.*archived", "deals/search"])
def test_pages_that_lead_in_a_circle_end_the_night(company: HubSpotCompany, path: str) -> None:
    company.portal.most_records = 1 if "owners" in path else 3
    company.portal.owners.append({**company.portal.owners[0], "id": "73"})
    if path == "deals/search":
        change_all(company)
    company.server.faults = FaultSchedule((Fault("cursor_loop", path, skip=1, times=99),))
    with pytest.raises(SourceUnreachable, match="the same pages again and again"):
        company.night(1, only=("opportunities",) if "search" in path else DEALS)


def test_a_limit_of_a_second_is_waited_out_and_searches_keep_their_pace(company: HubSpotCompany) -> None:
    company.portal.secondly_every = 2
    change_all(company)
    assert company.deals(1, searches_per_second=0.1)[1].keys() == set("1234567")
    assert max(company.waits) == pytest.approx(10, abs=1)
    assert sum(wait < 1 for wait in company.waits) >= 2


def test_the_daily_limit_ends_the_night_at_once_and_says_so(company: HubSpotCompany) -> None:
    company.portal.daily_left = 33
    with pytest.raises(SourceUnreachable, match="the daily limit of the portal is used up") as caught:
        company.night(only=DEALS)
    assert (caught.value.exit_code, len(company.server.requests)) == (5, 34)
    assert not [wait for wait in company.waits if wait > 0.3]
    assert read_manifests(company.state) == []


def test_a_token_that_is_refused_in_the_middle_ends_the_night(company: HubSpotCompany) -> None:
    company.server.faults = FaultSchedule((Fault("expired_token", "archived=false", skip=1),))
    with pytest.raises(SourceRefused, match="does not accept our secret") as caught:
        company.night(only=DEALS)
    assert TOKEN not in str(caught.value)
    assert read_manifests(company.state) == []


def test_a_missing_scope_gives_no_table_and_a_column_less(company: HubSpotCompany) -> None:
    company.portal.missing = {"companies", "calls", "teams", "account"}
    manifests = company.night(only=("accounts", "opportunities", "users"))
    assert set(manifests) == {"opportunities", "users"}
    assert not {"account_id", "currency_code"} & set(manifests["opportunities"].columns)
    check = company.check(only=("accounts", "opportunities", "activities"))
    assert set(check.tables) == {"opportunities", "activities"}
    warned = {finding.subject.removeprefix("source crm, ") for finding in check.findings if finding.status == "warn"}
    assert {"companies", "calls", "opportunities.account_id", "activities.account_id"} <= warned


def test_a_portal_without_leads_or_pipelines_gives_what_it_has(company: HubSpotCompany) -> None:
    answer = company.portal.answer

    def without_leads(request: Any) -> Any:
        return type(answer(request))(404, b"{}") if "/leads" in request.path else answer(request)

    company.portal.answer = without_leads  # type: ignore[method-assign]
    check = company.check(only=("leads", "opportunities"))
    assert set(check.tables) == {"opportunities"}
    assert "lead_id" not in (check.tables["opportunities"] or ())


def test_a_hidden_property_makes_an_absent_column_and_no_nulls(company: HubSpotCompany) -> None:
    company.portal.hidden = {"deals.amount"}
    manifests = company.night(only=DEALS)
    for table in DEALS:
        assert "deal_amount" not in manifests[table].columns
        assert manifests[table].row_count == 7
    company.portal.hidden = {"deals.dealstage"}
    with pytest.raises(SourceRefused, match="deals gave rows of opportunities before"):
        company.night(1, only=DEALS)


def test_good_bad_and_missing_credentials(company: HubSpotCompany, monkeypatch: pytest.MonkeyPatch) -> None:
    check = company.check()
    assert (check.is_reachable, check.is_authorised) == (True, True)
    assert set(check.tables) >= {"opportunities", "opportunity_stages", "accounts", "users", "activities"}
    assert not any("archived=" in request for request in company.server.requests)
    company.portal.missing = {
        "companies", "contacts", "leads", "deals", "line_items", "products", "calls", "emails", "meetings", "tasks",
        "notes", "owners",
    }  # fmt: skip
    check = company.check()
    assert (check.is_reachable, check.is_authorised, check.tables) == (True, False, {})
    assert "none of the scopes" in check.findings[0].message
    for token in ("wrong", None):
        if token:
            monkeypatch.setenv("OPENSPM_SOURCE_CRM_TOKEN", token)
        else:
            monkeypatch.delenv("OPENSPM_SOURCE_CRM_TOKEN")
        check = company.check()
        assert (check.is_reachable, check.is_authorised, check.tables) == (True, False, {})
        assert "environment variable" in check.findings[0].next_step or "OPENSPM_SOURCE" in check.findings[0].next_step
        with pytest.raises(SourceRefused):
            company.night()


def test_reading_takes_hardly_longer_than_its_requests_one_after_the_other(company: HubSpotCompany) -> None:
    company.portal.most_records = 1
    company.server.latency_seconds = 0.05
    started = time.monotonic()
    company.night(only=("opportunities",), searches_per_second=100)
    assert time.monotonic() - started < 1.5 * 0.05 * len(company.server.requests)


@pytest.mark.parametrize("seed", range(10))
def test_whatever_faults_come_the_same_records_land(
    company: HubSpotCompany, clean: dict[str, list[dict[str, Any]]], seed: int
) -> None:
    company.server.faults = FaultSchedule.drawn(seed, fault_count=4, among=40, kinds=PASSING)
    assert landed(company) == clean


@pytest.mark.faults
@pytest.mark.parametrize("seed", range(100, 300))
def test_whatever_faults_come_the_same_records_land_in_many_schedules(
    company: HubSpotCompany, clean: dict[str, list[dict[str, Any]]], seed: int
) -> None:
    company.server.faults = FaultSchedule.drawn(seed, fault_count=1 + seed % 8, among=40, kinds=PASSING)
    assert landed(company) == clean
