"""A company folder whose source is an organisation of Salesforce."""

from __future__ import annotations

import datetime
import functools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from openspm.company import Company, load_company
from openspm.contract import load_contract
from openspm.fakes.salesforce import CLIENT_ID, Salesforce, build
from openspm.fakes.server import FakeServer
from openspm.landing import Manifest, land, read_manifests
from openspm.landing.manifest import batch_path, newest_by_table
from openspm.settings import load_settings
from openspm.sources import ExtractRequest, SourceCheck, readme_path
from openspm.sources.salesforce.settings import SalesforceSourceSettings
from openspm.sources.salesforce.source import SalesforceSource
from openspm.sources.web.session import Patience
from tests.sources.same_marts import simulated_tables

NOON = datetime.datetime(2026, 6, 1, 12, tzinfo=datetime.UTC)
COMPANY = """id: acme
name: Acme GmbH
currency_code: EUR
timezone_name: Europe/Berlin
calendar: {first_year: 2026, last_year: 2026}
"""
# A handful of records of each object, so that a night takes a moment.
FEW = {
    "accounts": 4, "contacts": 3, "leads": 5, "opportunities": 7, "opportunity_stages": 9, "opportunity_splits": 3,
    "opportunity_lines": 4, "products": 3, "users": 3, "campaigns": 2, "cases": 2, "activities": 8, "fx_rates": 4,
}  # fmt: skip


@functools.cache
def few_tables() -> dict[str, pa.Table]:
    """The first records of the micro company."""
    tables = simulated_tables()
    return {name: tables[name].slice(0, count) for name, count in FEW.items()}


class QuickSource(SalesforceSource):
    """Waits without waiting, so that faults cost no time."""

    waits: list[float]

    def __init__(self, source_settings: SalesforceSourceSettings) -> None:
        super().__init__(source_settings)
        self._folder = readme_path("salesforce").parent

    def patience(self) -> Patience:
        self.waits = []
        patience = super().patience()
        patience.wait = self.waits.append
        return patience


class SalesforceCompany:
    """A company, the organisation that it reads, and what landed of it."""

    def __init__(self, folder: Path, server: FakeServer) -> None:
        (folder / "company.yml").write_text(COMPANY)
        self.company: Company = load_company(folder)
        self.server = server
        self.settings = load_settings(folder, {"OPENSPM_HOME": str(folder / "home")})
        self.state = self.settings.state("acme")
        self.state.claim()
        self.contract = load_contract()
        self.source: QuickSource

    @property
    def org(self) -> Salesforce:
        """The organisation."""
        vendor = self.server.vendor
        assert isinstance(vendor, Salesforce)
        return vendor

    def request(self, days: float = 0, **settings: Any) -> ExtractRequest:
        """What a night some days after the first one knows."""
        newest = newest_by_table(read_manifests(self.state), "crm")
        return ExtractRequest(
            self.company,
            self.settings.model_copy(update=settings),
            cursors={name: batch.cursor for name, batch in newest.items() if batch.cursor},
            extracted_at=NOON + datetime.timedelta(days=days),
        )

    def open(self, **options: Any) -> QuickSource:
        """The source with options of its block."""
        said = self.org.settings(self.server.url)
        block = {**said, "fields": json.loads(said["fields"]), "name": "crm", "kind": "salesforce", **options}
        self.source = QuickSource(SalesforceSourceSettings(**block))
        return self.source

    def night(self, days: float = 0, full_compare: bool = False, **options: Any) -> dict[str, Manifest]:
        """Land once; gives the manifest of each table."""
        request = self.request(days, full_compare=full_compare)
        assert request.extracted_at is not None
        extracts = self.open(**options).extract(self.contract, self.state, request)
        manifests = land(self.state, self.contract, extracts, source="crm", landed_at=request.extracted_at)
        return {manifest.table: manifest for manifest in manifests}

    def landed(self, table: str, days: float = 0, **options: Any) -> tuple[str, list[str]]:
        """Land once; the kind of the batch of a table, and the keys in it, those of tombstones with a minus."""
        manifest = self.night(days, **options)[table]
        key = self.contract[table].key[0]
        return manifest.kind, [("-" if row["_is_deleted"] else "") + row[key] for row in self.rows(manifest)]

    def rows(self, manifest: Manifest) -> list[dict[str, Any]]:
        """The rows of a batch."""
        table = pq.read_table(batch_path(self.state, manifest.table, manifest.stored_batch_id))
        return table.select(
            [name for name in table.column_names if name in (*manifest.columns, "_is_deleted")]
        ).to_pylist()

    def check(self, **options: Any) -> SourceCheck:
        """What `openspm check` is told."""
        return self.open(**options).check(self.contract, self.request())

    def ids(self, name: str) -> list[str]:
        """The ids of an object's records."""
        return [record["Id"] for record in self.org.objects[name]]


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """The secret of the source `crm`."""
    monkeypatch.setenv("OPENSPM_SOURCE_CRM_CLIENT_SECRET", build({}).secrets()["client_secret"])


@pytest.fixture
def company(tmp_path: Path, secrets: None) -> Iterator[SalesforceCompany]:
    """A company whose organisation answers."""
    with FakeServer(build(few_tables()), slow_seconds=3) as server:
        yield SalesforceCompany(tmp_path, server)


__all__ = ["CLIENT_ID", "NOON", "QuickSource", "SalesforceCompany"]
