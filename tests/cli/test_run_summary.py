"""Protects what is printed after a run: the numbers of the publication, and no pay where nobody asked for it.

Without it a scheduler's log, which many people read, holds what each plan paid.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from openspm.cli.run_summary import show, summarise
from openspm.cli.runs import parse_as_of
from openspm.cli.terminal import Screen, as_json
from openspm.errors import UsageError
from openspm.nightly.outcome import RunOutcome
from tests.reports.published_warehouse import PLANTED_PAY


def outcome_of(warehouse: Path) -> RunOutcome:
    """A run that published the warehouse."""
    return RunOutcome(
        run_id="run-2", company_id="demo", status="published", exit_code=0, as_of_date="2026-08-20",
        step_seconds={"land": 1.0, "models": 9.5}, generation_number=2, failures=["one line\nand another"],
        check_counts={"passed": 45, "warned": 2, "failed": 0, "skipped": 1}, paths={"warehouse": str(warehouse)},
    )  # fmt: skip


def test_the_summary_says_what_came_out(warehouse: Path, capsys: pytest.CaptureFixture[str]) -> None:
    outcome = outcome_of(warehouse)
    show(Screen(), outcome, summarise(outcome, True))
    text = capsys.readouterr().out
    assert "Published generation 2, demo, numbers for 2026-08-20" in text
    assert "5,790 in" in text
    assert "45 passed, 2 warned, 0 failed, 1 skipped" in text
    assert "80 % between" in text
    assert "987,654.32  EUR" in text
    assert text.count("openspm query") == 3
    assert "10.5 in all: land 1.0, models 9.5" in text


def test_pay_is_counted_and_not_told_unless_asked_for(warehouse: Path, capsys: pytest.CaptureFixture[str]) -> None:
    outcome = outcome_of(warehouse)
    summary = summarise(outcome, False)
    show(Screen(), outcome, summary)
    for text in (capsys.readouterr().out, json.dumps(summary, default=as_json)):
        assert PLANTED_PAY.split(".")[0] not in text.replace(",", "")
        assert "ae" in text


@pytest.mark.parametrize("sql_number", [0, 1, 2])
def test_the_example_queries_run(sql_number: int, warehouse: Path) -> None:
    from openspm.cli.queries import read_published
    from openspm.cli.run_summary import EXAMPLE_QUERIES

    _, rows = read_published(warehouse, EXAMPLE_QUERIES[sql_number])
    assert rows


def test_a_blocked_run_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    outcome = RunOutcome(run_id="r", company_id="demo", status="blocked", exit_code=3, failures=["deals lost: O1, O2"])
    show(Screen(), outcome, summarise(outcome, True))
    text = capsys.readouterr().out
    assert "Blocked: nothing was published, readers keep what they had" in text
    assert "deals lost: O1, O2" in text
    assert "openspm query" not in text


def test_an_as_of_day_means_its_end_where_the_company_is() -> None:
    assert parse_as_of("2026-03-31", "Europe/Berlin") == datetime(2026, 3, 31, 21, 59, 59, 999999, tzinfo=UTC)
    assert parse_as_of("2026-03-31T18:00", "Europe/Berlin") == datetime(2026, 3, 31, 16, tzinfo=UTC)
    assert parse_as_of("2026-03-31T18:00+05:00", "Europe/Berlin") == datetime(2026, 3, 31, 13, tzinfo=UTC)
    for wrong in ("31.03.2026", "2026-3-31", "2999-01-01", "2999-01-01T00:00"):
        with pytest.raises(UsageError):
            parse_as_of(wrong, "Europe/Berlin")
