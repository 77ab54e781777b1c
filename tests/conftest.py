"""What all tests share: no telemetry, no state but compiled models outside a test's folder, seconds by group."""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from openspm.garbage import collect_rarely
from tests.compiled import COMPILED
from tests.groups import group_scheduler, long_ones_first

os.environ.update(
    COMPILED,
    DO_NOT_TRACK="1",
    DBT_SEND_ANONYMOUS_USAGE_STATS="false",
    GX_ANALYTICS_ENABLED="false",
)

collect_rarely()

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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Say which tests begin."""
    long_ones_first(items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Say which tests stay together on one worker."""
    return group_scheduler(config, log)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
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
