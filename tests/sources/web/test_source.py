"""Every source over HTTP lands all that changed and nothing twice, and says what it may not see.

Without these a deal that is saved late is never paid, a field that was hidden from us empties a column that people are
paid by, and a digit that JSON's floats drop is gone from every payout.
"""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from openspm.contract import load_contract
from openspm.errors import OpenspmError, SourceRefused, SourceUnreachable
from openspm.landing import read_manifests
from openspm.landing.archive import archived_path
from openspm.sources import RawFile
from openspm.sources.web.mapping import load_mapping
from tests.sources.web.conftest import ShopCompany, deal
from tests.sources.web.shop import source as shop_source
from tests.sources.web.shop.source import ShopSettings


def ids(company: ShopCompany, table: str = "opportunities", **kinds: object) -> tuple[str, list[str]]:
    """Land once: the kind of the batch of a table, and the keys in it."""
    manifest = company.night(**kinds)[table]  # type: ignore[arg-type]
    key = company.contract[table].key[0]
    return manifest.kind, [row[key] for row in company.rows(manifest)]


def test_every_value_comes_as_it_was_written(company: ShopCompany) -> None:
    company.shop.objects["Deal"][0]["cents"] = 123456789012345601
    manifests = company.night()
    rows = {row["opportunity_id"]: row for row in company.rows(manifests["opportunities"])}
    assert rows["d1"]["deal_amount"] == "1234567890123456.01"
    assert rows["d2"] == {
        "opportunity_id": "d2", "stage_name": "open", "deal_amount": "12345.02", "close_date": "2026-03-31",
        "_is_deleted": False,
    }  # fmt: skip
    assert company.rows(manifests["accounts"]) == [
        {"account_id": "f1", "account_name": "Ärzte & Söhne", "country_code": "DE", "_is_deleted": False}
    ]


def test_a_table_is_made_of_several_objects(company: ShopCompany) -> None:
    rows = company.rows(company.night()["activities"])
    assert [(row["activity_id"], row["activity_kind_code"], row["duration_minutes"]) for row in rows] == [
        ("c1", "call", "12"), ("m1", "email", None),
    ]  # fmt: skip


def test_what_came_is_archived_closed_to_others_and_can_be_read_again(company: ShopCompany) -> None:
    raw = company.night()["opportunities"].raw_files[0]
    path = archived_path(company.state, raw.sha256)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    text = path.read_text()
    assert text.count("\x1e") == 6
    assert '"GET /lists/Deal?after=3' in text
    assert "token" not in text


def test_the_second_night_reads_changes_and_what_was_saved_late(company: ShopCompany) -> None:
    assert ids(company)[0] == "full"
    company.shop.objects["Deal"] += [deal(8, changed_at=6), deal(9, changed_at=20), deal(10, changed_at=1)]
    assert ids(company, days=1, look_back_seconds=1) == ("delta", ["d6", "d7", "d8", "d9"])
    assert ids(company, days=2, look_back_seconds=0) == ("delta", ["d9"])


def test_what_was_deleted_without_a_word_is_found_by_the_full_compare(company: ShopCompany) -> None:
    ids(company)
    del company.shop.objects["Deal"][2]
    assert ids(company, days=6, look_back_seconds=0) == ("delta", ["d7"])
    assert ids(company, days=7, look_back_seconds=0) == ("full", ["d1", "d2", "d4", "d5", "d6", "d7"])
    assert ids(company, days=8, look_back_seconds=0) == ("delta", ["d7"])
    assert ids(company, days=8, full_compare=True)[0] == "full"


def test_another_mapping_reads_everything_again(company: ShopCompany) -> None:
    ids(company)
    kind, found = ids(company, days=1, fields={"opportunities": {"opportunity_name": "note"}})
    assert (kind, len(found)) == ("full", 7)


def test_a_deleted_record_is_a_tombstone(company: ShopCompany) -> None:
    ids(company)
    company.shop.objects["Deal"][3] |= {"is_gone": True, "changed_at": 30}
    rows = company.rows(company.night(days=1, look_back_seconds=0)["opportunities"])
    assert [(row["opportunity_id"], row["_is_deleted"]) for row in rows] == [("d4", True), ("d7", False)]


def test_of_two_versions_in_one_reading_the_newer_counts_whatever_their_order(company: ShopCompany) -> None:
    company.shop.objects["Deal"][0] |= {"stage": "won", "changed_at": 90}
    company.shop.objects["Deal"].append(deal(1, stage="open", changed_at=40))
    manifest = company.night()["opportunities"]
    assert [row["stage_name"] for row in company.rows(manifest) if row["opportunity_id"] == "d1"] == ["won"]
    assert (manifest.row_count, manifest.filtered_count) == (7, 1)


def test_rows_that_a_mapping_leaves_out_are_counted(company: ShopCompany) -> None:
    company.shop.objects["Deal"][0]["kind"] = "test"
    manifest = company.night()["opportunities"]
    assert (manifest.row_count, manifest.filtered_count) == (6, 1)


def test_a_hidden_field_makes_an_absent_column_and_no_nulls(company: ShopCompany) -> None:
    company.shop.hidden = {"cents"}
    assert "deal_amount" not in company.night()["opportunities"].columns
    check = company.check()
    assert "deal_amount" not in (check.tables["opportunities"] or ())
    found = next(finding for finding in check.findings if "deal_amount" in finding.subject)
    assert (found.status, found.message) == ("warn", "is absent: cents is not visible")


def test_a_hidden_object_gives_no_table_unless_another_object_does(company: ShopCompany) -> None:
    company.shop.hidden = {"Firm", "Mail"}
    manifests = company.night()
    assert set(manifests) == {"opportunities", "activities"}
    assert [row["activity_id"] for row in company.rows(manifests["activities"])] == ["c1"]
    assert {finding.subject for finding in company.check().findings if finding.status == "warn"} == {
        "source shop, Firm", "source shop, Mail",
    }  # fmt: skip


def test_an_object_that_is_hidden_later_ends_the_night_and_deletes_nothing(company: ShopCompany) -> None:
    company.night()
    for hidden, table in (("Mail", "activities"), ("Firm", "accounts"), ("id", "accounts")):
        company.shop.hidden = {hidden}
        with pytest.raises(SourceRefused, match=f"gave rows of {table} before"):
            company.night(days=1)
    company.shop.hidden = {"Mail"}
    assert ids(company, "activities", days=1, full_compare=True) == ("full", ["c1"])
    assert ids(company, "activities", days=2)[0] == "delta"
    company.shop.hidden = {"Firm", "Mail"}
    assert ids(company, "accounts", days=3, full_compare=True) == ("full", [])
    assert "accounts" not in company.night(days=4)


def test_a_hidden_key_gives_no_table_at_all(company: ShopCompany) -> None:
    company.shop.hidden = {"id"}
    assert company.night() == {}


def test_fields_that_nothing_reads_are_listed_and_not_landed(company: ShopCompany) -> None:
    manifests = company.night()
    assert manifests["opportunities"].ignored_columns == ("Deal.note",)
    assert manifests["accounts"].ignored_columns == ("Firm.address.city",)
    assert "fields that nothing reads: note" in {finding.message for finding in company.check().findings}


def test_a_company_maps_fields_of_its_own(company: ShopCompany) -> None:
    fields = {
        "opportunities": {"opportunity_name": "note", "lost_reason_name": "case when stage = 'open' then 'x' end"}
    }
    rows = company.rows(company.night(fields=fields)["opportunities"])
    assert {(row["opportunity_name"], row["lost_reason_name"]) for row in rows} == {("n", "x")}
    left = company.night(days=1, leave_out=["activities"])
    assert (left["activities"].kind, left["activities"].row_count) == ("full", 0)
    assert set(company.night(days=2, leave_out=["activities"])) == {"accounts", "opportunities"}


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"fields": {"opportunitys": {"stage_name": "stage"}}}, "gives no table 'opportunitys'"),
        ({"leave_out": ["cases"]}, "gives no table 'cases'"),
        ({"fields": {"opportunities": {"stage": "stage"}}}, "has no column 'stage'"),
        ({"fields": {"opportunities": {"stage_name": "stage,, note"}}}, "is no expression over fields"),
        ({"fields": {"opportunities": {"stage_name": "stage from x"}}}, "is no expression over fields"),
        ({"fields": {"opportunities": {"stage_name": "nothing(stage)"}}}, "does not run"),
    ],
)
def test_a_wrong_mapping_is_refused_with_its_name(company: ShopCompany, options: dict[str, object], text: str) -> None:
    with pytest.raises(OpenspmError, match=text):
        company.night(**options)  # type: ignore[arg-type]
    assert read_manifests(company.state) == []


def test_check_logs_in_and_reads_no_record(company: ShopCompany) -> None:
    check = company.check()
    assert (check.is_reachable, check.is_authorised, set(check.tables)) == (
        True, True, {"accounts", "opportunities", "activities"},
    )  # fmt: skip
    assert not any("/lists/" in request for request in company.server.requests)
    company.shop.tokens = 7
    company.server.vendor.answer = lambda request: shop_source.FakeAnswer.of_json({}, 401)  # type: ignore[method-assign]
    check = company.check()
    assert (check.is_reachable, check.is_authorised, check.tables) == (True, False, {})


def test_check_tells_a_wrong_folder_from_an_unreachable_system(company: ShopCompany) -> None:
    assert company.check(leave_out=["nothing"]).is_reachable is None
    company.server.__exit__(None, None, None)
    assert company.check(most_tries=1).is_reachable is False


def test_archived_pages_go_through_another_mapping_without_the_system(company: ShopCompany) -> None:
    company.night()
    company.shop.objects["Deal"] += [deal(8, changed_at=8)]
    company.night(days=1, look_back_seconds=0)
    company.server.__exit__(None, None, None)
    mapped = company.open(fields={"opportunities": {"stage_name": "upper(stage)"}})
    manifests = [manifest for manifest in read_manifests(company.state) if manifest.table == "opportunities"]
    found = []
    for manifest in manifests:
        archived = [RawFile(raw.name, raw.sha256, raw.size_bytes) for raw in manifest.raw_files]
        for extract in mapped.reland(company.contract, company.state, company.request(2), archived, {"opportunities"}):
            assert extract.cursor is None
            assert callable(extract.data)
            found += extract.data().read_all().select(["opportunity_id", "stage_name"]).to_pylist()
    assert [row["opportunity_id"] for row in found] == [f"d{number}" for number in (*range(1, 8), 7, 8)]
    assert {row["stage_name"] for row in found} == {"OPEN"}


@pytest.mark.parametrize("error", [SourceRefused("no"), SourceUnreachable("gone")])
def test_after_a_failure_nothing_has_landed_and_no_mark_has_moved(company: ShopCompany, error: Exception) -> None:
    first = company.night()
    company.shop.objects["Deal"].append(deal(8))
    company.shop.objects["Mail"] = []
    kept = company.source.records

    def fail(object_name: str, pages: object, fields: object) -> object:
        if object_name == "Call":
            raise error
        return kept(object_name, pages, fields)  # type: ignore[arg-type]

    source = company.open()
    source.records = fail  # type: ignore[assignment, method-assign]
    from openspm.landing import land

    request = company.request(1)
    assert request.extracted_at is not None
    with pytest.raises(type(error)):
        land(
            company.state, company.contract, source.extract(company.contract, company.state, request),
            source="shop", landed_at=request.extracted_at,
        )  # fmt: skip
    assert {manifest.table: manifest for manifest in read_manifests(company.state)} == first
    assert list(company.state.landing.glob("scratch.*")) == []


def test_the_shops_own_mapping_names_what_there_is() -> None:
    contract = load_contract()
    mapping = load_mapping(Path(shop_source.__file__).parent, ShopSettings(name="shop"), contract)
    for table, parts in mapping.tables.items():
        for part in parts:
            assert part.object_name in mapping.objects
            assert set(part.columns) <= set(contract[table].column_names)


@pytest.mark.parametrize("url", ["http://example.org", "https://user:pw@example.org", "example.org", "ftp://x.org"])
def test_an_address_that_would_give_secrets_away_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="must be"):
        ShopSettings(name="shop", url=url)
