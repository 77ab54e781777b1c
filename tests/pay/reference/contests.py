"""Prizes by rank, who may have a rank, and whole units that are shared by weight."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from tests.pay.reference.numbers import ZERO, number


def shared(whole: int, weights: dict[str, Fraction]) -> dict[str, int]:
    """Whole units shared by weight."""
    total = sum(weights.values(), ZERO)
    exact = {payee: whole * weight / total for payee, weight in weights.items()}
    units = {payee: value.numerator // value.denominator for payee, value in exact.items()}
    order = sorted(weights, key=lambda payee: (-(exact[payee] - units[payee]), -weights[payee], payee.encode()))
    for payee in order[: whole - sum(units.values())]:
        units[payee] += 1
    return units


def ranks_by_gate(plan: dict[str, Any], component: dict[str, Any], switches: Any) -> bool:
    """Whether a component's gate says who has a rank, before anybody has."""
    return component["event"] == "contest" and switches(plan, component, "contest_gate") == "before_ranking"


def prizes(measures: dict[str, Fraction], rules: dict[str, Any], ties: str, digits: int) -> dict[str, Fraction]:
    """The prize of everybody who has a rank."""
    ranked = {p: m for p, m in measures.items() if m > 0 and m >= number(rules.get("minimum", 0))}
    of_places = [number(prize) for prize in rules["prizes"]]
    left = number(rules["budget"]) if "budget" in rules else None
    won: dict[str, Fraction] = {}
    place = 0
    for measure in sorted(set(ranked.values()), reverse=True):
        group = sorted(payee for payee, own in ranked.items() if own == measure)
        places = of_places[place : place + len(group)]
        # The prizes of all their places, or that of the first for each.
        together = sum(places if ties == "shared" else places[:1] * len(group), ZERO)
        place += len(group)
        if left is not None:
            together = min(together, left)
            left -= together
        units = shared(int(together * 10**digits), dict.fromkeys(group, Fraction(1)))
        won |= {payee: Fraction(units[payee], 10**digits) for payee in group}
    return won
