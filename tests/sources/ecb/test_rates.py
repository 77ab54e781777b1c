"""The ECB's table becomes rates in the direction of the contract, and days without one stay without.

Without these a deal in dollars is multiplied where it had to be divided, and a holiday gets a rate that nobody gave.
"""

from __future__ import annotations

import datetime
import io
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from openspm.company import load_company
from openspm.contract import load_contract
from openspm.errors import OpenspmError, SourceUnreachable
from openspm.fakes.faults import PASSING_FAULTS, Fault, FaultSchedule
from openspm.fakes.server import FakeAnswer, FakeRequest, FakeServer
from openspm.landing import Manifest, land, read_manifests
from openspm.landing.manifest import newest_by_table
from openspm.sources import ExtractRequest, SourceCheck, open_source
from openspm.sources.ecb.source import EcbSource
from openspm.sources.web.session import Patience
from tests.sources.vendor_company import COMPANY, NOON, VendorCompany

HISTORY = """Date,USD,JPY,CYP,
2026-04-02,1.10,163.2,N/A,
2026-04-01,1.0956,162.55,N/A,
2025-01-02,1.0300,N/A,N/A,
2007-12-31,1.4721,164.93,0.585274,
"""


class File:
    """A server that has one file."""

    def __init__(self) -> None:
        self.body = HISTORY.encode()

    def answer(self, request: FakeRequest) -> FakeAnswer:
        return FakeAnswer(200, self.body, "text/csv")

    def settings(self, url: str) -> Mapping[str, str]:
        return {"url": f"{url}/eurofxref-hist.csv"}

    def secrets(self) -> Mapping[str, str]:
        return {}


class EcbCompany(VendorCompany):
    """A company whose rates come from the ECB's file; `path` is in the folder."""

    def ask(self, **options: Any) -> ExtractRequest:
        """A request with options of the block, and no others."""
        block = {"name": "billing", "kind": "ecb", **options}
        (self.folder / "company.yml").write_text(COMPANY + yaml.safe_dump({"sources": [block]}))
        newest = newest_by_table(read_manifests(self.state), "billing")
        prints = {name: batch.fingerprint for name, batch in newest.items() if batch.fingerprint}
        return ExtractRequest(load_company(self.folder), self.settings, fingerprints=prints, extracted_at=NOON)

    def rates(self, **options: Any) -> dict[tuple[str, str, str], str]:
        """What lands: day, from, to -> rate."""
        return {
            (row["rate_date"], row["from_currency_code"], row["to_currency_code"]): row["exchange_rate"]
            for row in self.rows(self.land(**options))
        }

    def land(self, **options: Any) -> Manifest:
        request = self.ask(**options)
        extracts = open_source(request.company.sources[0]).extract(load_contract(), self.state, request)
        (manifest,) = land(self.state, load_contract(), extracts, source="billing", landed_at=NOON)
        return manifest

    def look(self, **options: Any) -> SourceCheck:
        request = self.ask(**options)
        return open_source(request.company.sources[0]).check(load_contract(), request)


@pytest.fixture
def ecb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[EcbCompany]:
    """The company, its file in the folder and behind an address."""
    (tmp_path / "rates.csv").write_text(HISTORY)
    with FakeServer(File()) as server:
        company = EcbCompany(tmp_path, server, "ecb", monkeypatch)
        real = EcbSource.patience

        def patience(source: EcbSource) -> Patience:
            found = real(source)
            found.wait = company.waits.append
            return found

        monkeypatch.setattr(EcbSource, "patience", patience)
        yield company


def test_each_rate_in_its_direction(ecb: EcbCompany) -> None:
    assert ecb.rates(path="rates.csv") == {
        ("2026-04-02", "EUR", "USD"): "1.10", ("2026-04-02", "EUR", "JPY"): "163.2",
        ("2026-04-02", "USD", "EUR"): "0.909090909091", ("2026-04-02", "JPY", "EUR"): "0.00612745098",
        ("2026-04-01", "EUR", "USD"): "1.0956", ("2026-04-01", "EUR", "JPY"): "162.55",
        ("2026-04-01", "USD", "EUR"): "0.912741876597", ("2026-04-01", "JPY", "EUR"): "0.006151953245",
        ("2025-01-02", "EUR", "USD"): "1.0300", ("2025-01-02", "USD", "EUR"): "0.970873786408",
    }  # fmt: skip


def test_a_rate_table_of_ones_own(ecb: EcbCompany) -> None:
    manifest = ecb.land(
        path="rates.csv", rate_table_id="main", rate_kind_code="budget", to_currency_codes=["USD"],
        currency_codes=["JPY", "USD"], since=datetime.date(2007, 1, 1),
    )  # fmt: skip
    rows = ecb.rows(manifest)
    assert {(row["rate_table_id"], row["rate_kind_code"]) for row in rows} == {("main", "budget")}
    found = {(row["rate_date"], row["from_currency_code"], row["to_currency_code"]): row["exchange_rate"]
             for row in rows}  # fmt: skip
    assert found["2007-12-31", "JPY", "USD"] == "0.008925604802"  # 1.4721 / 164.93
    assert ("2025-01-02", "JPY", "USD") not in found
    assert not any("CYP" in key for key in found)
    assert ecb.rates(path="rates.csv", to_currency_codes=[]).keys() == {
        (day, "EUR", to) for day, to in (("2026-04-02", "USD"), ("2026-04-02", "JPY"), ("2026-04-01", "USD"),
                                         ("2026-04-01", "JPY"), ("2025-01-02", "USD"))
    }  # fmt: skip


def test_the_zip_the_daily_file_and_an_address(ecb: EcbCompany) -> None:
    expected = ecb.rates(path="rates.csv")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("eurofxref-hist.csv", HISTORY)
    (ecb.folder / "rates.zip").write_bytes(packed.getvalue())
    assert ecb.rates(path="rates.zip") == expected
    assert ecb.rates(url=f"{ecb.server.url}/eurofxref-hist.csv") == expected
    (ecb.folder / "daily.csv").write_text("Date, USD, JPY, \n03 April 2026, 1.12, 164.1, \n")
    manifest = ecb.land(path="daily.csv", keeps_earlier_days=True)
    assert (manifest.kind, manifest.row_count) == ("delta", 4)
    assert {row["rate_date"] for row in ecb.rows(manifest)} == {"2026-04-03"}


def test_an_unchanged_file_is_not_read_again(ecb: EcbCompany) -> None:
    assert ecb.land(path="rates.csv").same_as_batch_id is None
    assert ecb.land(path="rates.csv").same_as_batch_id is not None
    assert ecb.land(path="rates.csv", to_currency_codes=[]).row_count == 5


@pytest.mark.parametrize("kind", [kind for kind in PASSING_FAULTS if kind not in
                                  ("expired_token", "truncated_json", "invalid_json", "html")])  # fmt: skip
def test_a_fault_that_passes(ecb: EcbCompany, kind: str) -> None:
    ecb.server.faults = FaultSchedule((Fault(kind),))
    assert len(ecb.rates(**ecb.server.vendor.settings(ecb.server.url))) == 10


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", ":1"),
        ("<html><body>Log in</body></html>", ":1"),
        ("Date,USD,\n2026-04-01,1.1\n", ":2"),
        ("Date,USD,\n2026-04-31,1.1,\n", ":2"),
        ("Date,USD,USD,\n2026-04-01,1.1,1.2,\n", "currency twice"),
        ("PK not a zip", "the zip is damaged"),
    ],
)
def test_what_is_no_table_of_the_ecb_is_refused(ecb: EcbCompany, text: str, reason: str) -> None:
    (ecb.folder / "rates.csv").write_text(text)
    with pytest.raises(OpenspmError) as caught:
        ecb.land(path="rates.csv")
    assert reason in str(caught.value)
    assert read_manifests(ecb.state) == []
    assert ecb.look(path="rates.csv").findings[0].status == "fail"


def test_a_rate_that_is_no_number_lands_as_it_is_and_makes_no_quotient(ecb: EcbCompany) -> None:
    (ecb.folder / "rates.csv").write_text("Date,USD,JPY,\n2026-04-01,1e3,162.55,\n")
    found = ecb.rates(path="rates.csv", to_currency_codes=["EUR", "USD"])
    assert found == {
        ("2026-04-01", "EUR", "USD"): "1e3", ("2026-04-01", "EUR", "JPY"): "162.55",
        ("2026-04-01", "JPY", "EUR"): "0.006151953245",
    }  # fmt: skip


def test_a_file_that_is_not_there_and_a_currency_that_is_not_in_it(ecb: EcbCompany) -> None:
    with pytest.raises(SourceUnreachable, match="No such file"):
        ecb.land(path="none.csv")
    assert ecb.look(path="none.csv").is_reachable is False
    check = ecb.look(path="rates.csv", currency_codes=["USD", "XYZ"])
    assert check.is_reachable
    assert [finding.subject for finding in check.findings] == ["source billing, XYZ"]
    with pytest.raises(OpenspmError, match="not both"):
        ecb.ask(path="a", url="https://example.org/a.csv")
