"""A company folder whose source is the shop of the tests."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from openspm.company import Company, load_company
from openspm.contract import load_contract
from openspm.fakes.server import FakeServer
from openspm.landing import Manifest, land, read_manifests
from openspm.landing.manifest import batch_path, newest_by_table
from openspm.settings import load_settings
from openspm.sources import ExtractRequest, SourceCheck
from tests.sources.web.shop.source import Shop, ShopSettings, ShopSource

NOON = datetime.datetime(2026, 6, 1, 12, tzinfo=datetime.UTC)
COMPANY = """id: shop
name: Shop GmbH
currency_code: EUR
timezone_name: Europe/Berlin
calendar: {first_year: 2026, last_year: 2026}
"""


def deal(number: int, **values: Any) -> dict[str, Any]:
    """A deal of the shop."""
    facts = {"id": f"d{number}", "stage": "open", "cents": 1234500 + number, "closes_on": "2026-03-31"}
    return {**facts, "kind": "new", "note": "n", "is_gone": False, "changed_at": number, **values}


def shop_records() -> dict[str, list[dict[str, Any]]]:
    """Seven deals, a firm, a call and a mail."""
    return {
        "Deal": [deal(number) for number in range(1, 8)],
        "Firm": [{"id": "f1", "name": "Ärzte & Söhne", "address": {"country": "de", "city": "Köln"}}],
        "Call": [{"id": "c1", "held_at": "2026-03-31T10:00:00Z", "minutes": 12, "changed_at": 3}],
        "Mail": [{"id": "m1", "held_at": "2026-03-31T11:00:00Z", "changed_at": 4}],
    }


class ShopCompany:
    """A company, the shop that it reads, and what landed of it."""

    def __init__(self, folder: Path, server: FakeServer) -> None:
        (folder / "company.yml").write_text(COMPANY)
        self.company: Company = load_company(folder)
        self.server = server
        self.settings = load_settings(folder, {"OPENSPM_HOME": str(folder / "home")})
        self.state = self.settings.state("shop")
        self.state.claim()
        self.contract = load_contract()
        self.source: ShopSource

    @property
    def shop(self) -> Shop:
        """The vendor."""
        vendor = self.server.vendor
        assert isinstance(vendor, Shop)
        return vendor

    def request(self, days: int = 0, **settings: Any) -> ExtractRequest:
        """What a night some days after the first one knows."""
        newest = newest_by_table(read_manifests(self.state), "shop")
        return ExtractRequest(
            self.company,
            self.settings.model_copy(update=settings),
            cursors={name: batch.cursor for name, batch in newest.items() if batch.cursor},
            extracted_at=NOON + datetime.timedelta(days=days),
        )

    def open(self, **options: Any) -> ShopSource:
        """The source with options of its block."""
        self.source = ShopSource(ShopSettings(name="shop", url=self.server.url, **options))
        return self.source

    def night(self, days: int = 0, full_compare: bool = False, **options: Any) -> dict[str, Manifest]:
        """Land once; gives the manifest of each table."""
        request = self.request(days, full_compare=full_compare)
        assert request.extracted_at is not None
        extracts = self.open(**options).extract(self.contract, self.state, request)
        manifests = land(self.state, self.contract, extracts, source="shop", landed_at=request.extracted_at)
        return {manifest.table: manifest for manifest in manifests}

    def check(self, **options: Any) -> SourceCheck:
        """What `openspm check` is told."""
        return self.open(**options).check(self.contract, self.request())

    def rows(self, manifest: Manifest) -> list[dict[str, Any]]:
        """The rows of a batch."""
        table = pq.read_table(batch_path(self.state, manifest.table, manifest.batch_id))
        return table.select(
            [name for name in table.column_names if name in (*manifest.columns, "_is_deleted")]
        ).to_pylist()


@pytest.fixture
def company(tmp_path: Path) -> Iterator[ShopCompany]:
    """A company whose shop is open."""
    with FakeServer(Shop(shop_records()), slow_seconds=3) as server:
        yield ShopCompany(tmp_path, server)
