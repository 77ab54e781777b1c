"""A plan that could be read in two ways, or that says what this version does not pay, is refused with its line.

Without this a switch left open would pay by accident, and a cap that nobody computes would be believed.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

import openspm.plans
from openspm.plans.load import check_plans
from openspm.plans.reading import Document, read_document
from openspm.plans.refusals import OTHER_WORDS
from openspm.plans.switches import SWITCHES, Conventions

ALL_SWITCHES = {
    "boundary": "upper",
    "rounding": "half_up",
    "rounding_scope": "each_line",
    "catch_up": "crossing_event",
    "reversal_window": "origin",
    "negative_total": "first_tier",
    "below_first": "zero",
    "above_last": "extend",
    "interior_gap": "error",
    "plan_version_change": "continue",
    "split_tolerance": "0",
}


def plan(**component: Any) -> dict[str, Any]:
    """A plan with one component, changed in some keys."""
    curve = {"style": "marginal", "over": "amount", "tiers": [{"from": 0, "rate": "5 %"}]}
    base = {"component_id": "sales", "name": "Sales", "event": "booking", "window": "quarter"}
    return {
        "plan_id": "example",
        "version": 1,
        "name": "Example",
        "valid_from": "2026-01-01",
        "currency": "EUR",
        "components": [base | {"credits": [{"to": "seller"}], "curve": curve} | component],
    }


def faults(*plans: dict[str, Any], switches: dict[str, str] | None = None) -> str:
    """The faults of plans as a person sees them."""
    documents: list[Document] = [
        read_document(Path(f"plan{number}.yml"), yaml.safe_dump(each, sort_keys=False))
        for number, each in enumerate(plans)
    ]
    conventions = Conventions.model_validate(ALL_SWITCHES if switches is None else switches)
    return "\n".join(str(fault) for fault in check_plans(documents, conventions)[1])


TIERS = {"style": "retroactive", "over": "amount", "tiers": [{"from": 20, "to": 50, "rate": 0.1}]}
MATTERS = {
    "boundary": plan(curve=TIERS),
    "rounding": plan(),
    "rounding_scope": plan(),
    "catch_up": plan(curve=TIERS),
    "reversal_window": plan(event="invoice"),
    "negative_total": plan(),
    "below_first": plan(curve=TIERS),
    "above_last": plan(curve=TIERS),
    "interior_gap": plan(curve=TIERS | {"tiers": [{"from": 0, "to": 5, "rate": 0.1}, {"from": 9, "rate": 0.2}]}),
    "split_tolerance": plan(),
}


@pytest.mark.parametrize("name", sorted(MATTERS))
def test_a_switch_that_matters_must_be_set(name: str) -> None:
    """And the choices are named, with the line of the component."""
    left = {key: value for key, value in ALL_SWITCHES.items() if key != name}
    text = faults(MATTERS[name], switches=left)
    assert f"plan0.yml:7: sales: the switch {name} matters here" in text
    switch = next(switch for switch in SWITCHES if switch.name == name)
    assert all(choice in text for choice in switch.choices)


def test_a_switch_that_does_not_matter_may_stay_open() -> None:
    """A marginal plan of bookings needs four switches and no more."""
    needed = ("rounding", "rounding_scope", "negative_total", "split_tolerance")
    assert not faults(plan(), switches={name: ALL_SWITCHES[name] for name in needed})


def test_several_versions_need_their_switch() -> None:
    """What a new version does inside a window is a switch of its own."""
    first, second = plan() | {"valid_to": "2026-06-30"}, plan() | {"version": 2, "valid_from": "2026-07-01"}
    assert not faults(first, second)
    left = {key: value for key, value in ALL_SWITCHES.items() if key != "plan_version_change"}
    assert "plan_version_change matters here" in faults(first, second, switches=left)


@pytest.mark.parametrize("word", sorted(OTHER_WORDS))
def test_words_of_other_systems_are_told_what_they_are_here(word: str) -> None:
    """Never ignored, and every word of the answer is one that plans have."""
    assert f"{word} is no word of plans; write {OTHER_WORDS[word]}" in faults(plan(**{word: 1}))
    known = json.loads((Path(openspm.plans.__file__).parent / "plan.schema.json").read_text(encoding="utf-8"))
    names = set(re.findall(r"[a-z]+(?:_[a-z]+)+", OTHER_WORDS[word]))
    assert names <= set(re.findall(r"[a-z_]+", json.dumps(known)))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (plan(windw="year"), "windw: is not a key that openspm knows"),
        (plan(window="week"), "'none', 'month', 'quarter', 'half', 'year' or 'plan_life'"),
        (plan(event="activity"), "has no amount; count them"),
        (plan(event="margin", measure="count"), "a margin is not counted; count invoices"),
        (plan(quota="none", curve={"style": "marginal", "over": "attainment", "tiers": [{"from": 0, "rate": 0.1}]}),
         "needs the quota"),
        (plan(window="none", quota="required"), "a quota belongs to a period of the calendar"),
        (plan(credits=[{"to": "manager"}]), "every credit of a manager needs them: levels: 1"),
        (plan(credits=[{"to": "seller", "where": {"outcome": ["held"]}}]), "a booking has no outcome"),
        (plan(credits=[{"to": "seller", "pay_credit": 50}]), "pay_credit is a share from 0 to 1"),
        (plan(curve={"style": "marginal", "over": "amount", "tiers": [{"from": "10 %", "rate": 0.1}]}),
         "'10 %' is a percentage, but the curve is over the amount"),
        (plan(curve={"style": "marginal", "over": "amount", "steps": [{"from": 1, "pays": 10}]}),
         "steps do not belong to the style marginal"),
        (plan() | {"valid_to": "2025-01-01"}, "valid_to 2025-01-01 lies before valid_from 2026-01-01"),
    ],
)  # fmt: skip
def test_what_cannot_be_paid_is_refused(changed: dict[str, Any], message: str) -> None:
    """Each with a message that says what to write instead."""
    assert message in faults(changed)


def test_a_good_plan_has_no_fault() -> None:
    """The plan that the others are made from is fine."""
    assert not faults(plan())


def test_a_wrong_key_is_the_only_fault_of_its_list() -> None:
    """A list whose items are all at fault is not said to be empty, too."""
    assert faults(plan(windw="year")).count("\n") == 0
    assert "needs one at least" in faults(plan() | {"components": []})
