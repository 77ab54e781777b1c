"""One company, extracted from files and from QuickBooks Online: the same staged rows, hence the same marts.

Without it a company that moves from exports to QuickBooks itself would be paid differently on the next day.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from openspm.fakes.quickbooks import as_vendor_has_them, build
from openspm.fakes.server import FakeServer
from openspm.sources.quickbooks import client
from tests.sources.same_marts import assert_same_tables, company_with, stage, write_files
from tests.sources.vendor_company import FROM_FINANCE, tables_with_a_credit_note


def test_files_and_quickbooks_give_the_same_staged_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tables = as_vendor_has_them(tables_with_a_credit_note())
    write_files(tmp_path / "data", tables)
    write_files(tmp_path / "others", {name: table for name, table in tables.items() if name not in FROM_FINANCE})
    for side in ("files", "vendor"):
        (tmp_path / side).mkdir()
    monkeypatch.setattr(client, "PAGE_RECORDS", 6)
    by_files = company_with(tmp_path / "by_files", "{name: simulated, kind: files, path: ../data}")
    vendor = build(tables_with_a_credit_note())
    for field, value in vendor.secrets().items():
        monkeypatch.setenv(f"OPENSPM_SOURCE_BILLING_{field.upper()}", value)
    with FakeServer(vendor) as server:
        block = vendor.settings(server.url).items()
        lines = ", ".join(f"{name}: {value if value[0] == '{' else repr(value)}" for name, value in block)
        by_vendor = company_with(
            tmp_path / "by_vendor",
            "{name: others, kind: files, path: ../others}",
            f"{{name: billing, kind: quickbooks, {lines}}}",
        )
        staged = stage(by_vendor, tmp_path / "vendor")
    counts = assert_same_tables(stage(by_files, tmp_path / "files"), staged)
    assert counts["stg_finance__invoices"] > 10
    assert counts["stg_finance__credit_notes"] > 0
    assert counts["fct_quarantined_records"] == 0
