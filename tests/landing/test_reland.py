"""Archived files through a new mapping. Without it only files that still lie there could be mended."""

from __future__ import annotations

import datetime
from pathlib import Path

import duckdb
import pytest

from openspm.company import Company, load_company
from openspm.contract import load_contract
from openspm.errors import UsageError
from openspm.landing import RunIdentity, land_source, read_manifests, register
from openspm.landing.reland import reland
from openspm.settings import Settings, StatePaths, load_settings
from tests.landing.staging_sql import NOON

COMPANY = """
id: again
name: Again
currency_code: EUR
timezone_name: Europe/Berlin
calendar: {first_year: 2026, last_year: 2026}
sources:
  - name: crm
    kind: files
    path: data
    deltas: [accounts]
    relations: {deals: "deals*.csv", accounts: "accounts*.csv"}
"""
MAPPING = "select id as opportunity_id, stage as stage_name, _file, _row from deals"
MINUTE = datetime.timedelta(minutes=1)


@pytest.fixture
def company(tmp_path: Path) -> Company:
    """A company with one mapped and one direct table."""
    (tmp_path / "company.yml").write_text(COMPANY, encoding="utf-8")
    (tmp_path / "data").mkdir()
    (tmp_path / "sources" / "crm").mkdir(parents=True)
    write_mapping(tmp_path, MAPPING)
    (tmp_path / "data" / "deals.csv").write_text("id,stage,amount\na,Won,1\nb,Test,2\n", encoding="utf-8")
    (tmp_path / "data" / "accounts.csv").write_text("account_id,account_name\nx,X\n", encoding="utf-8")
    return load_company(tmp_path)


def write_mapping(folder: Path, sql: str) -> None:
    """Write the mapping of opportunities."""
    (folder / "sources" / "crm" / "opportunities.sql").write_text(sql, encoding="utf-8")


def opened(company: Company) -> tuple[Settings, StatePaths]:
    """Settings and state."""
    settings = load_settings(company.folder, {"OPENSPM_HOME": str(company.folder / "home")})
    return settings, settings.state(company.id)


def land(company: Company, minutes: int = 0) -> None:
    """Land the source."""
    settings, state = opened(company)
    land_source(settings, state, company, load_contract(), "crm", NOON + minutes * MINUTE)


def current(company: Company, table: str, columns: str) -> list[tuple[object, ...]]:
    """The rows of a table that count."""
    _, state = opened(company)
    with duckdb.connect() as connection:
        register(connection, state, load_contract(), company, NOON + 60 * MINUTE, RunIdentity("r", "v"))
        return connection.execute(f"select {columns} from landing.{table} where _is_current order by all").fetchall()


def test_archived_files_land_through_the_mapping_of_today(company: Company) -> None:
    land(company)
    (company.folder / "data" / "deals.csv").unlink()
    write_mapping(company.folder, MAPPING.replace("_file", "amount as deal_amount, _file") + " where stage <> 'Test'")
    settings, state = opened(company)
    manifests = reland(settings, state, company, "crm", NOON + MINUTE)
    by_table = {manifest.table: manifest for manifest in manifests}
    assert by_table["accounts"].same_as_batch_id is not None or by_table["accounts"].kind == "full"
    assert by_table["opportunities"].filtered_count == 1
    assert by_table["opportunities"].mapping_sha256 is not None
    assert current(company, "opportunities", "opportunity_id, deal_amount, _file, _row") == [("a", "1", "deals.csv", 1)]
    assert read_manifests(state)[0].batch_id == "0000000001"


def test_deltas_are_replayed_in_their_order(company: Company) -> None:
    land(company)
    path = company.folder / "data" / "accounts.csv"
    path.write_text("account_id,account_name\nx,X2\ny,Y\n", encoding="utf-8")
    land(company, 1)
    settings, state = opened(company)
    replayed = reland(settings, state, company, "crm", NOON + 2 * MINUTE)
    assert [manifest.kind for manifest in replayed if manifest.table == "accounts"] == ["full", "delta"]
    assert current(company, "accounts", "_batch_sequence, account_name") == [
        (manifest.batch_sequence, name)
        for manifest, name in zip(
            [manifest for manifest in replayed if manifest.table == "accounts" for _ in range(manifest.row_count)],
            ["X", "X2", "Y"],
            strict=True,
        )
    ]


def test_nothing_changes_with_an_unchanged_mapping(company: Company) -> None:
    land(company)
    settings, state = opened(company)
    before = current(company, "opportunities", "opportunity_id, _batch_id")
    reland(settings, state, company, "crm", NOON + MINUTE)
    assert current(company, "opportunities", "opportunity_id, _batch_id") == before


def test_only_sources_with_files_have_an_archive(company: Company) -> None:
    settings, state = opened(company)
    assert reland(settings, state, company, "crm", NOON) == []
    with pytest.raises(UsageError):
        reland(settings, state, company, "company", NOON)
