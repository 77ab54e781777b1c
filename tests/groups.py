"""Which tests stay together on one of two workers, and which of them begin.

Tests of one file share what the file makes once, and those of some folders what all of them read: apart, both workers
would make it. Groups that take long come first, so that no worker is left with one of them in the end.

pytest-xdist has marks for this, which it writes into the ids of tests; since version 9 pytest does not read them there,
and tests with a mark went to both workers. So groups are made of paths.
"""

from typing import Any

import pytest

# What shares more than a file, by the beginnings of its paths.
SHARED = {
    "micro_runs": ("tests/faults/", "tests/orchestration/", "tests/cli/test_runs.py"),
    "gate": ("tests/expectations/",),
    "models": ("tests/models/",),
    "landing": ("tests/landing/",),
    "ml": ("tests/ml/",),
    "postgresql": ("tests/sources/sql/",),
    "simulated": ("tests/sources/simulated/",),
}
LONGEST_FIRST = (
    "micro_runs",
    "gate",
    "models",
    "tests/pay/test_against_reference.py",
    "tests/pay/test_laws.py",
    "landing",
    "tests/examples/test_x_education.py",
    "ml",
    "tests/examples/test_demo.py",
    "postgresql",
    "tests/warehouse/test_generations.py",
    "tests/nightly/test_night.py",
    "tests/plans/test_scenarios.py",
    "tests/cli/test_plan_scenarios.py",
    "tests/examples/test_adventureworks.py",
    "tests/reports/test_forecast_report.py",
    "tests/pay/test_exactness.py",
    "tests/plans/test_cases.py",
    "tests/reports/test_report_in_browser.py",
)


def group_of(test: str) -> str:
    """The group of a test, by its id."""
    file = test.split("::", 1)[0]
    return next((name for name, paths in SHARED.items() if file.startswith(paths)), file)


def long_ones_first(items: list[pytest.Item]) -> None:
    """Put the tests of long groups in front."""
    ranks = {name: rank for rank, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: ranks.get(group_of(item.nodeid), len(ranks)))


def group_scheduler(config: pytest.Config, log: Any) -> Any:
    """What gives whole groups to workers, in the order of the tests."""
    from xdist.scheduler import LoadScopeScheduling

    class GroupScheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return group_of(nodeid)

    config.option.loadscopereorder = False
    return GroupScheduling(config, log)
