"""Protects `openspm run` as a scheduler sees it: its exit code, one JSON document, the files that it names.

Without it a night that published nothing ends with 0, or a log line in front of the JSON breaks who reads it.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from openspm.settings import load_settings
from openspm.warehouse.lock import hold_lock
from tests.faults.micro_runs import two_nights_below

from .conftest import Openspm


@pytest.mark.timeout(300)
def test_a_night_ends_with_one_json_document_and_the_files_that_it_names(
    openspm: Openspm, checkout: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first of the two nights; tests.cli.test_main looks at how a process ends."""
    nights = two_nights_below(tmp_path_factory.getbasetemp())
    summary = json.loads(nights.printed[0].read_text())
    assert (summary["status"], summary["exit_code"], summary["company_id"]) == ("published", 0, "micro")
    assert summary["rows"]["rows_in"] > 2000
    assert {"land", "models", "publish", "report"} <= set(summary["step_seconds"])
    for name in ("warehouse", "open_warehouse", "report", "record"):
        path = Path(summary["paths"][name])
        assert path.is_file()
        assert path.stat().st_mode & 0o077 == 0, f"others may read {path.name}"
    assert summary["payouts"]
    assert not any("amount" in key for row in summary["payouts"] for key in row), "pay was told unasked"
    assert "Micro Instruments" in Path(summary["paths"]["report"]).read_text()
    monkeypatch.setenv("OPENSPM_HOME", str(nights.home))
    told = openspm("plan", "explain", "EMP00001", "2026-05", "-c", checkout / "examples" / "micro")
    assert told.out.startswith("EMP00001, 2026-05, plan "), told.err


def test_a_second_run_at_the_same_time_ends_with_4_and_says_who_holds_the_lock(
    openspm: Openspm, home: Path, checkout: Path
) -> None:
    company = checkout / "examples" / "micro"
    with hold_lock(load_settings(company).state("micro"), "run 20260101T000000Z-test"):
        ended = openspm("run", "--company", company)
    assert ended.exit_code == 4
    assert "run 20260101T000000Z-test" in ended.err


@pytest.mark.timeout(300)
def test_a_run_names_every_fault_of_its_plans(openspm: Openspm, checkout: Path, tmp_path: Path) -> None:
    """Without it a night that pays nobody says how many faults there are, and only the first one's line."""
    company = tmp_path / "micro"
    shutil.copytree(checkout / "examples" / "micro", company)
    plan = next(path for path in sorted((company / "plans").glob("*.yml")) if not path.name.endswith(".cases.yml"))
    lines = plan.read_text().splitlines()
    plan.write_text("\n".join([*lines, "colour: blue", "mood: fine"]) + "\n")
    ended = openspm("run", "--company", company)
    assert ended.exit_code == 1
    for number, name in enumerate(("colour", "mood"), start=len(lines) + 1):
        assert f"{plan.name}:{number}: {name}" in ended.err, ended.err
