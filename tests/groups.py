"""Which tests stay together on one of two workers, and which of them begin.

Tests of one file share what the file makes once, and those of some folders what the folder does: apart, both workers
would make it. Groups that take long come first, so that no worker is left with one of them in the end.
"""

import pytest

# Folders of tests/ with a fixture of all their files.
FOLDERS = ("landing", "ml", "sources/simulated")
LONGEST_FIRST = (
    "micro_runs",
    "gate",
    "models",
    "tests/pay/test_against_reference.py",
    "tests/pay/test_laws.py",
    "tests/landing",
    "tests/examples/test_x_education.py",
    "tests/ml",
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
    "browser",
)


def group_and_order(items: list[pytest.Item]) -> None:
    """Give every test a group, and put the tests of long ones in front."""
    names = {}
    for item in items:
        marker = item.get_closest_marker("xdist_group")
        names[item] = _place(item) if marker is None else str(marker.args[0])
        if marker is None:
            item.add_marker(pytest.mark.xdist_group(names[item]))
    ranks = {name: rank for rank, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: ranks.get(names[item], len(ranks)))


def _place(item: pytest.Item) -> str:
    """The file of a test, or the folder that it shares a fixture with."""
    file = item.nodeid.split("::", 1)[0]
    return next((f"tests/{folder}" for folder in FOLDERS if file.startswith(f"tests/{folder}/")), file)
