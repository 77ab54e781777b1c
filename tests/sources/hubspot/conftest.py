"""A small portal, a company that reads it, and what landed of it."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from openspm.company import load_company
from openspm.contract import load_contract
from openspm.fakes.hubspot_portal import TOKEN, Portal
from openspm.fakes.server import FakeAnswer, FakeRequest, FakeServer
from openspm.landing import Manifest, land, read_manifests
from openspm.landing.manifest import batch_path, newest_by_table
from openspm.settings import load_settings
from openspm.sources import ExtractRequest, SourceCheck
from openspm.sources.hubspot.client import HubSpotClient
from openspm.sources.hubspot.settings import HubSpotSourceSettings
from openspm.sources.hubspot.source import HubSpotSource
from openspm.sources.web.source import Client

NOON = datetime.datetime(2026, 6, 1, 12, tzinfo=datetime.UTC)
TABLES = (
    "accounts", "contacts", "leads", "opportunities", "opportunity_stages", "opportunity_lines", "products",
    "activities", "users",
)  # fmt: skip
COMPANY = """id: acme
name: Acme
currency_code: EUR
timezone_name: Europe/Berlin
calendar: {first_year: 2026, last_year: 2026}
"""


def at(hour: int, day: int = 20) -> str:
    """A time in May as HubSpot words it."""
    return f"2026-05-{day:02d}T{hour:02d}:00:00.000Z"


def deal(portal: Portal, number: int, hour: int, **properties: str | None) -> None:
    """Make or change a deal of user 501."""
    portal.put("deals", str(number), at(hour), properties, user="501")


def small_portal() -> Portal:
    """Two owners, one of them archived; two companies; seven deals."""
    portal = Portal()
    portal.pipelines["deals"] = [
        {"id": "default", "label": "Sales", "stages": [{"id": "s1", "label": "Open"}, {"id": "s2", "label": "Won"}]}
    ]
    for owner, user, is_archived in (("71", 501, False), ("72", 502, True)):
        portal.owners.append({
            "id": owner, "email": f"{owner}@acme.example", "firstName": "Zoë", "lastName": owner,
            "userId": None if is_archived else user, "userIdIncludingInactive": user, "archived": is_archived,
            "teams": [{"id": "9", "name": "North", "primary": True}],
        })  # fmt: skip
    for company in ("91", "92"):
        portal.put("companies", company, at(1), {"name": f"Firm {company}", "industry": "IT"})
    portal.properties["companies"]["industry"] = {"IT": "Computers & Software"}
    for number in range(1, 8):
        deal(
            portal, number, number, dealname=f"Deal {number}", dealstage="s1", pipeline="default", amount="100.10",
            deal_currency_code="EUR", createdate=at(number), closedate="2026-03-31T22:30:00Z", dealtype="newbusiness",
        )  # fmt: skip
        portal.associate(("deals", str(number)), ("companies", "91"))
    return portal


class HubSpotCompany:
    """A company with one portal."""

    def __init__(self, folder: Path, server: FakeServer, portal: Portal) -> None:
        (folder / "company.yml").write_text(COMPANY)
        self.company = load_company(folder)
        self.server = server
        self.portal = portal
        self.settings = load_settings(folder, {"OPENSPM_HOME": str(folder / "home")})
        self.state = self.settings.state("acme")
        self.state.claim()
        self.contract = load_contract()
        self.waits: list[float] = []

    def request(self, days: int = 0, full_compare: bool = False) -> ExtractRequest:
        """What a night some days after the first one knows."""
        newest = newest_by_table(read_manifests(self.state), "crm")
        return ExtractRequest(
            self.company,
            self.settings.model_copy(update={"full_compare": full_compare}),
            cursors={name: batch.cursor for name, batch in newest.items() if batch.cursor},
            extracted_at=NOON + datetime.timedelta(days=days),
        )

    def open(self, only: tuple[str, ...] = TABLES, **options: Any) -> HubSpotSource:
        """The source; its waits take no time."""
        options.setdefault("url", self.server.url)
        options["leave_out"] = [name for name in TABLES if name not in only]
        source = HubSpotSource(HubSpotSourceSettings(name="crm", kind="hubspot", **options))
        connect = source.connect

        def connected(*arguments: Any) -> Client:
            client = connect(*arguments)
            assert isinstance(client, HubSpotClient)
            client.session.patience.wait = self.waits.append
            return client

        source.connect = connected  # type: ignore[method-assign]
        return source

    def night(self, days: int = 0, full_compare: bool = False, **options: Any) -> dict[str, Manifest]:
        """Land once; gives the manifest of each table."""
        request = self.request(days, full_compare)
        assert request.extracted_at is not None
        extracts = self.open(**options).extract(self.contract, self.state, request)
        manifests = land(self.state, self.contract, extracts, source="crm", landed_at=request.extracted_at)
        return {manifest.table: manifest for manifest in manifests}

    def check(self, **options: Any) -> SourceCheck:
        """What `openspm check` is told."""
        return self.open(**options).check(self.contract, self.request())

    def rows(self, manifest: Manifest) -> list[dict[str, Any]]:
        """The rows of a batch, as they were stored."""
        table = pq.read_table(batch_path(self.state, manifest.table, manifest.stored_batch_id))
        columns = [name for name in table.column_names if name in (*manifest.columns, "_is_deleted")]
        rows: list[dict[str, Any]] = table.select(columns).to_pylist()
        return rows

    def deals(self, days: int = 0, **options: Any) -> tuple[str, dict[str, bool]]:
        """Land deals alone: the kind of the batch, and whether each deal in it is deleted."""
        manifest = self.night(days, only=("opportunities",), **options)["opportunities"]
        return manifest.kind, {row["opportunity_id"]: row["_is_deleted"] for row in self.rows(manifest)}

    def between(self, number: int, path: str, act: Callable[[], None]) -> None:
        """Do something in the portal after some requests whose path ends so."""
        answer = self.portal.answer
        count = 0

        def counted(request: FakeRequest) -> FakeAnswer:
            nonlocal count
            answered = answer(request)
            if request.path.endswith(path) and request.query.get("limit") != "1" and b'"limit": 1}' not in request.body:
                count += 1
                if count == number:
                    act()
            return answered

        self.portal.answer = counted  # type: ignore[method-assign]


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubSpotCompany]:
    """A company whose portal answers; its pages are short."""
    monkeypatch.setenv("OPENSPM_SOURCE_CRM_TOKEN", TOKEN)
    portal = small_portal()
    portal.most_records = 3
    with FakeServer(portal, slow_seconds=3) as server:
        yield HubSpotCompany(tmp_path, server, portal)
