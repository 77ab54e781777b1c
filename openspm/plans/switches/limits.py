"""Switches of gates and multipliers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from openspm.plans.switches.switch import Switch, is_of_period

if TYPE_CHECKING:
    from openspm.plans.schema import Component, Plan


def _has_gate(component: Component, _several: bool) -> bool:
    return component.gate is not None


def _is_of_events(component: Component) -> bool:
    """Whether its lines are of events; those of a SPIFF are, though it pays for a period."""
    return component.event == "spiff" or not is_of_period(component)


def _has_gate_of_events(component: Component, _several: bool) -> bool:
    return component.gate is not None and _is_of_events(component)


def _has_gate_that_opens(component: Component, _several: bool) -> bool:
    """A gate that is read before a contest ranks does not open again: nobody is ranked twice."""
    return component.gate is not None and component.event != "contest"


def _has_two_gates(plan: Plan, component: Component) -> bool:
    """A contest whose own gate ranks may wait for the gate of its plan too, which opens as any other."""
    return None not in (plan.gate, component.gate) and component.gate is not plan.gate


def _has_gate_after_ranking(switches: Mapping[str, Any]) -> bool:
    return switches.get("contest_gate") == "after_ranking"


def _caps_periods(component: Component, _several: bool) -> bool:
    return any(limit.per == "period" and limit.cap is not None for limit in component.limits)


def _multiplies_by_measure(component: Component, _several: bool) -> bool:
    return any(multiplier.tiers for multiplier in component.multipliers)


def _multiplies_events_by_measure(component: Component, several: bool) -> bool:
    return _multiplies_by_measure(component, several) and _is_of_events(component)


LIMIT_SWITCHES: tuple[Switch, ...] = (
    Switch(
        "gate_reading",
        "When the measure of a gate is read.",
        {
            "event": "After each event.",
            "period_end": "At the end of the pay period, for all of its lines.",
        },
        "where a component of events or a SPIFF has a gate; what else pays for a period reads it at its end",
        _has_gate_of_events,
    ),
    Switch(
        "gate_boundary",
        "Whether a gate is open exactly at its threshold.",
        {"upper": "Open: at least the threshold.", "lower": "Closed: more than the threshold."},
        "where a component has a gate",
        _has_gate,
    ),
    Switch(
        "gate_opening",
        "What counts when a gate opens.",
        {
            "release": "All of the window: earlier lines are released, each as a line of its own.",
            "period": "From then on, all of the pay period in which it opens.",
            "event": "From then on, all of the event that opens it.",
            "above": "From then on; of the event that opens it what lies above the threshold.",
        },
        "where a component has a gate that is not read before a contest ranks",
        _has_gate_that_opens,
        matters_in=_has_two_gates,
        matters_beside=_has_gate_after_ranking,
    ),
    Switch(
        "gate_closing",
        "What happens to earlier lines when a gate closes again.",
        {"keep": "They stay.", "take_back": "They are taken back, until it opens again."},
        "where a component has a gate that is not read before a contest ranks",
        _has_gate_that_opens,
        matters_in=_has_two_gates,
        matters_beside=_has_gate_after_ranking,
    ),
    Switch(
        "multiplier_reading",
        "When the measure of a multiplier is read.",
        {
            "event": "After each event; a line keeps its factor.",
            "period_end": "At the end of the pay period, for all of its lines.",
        },
        "where a multiplier of events or of a SPIFF reads a measure; what else pays for a period reads it at its end",
        _multiplies_events_by_measure,
    ),
    Switch(
        "multiplier_boundary",
        "Which factor holds exactly at a bound.",
        {"upper": "The one above.", "lower": "The one below."},
        "where a multiplier reads a measure",
        _multiplies_by_measure,
    ),
    Switch(
        "multipliers_combine",
        "How several multipliers come together.",
        {"multiply": "One after the other, in their order.", "add": "1 + the sum of what each adds to 1."},
        "where a component, or a plan, has several multipliers of its own",
        lambda component, _several: len(component.multipliers) > 1,
    ),
    Switch(
        "cap_excess",
        "What happens to pay above the cap of a pay period.",
        {
            "lost": "It is lost.",
            "carried": "It is paid in later periods, after their own pay and inside their caps, until it expires.",
        },
        "where a component has a cap per period",
        _caps_periods,
    ),
)
