"""What a switch is, and the properties of a component that decide whether one matters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from openspm.plans.schema import Component, Plan

STATE_STYLES = frozenset({"marginal", "retroactive", "step", "interpolated"})
PATH_STYLES = frozenset({"whole_event_before", "whole_event_after", "period_to_date_tier"})
TIER_STYLES = frozenset({"marginal", "retroactive"}) | PATH_STYLES
NOT_YET = "is not in this version"


@dataclass(frozen=True)
class Switch:
    """One convention.

    Attributes:
        name: its key in a conventions block.
        question: what it decides.
        choices: each choice and what it means; empty for a number.
        matters_when: when it matters, for people.
        matters: when it matters to a component; the component and whether its plan has several versions.
        refused: choices that this version refuses, each with what to do instead.
        matters_to_plan: when it matters to a plan as a whole, such as to its draws; then no component overrides it.
        matters_in: when it matters to a component because of its plan, such as of what the plan pays every.
        matters_beside: when it matters to a component because of its other switches.
        default: the choice where it is written nowhere; a switch without one is refused while it is left open.
    """

    name: str
    question: str
    choices: Mapping[str, str]
    matters_when: str
    matters: Callable[[Component, bool], bool] = field(default=lambda _component, _several: False)
    refused: Mapping[str, str] = field(default_factory=dict)
    matters_to_plan: Callable[[Plan], bool] = field(default=lambda _plan: False)
    matters_in: Callable[[Plan, Component], bool] = field(default=lambda _plan, _component: False)
    matters_beside: Callable[[Mapping[str, Any]], bool] = field(default=lambda _switches: False)
    default: str | None = None


def is_two_measures(component: Component) -> bool:
    """Whether pay is computed on something else than what moves the measure (Y unlike X)."""
    base = component.base or component.measure
    is_split_later = component.split_applies == "pay"
    return (
        is_split_later
        or base != component.measure
        or any(rule.quota_credit != rule.pay_credit for rule in component.credits)
    )


def has_reversals(component: Component) -> bool:
    """Whether its events can be reversed: credit notes reverse invoices, and their margins."""
    return component.event in {"invoice", "margin"}


def is_of_period(component: Component) -> bool:
    """Whether it pays a payee for a period and not for an event."""
    return component.event in {"fixed", "mbo", "ratio", "pool", "contest", "spiff", "linked"}
