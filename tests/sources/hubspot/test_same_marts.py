"""One company, extracted from files and from HubSpot: the same staged rows, hence the same marts.

Without it a company that moves from exports to its CRM would be paid differently on the next day.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from openspm.fakes.hubspot import GIVEN, as_vendor_has_them, build
from openspm.fakes.hubspot_portal import TOKEN
from openspm.fakes.server import FakeServer
from tests.sources import same_marts


@pytest.mark.parametrize(
    "made", [same_marts.stage, pytest.param(same_marts.build, marks=pytest.mark.faults)], ids=["staged", "marts"]
)
def test_files_and_hubspot_give_the_same_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: same_marts.Made
) -> None:
    monkeypatch.setenv("OPENSPM_SOURCE_CRM_TOKEN", TOKEN)
    tables = same_marts.simulated_tables()
    portal = build(tables)
    held = as_vendor_has_them(tables)
    for side in ("files", "hubspot"):
        (tmp_path / side).mkdir()
    same_marts.write_files(tmp_path / "crm", {name: held[name] for name in GIVEN})
    same_marts.write_files(tmp_path / "others", {name: table for name, table in held.items() if name not in GIVEN})
    others = "{name: others, kind: files, path: ../others}"
    by_files = same_marts.company_with(tmp_path / "by_files", "{name: crm, kind: files, path: ../crm}", others)
    with FakeServer(portal) as server:
        lines = ", ".join(f"{name}: {value}" for name, value in portal.settings(server.url).items())
        by_hubspot = same_marts.company_with(tmp_path / "by_hubspot", f"{{name: crm, kind: hubspot, {lines}}}", others)
        candidate = made(by_hubspot, tmp_path / "hubspot")
    counts = same_marts.assert_same_tables(made(by_files, tmp_path / "files"), candidate)
    assert counts["stg_crm__opportunity_stages"] > 0
    assert counts["fct_landed_rows"] > 20
    assert counts["fct_quarantined_records"] == 0
