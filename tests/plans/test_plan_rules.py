"""A plan's gate and multipliers reach every component, and an offset moves every bound.

Without this one component could pay while the plan's gate is closed, and a curve could begin where nobody meant it.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from openspm.plans.compile import Surroundings, compile_rows
from openspm.plans.load import LoadedPlan, check_plans
from openspm.plans.reading import Document
from openspm.plans.switches import Conventions

CONVENTIONS = {
    "boundary": "upper", "rounding": "half_up", "rounding_scope": "each_line", "catch_up": "crossing_event",
    "reversal_window": "origin", "negative_total": "zero_lost", "split_tolerance": "0", "below_first": "zero",
    "above_last": "extend", "gate_reading": "period_end", "gate_boundary": "upper", "gate_opening": "period",
    "gate_closing": "keep", "multiplier_reading": "event", "multiplier_boundary": "upper",
    "multipliers_combine": "multiply", "partial_period": "whole",
}  # fmt: skip
CURVE = {"style": "marginal", "over": "amount", "tiers": [{"from": "0", "rate": "5 %"}, {"from": "100", "rate": "8 %"}]}
GATE = {"measure": "sales", "at_least": "1000"}
FACTOR = {"measure": "sales", "tiers": [{"from": "0", "factor": "1"}, {"from": "1000", "factor": "1.5"}]}
FIXED = {"component_id": "stay", "name": "Stay", "event": "fixed", "window": "month", "fixed": {"amount": "10"}}


def checked(
    plan: dict[str, Any], component: dict[str, Any] | None = None, more: tuple[dict[str, Any], ...] = (), **words: str
) -> tuple[list[LoadedPlan], str]:
    """A plan with two components, the second changed in some keys, and its faults."""
    base = {"name": "S", "event": "booking", "window": "month", "credits": [{"to": "seller"}], "curve": CURVE}
    components = [base | {"component_id": "sales"}, base | {"component_id": "other"} | (component or {}), *more]
    content = {"plan_id": "p", "version": "1", "name": "P", "valid_from": "2020-01-01", "currency": "EUR"}
    document = Document(Path("p.yml"), content | {"components": components} | plan, {})
    loaded, faults = check_plans([document], Conventions.model_validate(CONVENTIONS | words))
    return loaded, "\n".join(str(fault) for fault in faults)


def rules_of(loaded: list[LoadedPlan], table: str) -> list[tuple[str | None, ...]]:
    """Component and level of each rule, and of a multiplier its number in it."""
    rows = compile_rows(loaded, Surroundings("company", "rates", "average"), "live")[table]
    return [(row["component_id"], row["rule_level_code"], row.get("multiplier_number")) for row in rows]


def test_every_component_has_the_rules_of_the_plan_after_its_own() -> None:
    """A level of their own, and numbers of their own in it, in the order in which they multiply."""
    own = {"where": {"opportunity_kind": ["new"]}, "factor": "2"}
    rules = {"gate": {"at_least": "5"}, "multipliers": [own], "limits": [{"per": "period", "cap": "5"}]}
    loaded, faults = checked({"gate": GATE, "multipliers": [FACTOR]}, rules, cap_excess="lost")
    assert faults == ""
    assert rules_of(loaded, "component_gates") == [
        ("sales", "plan", None), ("other", "component", None), ("other", "plan", None)
    ]  # fmt: skip
    assert rules_of(loaded, "component_multipliers") == [
        ("sales", "plan", "1"), ("other", "component", "1"), ("other", "plan", "1")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("plan", "component", "message"),
    [
        ({"gate": {"at_least": "5"}}, {}, "says which component's measure it reads"),
        ({"multipliers": [{"tiers": FACTOR["tiers"]}]}, {}, "says which component's measure it reads"),
        ({"gate": GATE | {"measure": "nothing"}}, {}, "nothing is no component of the plan"),
        ({"multipliers": [FACTOR]}, {"window": "quarter"}, "is shorter than that of other"),
        ({"multipliers": [FACTOR] * 5}, {}, "more than 4 multipliers"),
    ],
)
def test_rules_of_a_plan_that_cannot_be_paid_are_refused(plan: Any, component: Any, message: str) -> None:
    """With the component that they do not go with."""
    assert message in checked(plan, component)[1]


def test_rules_of_a_plan_reach_what_pays_for_periods() -> None:
    """Its lines wait for the gate and are multiplied as those of events are."""
    loaded, faults = checked({"gate": GATE, "multipliers": [FACTOR]}, more=(FIXED,))
    assert faults == ""
    assert ("stay", "plan", None) in rules_of(loaded, "component_gates")
    assert ("stay", "plan", "1") in rules_of(loaded, "component_multipliers")


@pytest.mark.parametrize(
    ("plan", "words", "message"),
    [
        ({"multipliers": [{"where": {"opportunity_kind": ["new"]}, "factor": "2"}]}, {}, "a fixed is of no event"),
        ({"gate": GATE}, {"gate_reading": "event", "gate_opening": "event"}, "gate_opening event needs gate_reading"),
    ],
)
def test_rules_of_a_plan_that_need_an_event_do_not_go_with_what_pays_for_periods(
    plan: Any, words: Any, message: str
) -> None:
    """A bonus has no attribute, and no event that opens its gate in part."""
    assert message in checked(plan, more=(FIXED,), **words)[1]


def test_rules_of_a_plan_go_with_linked_pay() -> None:
    """It has the plan's gate and caps as its other components do, and its own beside them."""
    linked = {"component_id": "lead", "name": "Lead", "event": "linked", "window": "month"}
    linked |= {"linked": {"of": "sales", "rate": "10 %"}}
    ruled = linked | {"gate": GATE, "limits": [{"per": "period", "cap": "5"}]}
    for rules in ({"gate": GATE}, {"limits": [{"per": "year", "cap": "5000"}]}):
        assert checked(rules, more=(linked,))[1] == ""
        assert checked(rules, more=(ruled,), cap_excess="lost")[1] == ""


def test_a_linked_component_reads_no_rules_of_another_linked_one_but_the_plans() -> None:
    """A rate of what its gate leaves is not computed; the plan's gate comes after both."""
    lead = {"component_id": "lead", "name": "Lead", "event": "linked", "window": "month"}
    lead |= {"linked": {"of": "sales", "rate": "10 %"}}
    head = lead | {"component_id": "head", "linked": {"of": "lead", "rate": "50 %"}}
    after = head | {"linked": {"of": "lead", "rate": "50 %", "reads": "after_limits"}}
    capped = lead | {"limits": [{"per": "period", "cap": "5"}]}
    assert checked({"gate": GATE}, more=(lead, head))[1] == ""
    assert "lead is linked itself and has a gate of its own" in checked({}, more=(lead | {"gate": GATE}, head))[1]
    assert checked({}, more=(capped, head), cap_excess="lost")[1] == ""
    assert "lead is linked itself and has caps of its own" in checked({}, more=(capped, after), cap_excess="lost")[1]


def test_factors_that_are_one_each_on_two_levels_leave_nothing_to_combine() -> None:
    """The switch matters where one level has several, and is asked for there alone."""
    own = {"where": {"opportunity_kind": ["new"]}, "factor": "2"}
    name = "multipliers_combine"
    assert name not in checked({"multipliers": [FACTOR]}, {"multipliers": [own]})[0][0].components[1].switches
    assert name in checked({"multipliers": [FACTOR] * 2}, {"multipliers": [own]})[0][0].components[1].switches


def test_an_offset_moves_every_bound() -> None:
    """What is credited reaches the second tier that much earlier."""
    loaded, faults = checked({}, {"curve": CURVE | {"offset": "30"}})
    assert faults == ""
    tiers = loaded[0].components[1].tiers
    assert [tier.lower for tier in tiers] == [None, Decimal(-30), Decimal(70)]
    assert [tier.rate for tier in tiers] == [0, Decimal("0.05"), Decimal("0.08")]


@pytest.mark.parametrize(
    ("component", "words", "message"),
    [
        ({"curve": CURVE | {"offset": "-30"}}, {"negative_total": "first_tier"}, "leaves nothing out"),
        ({"curve": CURVE | {"offset": "30 %"}}, {}, "is a percentage, but the curve is over the amount"),
        ({"curve": CURVE | {"offset": "30", "excess_over": "50"}}, {}, "an offset beside a matrix"),
        ({"curve": CURVE | {"offset": "30"}, "window": "none"}, {}, "an offset is one of each event"),
        (
            {"curve": CURVE | {"offset": "30", "tiers": [{"from": "5", "rate": "5 %"}]}},
            {"below_first": "error"},
            "an offset with below_first or above_last error",
        ),
    ],
)
def test_an_offset_that_cannot_be_paid_is_refused(component: Any, words: Any, message: str) -> None:
    """With what to write."""
    assert message in checked({}, component, **words)[1]


def test_a_tiers_word_about_its_bound_is_not_one_about_zero() -> None:
    """The first tier, extended down to 0, meets what lies below 0 as the switch says."""
    tiers = [{"from": "20", "rate": "5 %", "boundary": "upper"}]
    component = {"curve": {"style": "whole_event_before", "over": "amount", "tiers": tiers}}
    loaded, faults = checked({}, component, below_first="extend", boundary="lower")
    assert faults == ""
    assert [tier.lower_boundary for tier in loaded[0].components[1].tiers] == [None, None]
