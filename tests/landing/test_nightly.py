"""A night's landing as a whole. If what a company takes out of its folder stayed in force, people would be paid by
plans and quotas that were withdrawn."""

from __future__ import annotations

import datetime
import shutil
from pathlib import Path

import duckdb
import pytest

from openspm.company import Company, load_company
from openspm.contract import load_contract
from openspm.errors import SourceUnreachable
from openspm.landing import RunIdentity, land_all, read_manifests, register
from openspm.settings import Settings, StatePaths, load_settings
from tests.landing.staging_sql import NOON

COMPANY = """
id: night
name: Night
currency_code: EUR
timezone_name: Europe/Berlin
calendar: {first_year: 2026, last_year: 2026}
sources:
  - {name: crm, kind: files, path: data}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A company with one file of accounts and two planning tables."""
    (tmp_path / "company.yml").write_text(COMPANY, encoding="utf-8")
    for name, content in (
        ("data/accounts.csv", "account_id,account_name\nx,X\n"),
        ("planning/stage_map.csv", "stage_name,stage_code,stage_order,stage_status_code\nWon,won,1,won\n"),
        (
            "planning/goals.csv",
            "rule_set_id,goal_id,subject_kind_code,subject_id,kpi_code,calendar_id,period_id,goal_value\n"
            "live,g,company,night,won_value,company,2026,1000\n",
        ),
    ):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return tmp_path


def opened(folder: Path) -> tuple[Company, Settings, StatePaths]:
    """The company as its folder is now."""
    company = load_company(folder)
    settings = load_settings(folder, {"OPENSPM_HOME": str(folder / "home")})
    return company, settings, settings.state(company.id)


def counts(folder: Path, minutes: int) -> dict[str, int]:
    """Land after some minutes, and count the rows that a run is shown."""
    company, settings, state = opened(folder)
    at = NOON + minutes * datetime.timedelta(minutes=1)
    land_all(settings, state, company, load_contract(), at)
    return shown(folder, minutes)


def shown(folder: Path, minutes: int) -> dict[str, int]:
    """The rows that a run as of some minutes after noon is shown, of a few tables."""
    company, _, state = opened(folder)
    at = NOON + minutes * datetime.timedelta(minutes=1)
    with duckdb.connect() as connection:
        register(connection, state, load_contract(), company, at, RunIdentity("r", "v"))
        return {
            table: connection.execute(f"select count(*) from landing.{table} where _is_current").fetchall()[0][0]
            for table in ("accounts", "stage_map", "goals", "company_settings", "calendars")
        }


def test_sources_planning_and_settings_land_together(folder: Path) -> None:
    assert counts(folder, 0) == {"accounts": 1, "stage_map": 1, "goals": 1, "company_settings": 1, "calendars": 19}


def test_a_planning_table_that_was_taken_out_is_gone_from_then_on(folder: Path) -> None:
    counts(folder, 0)
    (folder / "planning" / "goals.csv").unlink()
    assert counts(folder, 1)["goals"] == 0
    assert counts(folder, 1)["stage_map"] == 1
    assert shown(folder, 0)["goals"] == 1
    shutil.rmtree(folder / "planning")
    assert counts(folder, 2)["stage_map"] == 0
    _, _, state = opened(folder)
    empty = [manifest.table for manifest in read_manifests(state) if not manifest.row_count]
    counts(folder, 3)
    assert [manifest.table for manifest in read_manifests(state) if not manifest.row_count] == empty


def test_a_source_that_is_no_longer_named_is_gone_and_one_without_its_file_is_not(folder: Path) -> None:
    counts(folder, 0)
    (folder / "data" / "accounts.csv").unlink()
    assert counts(folder, 1)["accounts"] == 1
    (folder / "company.yml").write_text(COMPANY.split("sources:")[0], encoding="utf-8")
    assert counts(folder, 2)["accounts"] == 0


def test_a_folder_that_is_not_there_says_so(folder: Path) -> None:
    shutil.rmtree(folder / "data")
    with pytest.raises(SourceUnreachable) as caught:
        counts(folder, 0)
    assert caught.value.exit_code == 5
    assert str(folder / "data") in str(caught.value.where)
