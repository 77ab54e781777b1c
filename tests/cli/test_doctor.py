"""Protects `openspm doctor`: without it a machine with other versions computes other numbers, and nobody is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from openspm.cli import doctor_checks

from .conftest import Openspm


def test_this_machine_is_examined(openspm: Openspm) -> None:
    findings = {entry["name"]: entry for entry in json.loads(openspm("doctor", "--json").out)["findings"]}
    assert set(findings) == {
        "Python", "versions", "locale", "time zones", "state", "disk", "company", "dbt", "telemetry",
    }  # fmt: skip
    assert findings["versions"]["status"] == "ok", findings["versions"]["found"]
    assert findings["telemetry"]["status"] == "ok"


def test_another_version_than_the_locked_one_fails(
    openspm: Openspm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = tmp_path / "requirements.lock"
    lock.write_text(
        "duckdb==0.0.1 \\\n    --hash=sha256:00\nno-such-package==1.0\npywin32==1 ; sys_platform == 'win32'\n"
    )
    monkeypatch.setattr(doctor_checks, "LOCK_FILE", lock)
    ended = openspm("doctor")
    assert ended.exit_code == 1
    assert "(locked: 0.0.1)" in ended.out
    assert "no-such-package absent" in ended.out
    assert "pywin32" not in ended.out


def test_a_setting_that_cannot_be_is_named(openspm: Openspm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENSPM_THREADS", "many")
    ended = openspm("doctor")
    assert ended.exit_code == 1
    assert "OPENSPM_THREADS" in ended.out
