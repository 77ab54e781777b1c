"""Pages fit together or nothing lands, over REST and from Bulk jobs, and whatever fault passes changes nothing.

Without these a page that was left out is a week of deals that nobody is paid for, and one that is cut ends in a night
that looks fine.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest

from openspm.errors import SourceUnreachable
from openspm.fakes.faults import PASSING_FAULTS, Fault, FaultSchedule
from openspm.fakes.salesforce import CLIENT_SECRET, Salesforce, build
from openspm.fakes.server import FakeAnswer, FakeRequest, FakeServer
from openspm.landing import read_manifests
from openspm.sources.salesforce.bulk import wrong_with_csv
from openspm.sources.web.session import Answer
from tests.sources.salesforce.conftest import SalesforceCompany, few_tables

REST: dict[str, Any] = {"only": ["opportunities"]}
BULK: dict[str, Any] = {**REST, "bulk_threshold": 5, "bulk_page_records": 3}
WAYS = pytest.mark.parametrize("way", [REST, BULK], ids=["rest", "bulk"])
Rows = dict[str, list[dict[str, Any]]]


def landed(company: SalesforceCompany, way: dict[str, Any]) -> Rows:
    """The rows of a night, by table."""
    return {table: company.rows(manifest) for table, manifest in company.night(**way).items()}


@pytest.fixture
def paged(company: SalesforceCompany) -> SalesforceCompany:
    """A company whose seven deals come in three pages."""
    company.org.page_size = 3
    return company


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Rows:
    """What a night without a fault lands."""
    with pytest.MonkeyPatch.context() as patch, FakeServer(build(few_tables())) as server:
        patch.setenv("OPENSPM_SOURCE_CRM_CLIENT_SECRET", CLIENT_SECRET)
        return landed(SalesforceCompany(tmp_path_factory.mktemp("clean"), server), REST)


def test_a_bulk_job_gives_the_same_records_and_is_deleted(paged: SalesforceCompany, clean: Rows) -> None:
    paged.org.bulk_looks = 3
    assert landed(paged, BULK) == clean
    asked = [request for request in paged.server.requests if "/jobs/query" in request]
    assert [request.split()[0] for request in asked] == ["POST", *["GET"] * 4, *["GET"] * 3, "DELETE"]
    assert paged.source.waits == [0.25, 0.5, 1.0]
    assert paged.org.jobs == {}


def test_an_object_that_bulk_does_not_take_is_read_page_by_page(
    paged: SalesforceCompany, clean: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = paged.org.answer

    def answer(request: FakeRequest) -> FakeAnswer:
        if request.path.endswith("/jobs/query"):
            return FakeAnswer.of_json([{"errorCode": "INVALIDENTITY", "message": "is not supported by Bulk"}], 400)
        return kept(request)

    monkeypatch.setattr(paged.org, "answer", answer)
    assert landed(paged, BULK) == clean


def test_a_query_that_takes_too_long_becomes_a_job(
    paged: SalesforceCompany, clean: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = paged.org.answer

    def answer(request: FakeRequest) -> FakeAnswer:
        if request.path.endswith("/queryAll"):
            return FakeAnswer.of_json([{"errorCode": "QUERY_TIMEOUT", "message": "Your query was too complex"}], 400)
        return kept(request)

    monkeypatch.setattr(paged.org, "answer", answer)
    assert landed(paged, REST) == clean
    assert any("/jobs/query" in request for request in paged.server.requests)


@WAYS
@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("duplicated_page", r"its pages hold \d|a page came twice"),
        ("skipped_page", r"its pages hold \d"),
        ("cursor_loop", "lead back to one that came already|a page came twice|its pages hold"),
    ],
)
def test_pages_that_do_not_fit_together_end_the_night(
    paged: SalesforceCompany, way: dict[str, Any], kind: str, text: str
) -> None:
    path = "/results.*locator" if way is BULK else "query/"
    skip = 1 if kind == "duplicated_page" else 0
    if kind == "skipped_page":
        path = path.replace(".*locator", "") if way is BULK else "queryAll.*Opportunity"
    paged.server.faults = FaultSchedule((Fault(kind, path, skip=skip, times=99 if kind == "cursor_loop" else 1),))
    with pytest.raises(SourceUnreachable, match=text) as caught:
        paged.night(**way)
    assert caught.value.exit_code == 5
    assert "does not give its records in full" in caught.value.message
    assert read_manifests(paged.state) == []


def test_a_cursor_that_is_gone_ends_the_night(paged: SalesforceCompany) -> None:
    pages = iter([lambda: None, paged.org.forget_cursors])
    paged.org.on_page = lambda: next(pages, lambda: None)()
    with pytest.raises(SourceUnreachable, match="INVALID_QUERY_LOCATOR"):
        paged.night(**REST)
    assert read_manifests(paged.state) == []


@pytest.mark.parametrize(
    ("org_facts", "options", "text"),
    [
        ({"bulk_end": "Failed"}, {}, "ends a Bulk job with Failed"),
        ({"bulk_end": "Aborted"}, {}, "ends a Bulk job with Aborted"),
        ({"bulk_looks": 99}, {"deadline_seconds": 4}, "does not end a Bulk job within `deadline_seconds`"),
    ],
)
def test_a_job_that_does_not_end_well_ends_the_night(
    paged: SalesforceCompany, org_facts: dict[str, Any], options: dict[str, Any], text: str
) -> None:
    for name, value in org_facts.items():
        setattr(paged.org, name, value)
    with pytest.raises(SourceUnreachable, match=text):
        paged.night(**BULK, **options)
    assert read_manifests(paged.state) == []


@pytest.mark.parametrize("kind", [kind for kind in PASSING_FAULTS if kind != "expired_token"])
def test_a_fault_of_a_result_that_passes_changes_nothing(paged: SalesforceCompany, clean: Rows, kind: str) -> None:
    paged.server.faults = FaultSchedule((Fault(kind, "/results", skip=1),))
    assert landed(paged, BULK) == clean


@pytest.mark.parametrize("kind", ["truncated_json", "html", "status_503"])
def test_a_fault_of_a_result_that_lasts_ends_the_night(paged: SalesforceCompany, kind: str) -> None:
    paged.server.faults = FaultSchedule((Fault(kind, "/results", times=99),))
    with pytest.raises(SourceUnreachable, match="given up after 3 tries"):
        paged.night(**BULK, most_tries=3)
    assert read_manifests(paged.state) == []


def test_a_page_that_is_cut_anywhere_is_not_whole() -> None:
    body = b'"Id","Name"\n"1","a ""b"", c\nd"\n"2",""\n'
    headers = {"content-type": "text/csv", "sforce-numberofrecords": "2"}
    whole = [
        length for length in range(len(body) + 1) if wrong_with_csv(Answer(200, headers, body[:length], "")) is None
    ]
    assert whole == [len(body) - 1, len(body)]
    assert wrong_with_csv(Answer(200, {**headers, "content-type": "text/html"}, body, "")) is not None
    assert wrong_with_csv(Answer(200, {"content-type": "text/csv"}, body, "")) is not None


def drawn(seed: int) -> FaultSchedule:
    """Faults that pass; a token that is refused is taken the second time, else we are not let in at all."""
    schedule = FaultSchedule.drawn(seed, fault_count=1 + seed % 6, among=16)
    numbers = dict(schedule.by_number)
    refused = [number for number, kind in numbers.items() if kind == "expired_token"]
    for number in refused:
        if number == 1 or any(other in numbers for other in range(number - 2, number)):
            numbers[number] = "status_503"
        numbers.pop(number + 1, None)
    return FaultSchedule(by_number=numbers)


@pytest.mark.parametrize("seed", range(10))
def test_whatever_faults_come_the_same_records_land(paged: SalesforceCompany, clean: Rows, seed: int) -> None:
    paged.server.faults = drawn(seed)
    assert landed(paged, (REST, BULK)[seed % 2]) == clean


@pytest.mark.faults
@pytest.mark.parametrize("seed", range(100, 300))
def test_whatever_faults_come_the_same_records_land_in_many_schedules(
    paged: SalesforceCompany, clean: Rows, seed: int
) -> None:
    paged.server.faults = drawn(seed)
    assert landed(paged, (REST, BULK)[seed % 2]) == clean


def test_a_night_takes_few_requests_and_few_more_for_what_changed(company: SalesforceCompany) -> None:
    company.night()
    company.server.requests.clear()
    company.night(1)
    asked = [re.sub(r".*(oauth2|sobjects$|describe|FROM).*", r"\1", request) for request in company.server.requests]
    # One page for each of thirteen objects and two that are looked up, and a describe for each and for two parents.
    assert Counter(asked) == {"oauth2": 1, "sobjects": 1, "describe": 17, "FROM": 15}


def test_half_of_yesterdays_records_land_for_the_gate_to_judge(paged: SalesforceCompany) -> None:
    organisation: Salesforce = paged.org
    paged.night(**REST)
    organisation.objects["Opportunity"] = organisation.objects["Opportunity"][:3]
    manifest = paged.night(1, full_compare=True, **REST)["opportunities"]
    assert (manifest.kind, manifest.row_count) == ("full", 3)
