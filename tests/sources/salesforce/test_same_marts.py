"""One company, extracted from files and from Salesforce: the same staged rows, hence the same marts.

Without it a company that moves from exports to its CRM would be paid differently on the next day.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from openspm.fakes.salesforce import as_vendor_has_them, build
from openspm.fakes.salesforce_company import TABLE_PREFIXES
from openspm.fakes.server import FakeServer
from tests.sources import same_marts
from tests.sources.same_marts import Made, assert_same_tables, company_with, simulated_tables, write_files


@pytest.mark.parametrize(
    "made", [same_marts.stage, pytest.param(same_marts.build, marks=pytest.mark.faults)], ids=["staged", "marts"]
)
def test_files_and_salesforce_give_the_same_rows(tmp_path: Path, secrets: None, made: Made) -> None:
    tables = as_vendor_has_them(simulated_tables())
    write_files(tmp_path / "data", tables)
    write_files(tmp_path / "rest", {name: rows for name, rows in tables.items() if name not in TABLE_PREFIXES})
    for side in ("files", "salesforce"):
        (tmp_path / side).mkdir()
    organisation = build(tables)
    organisation.page_size = 50
    with FakeServer(organisation) as server:
        lines = "".join(f", {name}: {value}" for name, value in organisation.settings(server.url).items())
        # The history of stages is read by a Bulk job, all else page by page.
        by_salesforce = company_with(
            tmp_path / "by_salesforce",
            f"{{name: crm, kind: salesforce, bulk_threshold: 200, bulk_page_records: 100, poll_seconds: 0.01{lines}}}",
            "{name: others, kind: files, path: ../rest}",
        )
        by_files = company_with(tmp_path / "by_files", "{name: simulated, kind: files, path: ../data}")
        ours = made(by_salesforce, tmp_path / "salesforce")
        asked = server.requests
    assert any("/jobs/query" in request for request in asked)
    assert not any(json.dumps(organisation.secrets()["client_secret"]) in request for request in asked)
    counts = assert_same_tables(made(by_files, tmp_path / "files"), ours)
    assert counts["stg_crm__opportunity_stages"] > 200
    assert counts["fct_landed_rows"] > 20
    assert counts["fct_quarantined_records"] == 0
