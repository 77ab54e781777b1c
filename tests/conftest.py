"""What all tests share: no telemetry, no state but compiled models outside a test's folder, seconds by group."""

from __future__ import annotations

import os
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from openspm.garbage import collect_rarely
from tests.compiled import COMPILED
from tests.groups import group_scheduler, long_ones_first
from tests.temporary_files import give_memory_back, keep_in_memory

os.environ.update(
    COMPILED,
    DO_NOT_TRACK="1",
    DBT_SEND_ANONYMOUS_USAGE_STATS="false",
    GX_ANALYTICS_ENABLED="false",
)

collect_rarely()
keep_in_memory()

STARTED = time.monotonic()
CHECKOUT = Path(__file__).resolve().parent.parent
PUBLIC_DATA = CHECKOUT.parent / "shared" / "data"


@pytest.fixture(scope="session")
def checkout() -> Path:
    """The root of the project."""
    return CHECKOUT


@pytest.fixture(scope="session")
def public_data() -> Path:
    """The folder of public data beside the checkout; a test that asks for it skips where it is absent."""
    if not PUBLIC_DATA.is_dir():
        pytest.skip(
            f"public data is absent: expected it in {PUBLIC_DATA.relative_to(CHECKOUT.parent)} beside the checkout"
        )
    return PUBLIC_DATA


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a target of the Makefile say how long it may take."""
    parser.addoption("--budget", type=float, help="minutes that all tests may take on two idle cores; they are printed")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Say which tests begin."""
    long_ones_first(items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Say which tests stay together on one worker; long ones, asked for with `--dist worksteal`, need not."""
    return None if config.option.dist == "worksteal" else group_scheduler(config, log)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Leave no files in memory, unless a test failed that left them."""
    if not session.testsfailed:
        give_memory_back()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the seconds by group (folder below tests/), so that a group that outgrows its share is seen."""
    seconds: dict[str, float] = defaultdict(float)
    counts: dict[str, int] = defaultdict(int)
    for reports in terminalreporter.stats.values():
        for report in reports:
            if not isinstance(report, pytest.TestReport):
                continue
            parts = report.nodeid.split("::", 1)[0].split("/")
            group = parts[1] if len(parts) > 2 else "tests"
            seconds[group] += report.duration
            counts[group] += report.when == "call"
    if not seconds:
        return
    terminalreporter.section("seconds by group")
    for group, total in sorted(seconds.items(), key=lambda item: -item[1]):
        terminalreporter.write_line(f"{total:8.1f} s  {counts[group]:5d} tests  {group}")
    if config.option.budget:
        minutes = (time.monotonic() - STARTED) / 60
        terminalreporter.write_line(f"{minutes:.1f} of {config.option.budget:g} minutes, meant for two idle cores")
