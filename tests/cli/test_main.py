"""Protects the command's manners: it answers at once, errors help, exit codes hold, nothing reports home.

Without it one import at the top of a module makes every `openspm --help` take seconds, a scheduler cannot tell a
blocked night from a broken one, and a user reads a traceback.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from openspm.cli import main as cli_main
from openspm.errors import GateBlocked, Locked, OpenspmError, SourceUnreachable, UsageError

from .conftest import Openspm

HEAVY = {"pydantic", "duckdb", "numpy", "pandas", "pyarrow", "dagster", "rich", "altair", "yaml", "sklearn", "jinja2"}


def test_help_answers_at_once() -> None:
    """Seconds of the processor, the best of five, so that a busy machine does not fail it."""
    seconds = []
    for _ in range(5):
        before = os.times()
        subprocess.run([sys.executable, "-m", "openspm.cli.main", "--help"], check=True, capture_output=True)
        after = os.times()
        seconds.append(after.children_user - before.children_user + after.children_system - before.children_system)
    assert min(seconds) < 0.5


def test_nothing_heavy_is_imported_before_a_command_runs() -> None:
    code = "import sys; import openspm.cli.main; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert not HEAVY & set(loaded)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (OpenspmError("x"), 1), (UsageError("x"), 2), (GateBlocked("x"), 3), (Locked("x"), 4),
        (SourceUnreachable("x"), 5), (RuntimeError("x"), 1), (OSError(28, "No space left on device", "/data/f"), 1),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)  # fmt: skip
def test_every_error_ends_with_its_code_and_without_a_traceback(
    error: Exception, code: int, openspm: Openspm, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise error

    app = typer.Typer()
    app.command("fail")(fail)
    app.command("rest")(lambda: None)
    monkeypatch.setattr(cli_main, "app", app)
    ended = openspm("fail")
    assert ended.exit_code == code
    assert ended.err.startswith("Error: ")
    assert "Traceback" not in ended.err
    with pytest.raises(type(error)):
        cli_main.main(["fail", "--debug"])


def test_an_error_says_what_where_and_what_next(openspm: Openspm, tmp_path: Path) -> None:
    ended = openspm("check", "--company", tmp_path / "absent")
    assert ended.exit_code == 2
    lines = ended.err.splitlines()
    assert lines[0] == "Error: There is no such company folder"
    assert lines[1] == f"  where: {tmp_path / 'absent'}"
    assert lines[2].startswith("  next:  ")


def test_an_error_is_json_where_json_was_asked_for(openspm: Openspm, tmp_path: Path) -> None:
    ended = openspm("check", "--json", "--company", tmp_path / "absent")
    assert json.loads(ended.out)["exit_code"] == ended.exit_code == 2
    assert ended.err == ""


def test_wrong_usage_ends_with_2(openspm: Openspm) -> None:
    assert openspm("nonsense").exit_code == 2
    assert openspm("run", "--nonsense").exit_code == 2
    assert openspm("run", "--as-of", "yesterday").exit_code == 2


def test_the_process_ends_with_the_code_and_all_that_was_said() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "openspm.cli.main", "run", "--as-of", "yesterday"],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert ended.returncode == 2
    assert ended.stderr.startswith("Error: ")
    helped = subprocess.run([sys.executable, "-m", "openspm.cli.main", "--help"], check=True, capture_output=True)
    assert b"Exit codes: 0 done" in helped.stdout


def test_telemetry_is_off_and_files_are_private(openspm: Openspm, tmp_path: Path) -> None:
    openspm("--version")
    assert {os.environ.get("DO_NOT_TRACK"), os.environ.get("DBT_SEND_ANONYMOUS_USAGE_STATS")} == {"1", "false"}
    (tmp_path / "made").write_text("")
    assert (tmp_path / "made").stat().st_mode & 0o777 == 0o600
