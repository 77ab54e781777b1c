"""Protects `openspm run` as a scheduler sees it: its exit code, one JSON document, the files that it names.

Without it a night that published nothing ends with 0, or a log line in front of the JSON breaks who reads it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from openspm.settings import load_settings
from openspm.warehouse.lock import hold_lock

from .conftest import Openspm


def run_in_a_process(home: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    """The command as a scheduler starts it: no terminal, an own process."""
    return subprocess.run(
        [sys.executable, "-m", "openspm.cli.main", *map(str, words)],
        env={**os.environ, "OPENSPM_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )


@pytest.mark.timeout(300)
def test_a_night_ends_with_one_json_document_and_the_files_that_it_names(home: Path, checkout: Path) -> None:
    ended = run_in_a_process(home, "run", "--json", "--company", checkout / "examples" / "micro")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    summary = json.loads(ended.stdout)
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
    told = run_in_a_process(home, "plan", "explain", "EMP00001", "2026-05", "-c", checkout / "examples" / "micro")
    assert told.stdout.startswith("EMP00001, 2026-05, plan "), told.stderr


def test_a_second_run_at_the_same_time_ends_with_4_and_says_who_holds_the_lock(
    openspm: Openspm, home: Path, checkout: Path
) -> None:
    company = checkout / "examples" / "micro"
    with hold_lock(load_settings(company).state("micro"), "run 20260101T000000Z-test"):
        ended = openspm("run", "--company", company)
    assert ended.exit_code == 4
    assert "run 20260101T000000Z-test" in ended.err
