"""A company folder whose one source is a vendor, and the vendor's fake: what tests of finance systems share."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from openspm.company import load_company
from openspm.contract import load_contract
from openspm.fakes.server import FakeServer
from openspm.landing import Manifest, land, read_manifests
from openspm.landing.manifest import batch_path, newest_by_table
from openspm.settings import load_settings
from openspm.sources import ExtractRequest, SourceCheck, open_source
from openspm.sources.web.session import Patience
from openspm.sources.web.source import WebSource
from tests.sources.same_marts import simulated_tables

# The tables that a finance system gives.
FROM_FINANCE = ("customers", "invoices", "invoice_lines", "payments", "credit_notes")
NOON = datetime.datetime(2026, 6, 1, 12, tzinfo=datetime.UTC)
COMPANY = """id: vendor
name: Vendor GmbH
currency_code: EUR
timezone_name: Europe/Berlin
calendar: {first_year: 2026, last_year: 2026}
"""


class VendorCompany:
    """A company, the vendor that it reads, and what landed of it. Waits have no length."""

    def __init__(self, folder: Path, server: FakeServer, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.server = server
        self.kind = kind
        self.settings = load_settings(folder, {"OPENSPM_HOME": str(folder / "home")})
        self.state = self.settings.state("vendor")
        self.state.claim()
        self.contract = load_contract()
        self.waits: list[float] = []
        for field, value in server.vendor.secrets().items():
            monkeypatch.setenv(f"OPENSPM_SOURCE_BILLING_{field.upper()}", value)
        real = WebSource.patience

        def patience(source: WebSource) -> Patience:
            found = real(source)
            found.wait = self.waits.append
            return found

        monkeypatch.setattr(WebSource, "patience", patience)

    def request(self, days: float = 0, options: Mapping[str, Any] | None = None, **settings: Any) -> ExtractRequest:
        """What a night some days after the first one knows; `only` names the tables that it gives."""
        lines = self.server.vendor.settings(self.server.url)
        block = {
            "name": "billing",
            "kind": self.kind,
            **{name: yaml.safe_load(value) if value.startswith("{") else value for name, value in lines.items()},
            **(options or {}),
        }
        if "only" in block:
            block["leave_out"] = [name for name in FROM_FINANCE if name not in block["only"]]
            del block["only"]
        (self.folder / "company.yml").write_text(COMPANY + yaml.safe_dump({"sources": [block]}))
        newest = newest_by_table(read_manifests(self.state), "billing")
        return ExtractRequest(
            load_company(self.folder),
            self.settings.model_copy(update=settings),
            cursors={name: batch.cursor for name, batch in newest.items() if batch.cursor},
            extracted_at=NOON + datetime.timedelta(days=days),
        )

    def night(self, days: float = 0, full_compare: bool = False, **options: Any) -> dict[str, Manifest]:
        """Land once; gives the manifest of each table."""
        request = self.request(days, options, full_compare=full_compare)
        assert request.extracted_at is not None
        source = open_source(request.company.sources[0])
        contract = request.company.extend(self.contract)
        extracts = source.extract(contract, self.state, request)
        manifests = land(self.state, contract, extracts, source="billing", landed_at=request.extracted_at)
        return {manifest.table: manifest for manifest in manifests}

    def check(self, **options: Any) -> SourceCheck:
        """What `openspm check` is told."""
        request = self.request(0, options)
        return open_source(request.company.sources[0]).check(self.contract, request)

    def rows(self, manifest: Manifest) -> list[dict[str, Any]]:
        """The rows of a batch, with `_is_deleted` where it is true."""
        path = batch_path(self.state, manifest.table, manifest.stored_batch_id)
        rows = pq.read_table(path).select([*manifest.columns, "_is_deleted"]).to_pylist()
        return [{name: value for name, value in row.items() if name != "_is_deleted" or value} for row in rows]

    def raw(self, **options: Any) -> dict[str, list[str]]:
        """Hashes of the archived pages that each table would be made of; nothing is mapped, which is quicker."""
        request = self.request(0, options)
        source = open_source(request.company.sources[0])
        return {
            extract.table: [raw.sha256 for raw in extract.raw_files]
            for extract in source.extract(self.contract, self.state, request)
        }

    def landed(self, **options: Any) -> dict[str, list[dict[str, Any]]]:
        """The rows of a night, by table and in the order of their keys."""
        return {
            table: sorted(self.rows(manifest), key=lambda row: [row[name] for name in self.contract[table].key])
            for table, manifest in self.night(**options).items()
        }


def tables_with_a_credit_note() -> dict[str, pa.Table]:
    """What the micro company's systems have, and a credit note, as it happens to have none."""
    tables = simulated_tables()
    billed = tables["invoices"].to_pylist()[2]
    note = {
        "credit_note_id": "CRN000000001", "invoice_id": billed["invoice_id"], "customer_id": billed["customer_id"],
        "credit_note_date": "2026-05-04", "net_amount": "1000.10", "tax_amount": "190.02",
        "currency_code": billed["currency_code"], "reason_name": "Too much",
    }  # fmt: skip
    columns = tables["credit_notes"].column_names
    tables["credit_notes"] = pa.table({name: pa.array([note[name]], pa.string()) for name in columns})
    return tables


def gone(manifest_rows: Iterator[dict[str, Any]] | list[dict[str, Any]], key: str) -> list[tuple[str, bool]]:
    """The keys of rows, each with whether it is deleted."""
    return [(row[key], row.get("_is_deleted", False)) for row in manifest_rows]
