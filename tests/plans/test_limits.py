"""What gates, multipliers and limits may not say is refused with the place and the reason.

Without this a combination that the engine cannot pay would be paid by accident: a floor above its cap, a factor that
nobody bounded, a gate whose release nobody computes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from openspm.plans.load import check_plans
from openspm.plans.reading import Document
from openspm.plans.switches import Conventions

CONVENTIONS = {
    "boundary": "upper", "rounding": "half_up", "rounding_scope": "each_line", "catch_up": "crossing_event",
    "reversal_window": "origin", "negative_total": "first_tier", "plan_version_change": "continue",
    "split_tolerance": "0", "gate_reading": "event", "gate_boundary": "upper", "gate_opening": "release",
    "cap_excess": "lost", "gate_closing": "keep", "multiplier_reading": "event", "multiplier_boundary": "upper",
    "multipliers_combine": "multiply",
}  # fmt: skip


def faults(component: dict[str, Any], plan: dict[str, Any] | None = None, **switches: str | None) -> str:
    """What a plan with one component is refused for."""
    base = {
        "component_id": "sales", "name": "Sales", "event": "booking", "window": "quarter",
        "credits": [{"to": "seller"}],
        "curve": {"style": "marginal", "over": "amount", "tiers": [{"from": "0", "rate": "10 %"}]},
    }  # fmt: skip
    other = {**base, "component_id": "other", "window": "month"}
    content = {
        "plan_id": "p", "version": "1", "name": "P", "valid_from": "2020-01-01", "currency": "EUR",
        "components": [base | component, other],
    }  # fmt: skip
    document = Document(Path("p.yml"), content | (plan or {}), {})
    _, found = check_plans([document], Conventions.model_validate(CONVENTIONS | switches))
    return "\n".join(str(fault) for fault in found)


def test_what_can_be_paid_is_accepted() -> None:
    """The blocks together, each as it should be."""
    rules = {
        "gate": {"at_least": "500", "while_closed": "50 %"},
        "multipliers": [
            {"tiers": [{"from": "0", "factor": "1"}, {"from": "100", "factor": "150 %"}]},
            {"where": {"opportunity_kind": ["new"]}, "factor": "2"},
            {"input": "quality", "lowest": "0.5", "highest": "1.5"},
        ],
        "limits": [{"per": "event", "cap": "10", "floor": "1"}, {"per": "year", "cap": "1000"}],
    }
    assert faults(rules, {"limits": [{"per": "period", "floor": "5", "cap": "50"}]}) == ""


@pytest.mark.parametrize("switch", ["gate_reading", "gate_boundary", "gate_opening", "gate_closing"])
def test_a_switch_of_a_gate_left_open_is_refused(switch: str) -> None:
    """And it does not matter without a gate."""
    assert f"the switch {switch} matters here" in faults({"gate": {"at_least": "500"}}, **{switch: None})
    assert faults({}, **{switch: None}) == ""


@pytest.mark.parametrize(
    ("component", "switches", "words"),
    [
        ({"gate": {"at_least": "0"}}, {}, "a threshold lies above 0"),
        ({"gate": {"at_least": "5", "while_closed": "1"}}, {}, "from 0 to below 1"),
        ({"gate": {"at_least": "5", "measure": "nothing"}}, {}, "choose from sales, other"),
        ({"gate": {"at_least": "5", "measure": "other"}}, {"gate_opening": "event"}, "window of other is shorter"),
        ({"gate": {"at_least": "80 %"}}, {}, "write quota: required there"),
        ({"gate": {"at_least": "5"}, "window": "none"}, {}, "window none"),
        ({"gate": {"at_least": "5"}}, {"gate_reading": "period_end", "gate_opening": "above"},
         "needs gate_reading event"),
        ({"gate": {"at_least": "5"}}, {"gate_opening": "event", "gate_closing": "take_back"},
         "take_back with gate_opening"),
        ({"gate": {"at_least": "5"}, "event": "invoice"}, {"reversal_window": "mirror", "gate_closing": "take_back"},
         "take_back with reversal_window mirror"),
        ({"multipliers": [{"factor": "2"}]}, {}, "one of them"),
        ({"multipliers": [{"input": "quality"}]}, {}, "an input needs both"),
        ({"multipliers": [{"input": "quality", "lowest": "2", "highest": "1"}]}, {}, "lowest lies from 0"),
        ({"multipliers": [{"where": {"outcome": ["held"]}, "factor": "2"}]}, {}, "a booking has no outcome"),
        ({"multipliers": [{"tiers": [{"from": "10", "factor": "2"}]}]}, {}, "tiers begin at 0 and rise"),
        ({"multipliers": [{"where": {}, "factor": "-1"}]}, {}, "a factor is not below 0"),
        ({"limits": [{"per": "period"}]}, {}, "needs a cap or a floor"),
        ({"limits": [{"per": "period", "floor": "10", "cap": "5"}]}, {}, "the floor 10 lies above the cap 5"),
        ({"limits": [{"per": "period", "floor": "10"}, {"per": "year", "cap": "5"}]}, {},
         "lies above the cap 5 per year"),
        ({"limits": [{"per": "year", "floor": "10", "before_multipliers": "true"}]}, {}, "a floor per year before"),
        ({"limits": [{"per": "window", "floor": "10"}], "window": "plan_life"}, {}, "no day on which it is due"),
        ({"limits": [{"per": "window", "floor": "10"}], "window": "none"}, {}, "there is no window"),
        ({"limits": [{"per": "period", "cap": "10"}]}, {"cap_excess": "carried"}, "write carried_periods"),
        ({"limits": [{"per": "year", "cap": "10", "carried_periods": "2"}]}, {"cap_excess": "carried"},
         "carried_periods belongs to"),
        ({"limits": [{"per": "period", "cap": "10", "carried_periods": "2"}]}, {}, "carried_periods belongs to"),
        ({"limits": [{"per": "period", "cap": "10", "carried_periods": "2"}], "event": "invoice"},
         {"cap_excess": "carried", "reversal_window": "mirror"}, "reversal_window mirror"),
        ({"limits": [{"per": "period", "cap": "10", "carried_periods": "2", "before_multipliers": "true"}]},
         {"cap_excess": "carried"}, "before multipliers"),
        ({"gate": {"at_least": "5", "locked_from": "100", "while_closed": "50 %"}}, {}, "take it or locked_from out"),
        ({"gate": {"at_least": "5", "locked_from": "100"}}, {}, "no tier above the first begins at 100"),
        ({"limits": [{"per": "period", "cap": "1"}, {"per": "period", "cap": "2"}]}, {}, "two limits per period"),
        ({"limits": [{"per": "period", "cap": "1", "excess": "carried"}]}, {}, "excess is no word of plans"),
    ],
)  # fmt: skip
def test_what_cannot_be_paid_is_refused(component: dict[str, Any], switches: dict[str, str], words: str) -> None:
    """Each with the reason."""
    assert words in faults(component, **switches)


def test_limits_of_a_plan() -> None:
    """A floor above a cap, also one that a component's floor would break."""
    assert "the floor 9 lies above the cap 5" in faults({}, {"limits": [{"per": "period", "floor": "9", "cap": "5"}]})
    component = {"limits": [{"per": "period", "floor": "9"}]}
    assert "the floor 9 lies above the cap 5" in faults(component, {"limits": [{"per": "period", "cap": "5"}]})
