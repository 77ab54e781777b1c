"""`plan diff` names what pays differently and nothing else.

Without this a renamed switch or a tier put in front would bury the one rate that changed, and finance would sign it.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from openspm.company import load_company
from openspm.errors import UsageError
from openspm.plans.diff import plan_diff


@pytest.fixture
def folder(checkout: Path, tmp_path: Path) -> Path:
    """The demo's company folder, to be changed."""
    return Path(shutil.copytree(checkout / "examples" / "demo", tmp_path / "demo"))


def differences(folder: Path, before: str, after: str) -> list[str]:
    """The differences as a person reads them."""
    return [str(change) for change in plan_diff(load_company(folder), before, after)]


def changed(folder: Path, old: str, new: str) -> str:
    """A copy of the AE plan with one thing changed, outside of the plans folder."""
    text = (folder / "plans" / "ae_commission.yml").read_text(encoding="utf-8")
    assert old in text
    path = folder / "changed.yml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    return str(path)


def test_a_plan_does_not_differ_from_itself(folder: Path) -> None:
    """Neither by id nor by file."""
    assert not differences(folder, "ae_commission", str(folder / "plans" / "ae_commission.yml"))


def test_a_changed_rate_is_one_difference(folder: Path) -> None:
    """Named by its tier."""
    path = changed(folder, "rate: 9 %", "rate: 10 %")
    assert differences(folder, "ae_commission:1", path) == [
        "  components.new_business.curve.tiers[100 %].rate: 0.09 -> 0.1"
    ]


def test_a_tier_put_in_front_of_another_leaves_the_others_alone(folder: Path) -> None:
    """Items are told apart by what they are, not by where they stand."""
    path = changed(folder, "- {from: 100 %,", "- {from: 50 %, rate: 7 %}\n        - {from: 100 %,")
    found = differences(folder, "ae_commission", path)
    assert found
    assert all("tiers[50 %]" in difference and difference.startswith("+") for difference in found)


def test_a_switch_counts_where_it_holds(folder: Path) -> None:
    """Written in the plan as the company has it, it changes nothing; another choice is a difference."""
    same = changed(folder, "pay_every: month", "pay_every: month\nconventions: {rounding: half_up}")
    assert not differences(folder, "ae_commission", same)
    other = changed(folder, "pay_every: month", "pay_every: month\nconventions: {rounding: down}")
    assert differences(folder, "ae_commission", other) == [
        "  components.new_business.switches.rounding: half_up -> down"
    ]


def test_an_unknown_plan_is_told_with_those_that_exist(folder: Path) -> None:
    """By id, by version and by file."""
    for name in ("ae_comission", "ae_commission:9", "nowhere.yml"):
        with pytest.raises(UsageError) as told:
            differences(folder, "ae_commission", name)
        assert "ae_commission:1" in str(told.value) or name == "nowhere.yml"
