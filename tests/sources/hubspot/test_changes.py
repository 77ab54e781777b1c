"""The second night reads what changed, however it changed, and finds in the end what nobody told.

Without these a deal that was deleted is paid for ever, one that was merged is paid twice, and one that was saved while
the night read is lost for good.
"""

from __future__ import annotations

import json

import pytest

from openspm.errors import SourceUnreachable
from openspm.fakes import hubspot_portal
from openspm.fakes.server import FakeRequest
from openspm.landing import read_manifests
from tests.sources.hubspot.conftest import HubSpotCompany, at, deal

DEALS = ("opportunities", "opportunity_stages")


def test_what_changed_is_a_delta_and_nothing_else_is_read(company: HubSpotCompany) -> None:
    assert company.deals() == ("full", dict.fromkeys("1234567", False))
    # The last change is read again, as it may not have been the last one of its moment.
    assert company.deals(1, look_back_seconds=0) == ("delta", {"7": False})
    deal(company.portal, 3, 9, amount="7.77")
    company.server.requests.clear()
    assert company.deals(2, look_back_seconds=0) == ("delta", {"3": False, "7": False})
    assert not [request for request in company.server.requests if "objects/deals?limit=100&archived=false" in request]
    assert company.deals(3, look_back_seconds=0) == ("delta", {"3": False})


def test_what_was_saved_late_is_found_by_looking_back(company: HubSpotCompany) -> None:
    company.deals()
    company.portal.put("deals", "2", "2026-05-20T06:20:00.000Z", {"amount": "5"})
    company.portal.put("deals", "3", "2026-05-20T05:59:59.000Z", {"amount": "5"})
    assert company.deals(1, look_back_seconds=3600)[1].keys() == {"2", "6", "7"}


def test_the_portals_clock_alone_says_what_is_new(company: HubSpotCompany) -> None:
    """Ours is at noon of 1 June; the portal's is days behind it, then an hour before it."""
    company.deals()
    deal(company.portal, 8, 8, dealstage="s1")
    assert company.deals(30, full_compare_days=90, look_back_seconds=0)[1].keys() == {"7", "8"}


def test_an_archived_record_is_deleted_with_its_stages_and_comes_back(company: HubSpotCompany) -> None:
    company.night(only=DEALS)
    company.portal.archive("deals", "2", at(9))
    manifests = company.night(1, only=DEALS, look_back_seconds=0)
    for table in DEALS:
        gone = {row["opportunity_id"] for row in company.rows(manifests[table]) if row["_is_deleted"]}
        assert gone == {"2"}, table
    company.portal.restore("deals", "2", at(11))
    manifests = company.night(2, only=DEALS, look_back_seconds=0)
    for table in DEALS:
        kept = {row["opportunity_id"] for row in company.rows(manifests[table]) if not row["_is_deleted"]}
        assert kept == {"2", "7"}, table
    # What was archived long ago is not sent night after night.
    company.portal.archive("deals", "1", at(12))
    deal(company.portal, 7, 20, amount="1")
    assert company.deals(3, look_back_seconds=0)[1] == {"1": True, "2": False, "7": False}
    assert company.deals(4, look_back_seconds=0)[1] == {"7": False}


def test_a_record_that_was_merged_away_is_deleted_with_its_stages(company: HubSpotCompany) -> None:
    company.night(only=DEALS)
    company.portal.merge("deals", "5", "4", at(9))
    manifests = company.night(1, only=DEALS, look_back_seconds=0)
    rows = {row["opportunity_id"]: row["_is_deleted"] for row in company.rows(manifests["opportunities"])}
    assert rows == {"4": True, "5": False, "7": False}
    stages = {row["opportunity_id"]: row["_is_deleted"] for row in company.rows(manifests["opportunity_stages"])}
    assert stages == {"4": True, "5": False, "7": False}


def test_what_vanished_without_a_word_is_found_by_the_full_compare(company: HubSpotCompany) -> None:
    company.deals()
    del company.portal.objects["deals"][2]
    assert company.deals(6, look_back_seconds=0)[1].keys() == {"7"}
    kind, deals = company.deals(7, look_back_seconds=0)
    assert (kind, deals.keys()) == ("full", set("134567"))


def test_a_renamed_stage_is_renamed_in_every_deal(company: HubSpotCompany) -> None:
    company.night(only=DEALS)
    company.portal.pipelines["deals"][0]["stages"][0]["label"] = "Qualified"
    manifests = company.night(1, only=DEALS)
    for table in DEALS:
        assert manifests[table].kind == "full"
        assert {row["stage_name"] for row in company.rows(manifests[table])} == {"Qualified"}
    assert company.night(2, only=DEALS)["opportunities"].kind == "delta"


def test_more_records_than_a_search_gives_may_share_one_time(company: HubSpotCompany) -> None:
    portal = company.portal
    portal.most_records = 200
    portal.put("products", "1", at(1), {"name": "first"})
    company.night(only=("products",))
    for number in range(2, 10_052):
        portal.put("products", str(number), at(9), {"name": "n", "price": "1"})
    manifest = company.night(1, only=("products",), searches_per_second=1000)["products"]
    assert (manifest.kind, manifest.row_count) == ("delta", 10_051)
    bodies = [request for request in company.server.requests if request.endswith("products/search")]
    assert len(bodies) < 60


@pytest.mark.parametrize("days", [0, 1])
def test_records_that_change_while_pages_are_read_are_neither_lost_nor_doubled(
    company: HubSpotCompany, days: int
) -> None:
    if days:
        company.deals()
        for number in range(1, 8):
            deal(company.portal, number, 10, amount="5")

    def act() -> None:
        company.portal.archive("deals", "1", at(11))
        deal(company.portal, 2, 11, amount="6.00")
        deal(company.portal, 9, 11, dealstage="s1")

    company.between(1, "deals/search" if days else "objects/deals", act)
    _, deals = company.deals(days, look_back_seconds=0)
    assert deals.keys() == set("12345679")
    assert deals["1"] is bool(days)
    company.between(9, "nothing", act)
    _, deals = company.deals(days + 1, look_back_seconds=3600)
    assert deals["1"] is True
    assert {"2", "9"} < deals.keys()


def test_more_records_of_one_time_than_a_search_gives_are_all_read(
    company: HubSpotCompany, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cap is one page here, which holds three: seven deals of one time are more than a search ever shows."""
    monkeypatch.setattr(hubspot_portal, "SEARCH_CAP", hubspot_portal.SEARCH_LIMIT)
    company.deals()
    answer = company.portal.answer
    bodies: list[dict[str, object]] = []

    def noted(request: FakeRequest) -> object:
        if request.path.endswith("/search"):
            bodies.append(json.loads(request.body))
        return answer(request)

    company.portal.answer = noted  # type: ignore[assignment, method-assign]
    for number in range(1, 8):
        deal(company.portal, number, 10, amount="5")
    assert company.deals(1)[1].keys() == set("1234567")
    pages = [body for body in bodies if body["limit"] != 1]
    assert len(pages) == 3
    assert all("after" not in body for body in pages)


def test_an_empty_portal_lands_tables_without_rows(company: HubSpotCompany) -> None:
    company.portal.objects.clear()
    manifests = company.night(only=DEALS)
    assert [(manifests[table].kind, manifests[table].row_count) for table in DEALS] == [("full", 0)] * 2
    deal(company.portal, 1, 1, dealstage="s1")
    assert company.deals(1)[1] == {"1": False}


def test_a_night_that_fails_moves_nothing(company: HubSpotCompany) -> None:
    company.deals()
    before = read_manifests(company.state)
    deal(company.portal, 1, 10, amount="5")
    company.portal.daily_left = 35
    with pytest.raises(SourceUnreachable):
        company.night(1)
    assert read_manifests(company.state) == before
    assert list(company.state.landing.glob("scratch.*")) == []
    company.portal.daily_left = None
    assert company.deals(1, look_back_seconds=0)[1].keys() == {"1", "7"}
