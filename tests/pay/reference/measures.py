"""Measures: what a window adds up to before and after each credit."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from typing import Any

from tests.pay.reference.bonuses import needs_quota
from tests.pay.reference.events import REVERSALS
from tests.pay.reference.numbers import ZERO, number
from tests.pay.reference.parts import Credit
from tests.pay.reference.people import quota_of


def is_mirror(credit: Credit, switches: Any) -> bool:
    """Whether a credit takes back lines instead of moving along the curve."""
    return credit.event["type"] in REVERSALS and switches(credit.plan, credit.component, "reversal_window") == "mirror"


def limit_events(of_events: list[Credit]) -> None:
    """Let caps, floors and offsets of single events change by how much each credit moves the measure."""
    credited: dict[tuple[Any, ...], Fraction] = defaultdict(lambda: ZERO)
    for credit in sorted(of_events, key=lambda one: one.order):
        rule = credit.component.get("event_measure")
        if not rule or credit.dx is None:
            continue
        key = (*credit.sale_key(credit.event["origin"])[1:],)
        before = event_worth(credited[key], rule)
        credited[key] += credit.dx
        credit.dx = credit.dy = event_worth(credited[key], rule) - before


def event_worth(total: Fraction, rule: dict[str, Any]) -> Fraction:
    """By how much a sale moves the measure for which so much was credited."""
    if total > 0:
        total = max(total + number(rule.get("offset", 0)), ZERO)
    if total > 0 and "floor" in rule:
        total = max(total, number(rule["floor"]))
    return min(total, number(rule["cap"])) if "cap" in rule else total


def carry_totals(windows: dict[tuple[Any, ...], list[Credit]], switches: Any) -> None:
    """Let windows begin with what the ones before left below zero, where that is carried."""
    of_components: dict[tuple[Any, ...], list[tuple[Any, ...]]] = defaultdict(list)
    for key in windows:
        of_components[key[:3]].append(key)
    for keys in of_components.values():
        left, is_unknown = ZERO, False
        for key in sorted(keys, key=lambda one: (one[3], one[6])):
            window = windows[key]
            is_carried = switches(window[0].plan, window[0].component, "negative_total") == "zero_carried"
            if not is_carried or (window[0].kind == "period" and window[0].opening is None):
                continue
            for credit in window:
                credit.start, credit.is_start_unknown = left, is_unknown
            left = min(left + sum((credit.dx or ZERO for credit in window), ZERO), ZERO)
            is_unknown = is_unknown or any(credit.dx is None or credit.dy is None for credit in window)


def accumulate(case: dict[str, Any], window: list[Credit], switches: Any) -> None:
    """Give every credit of a window its a and b, and hold what comes after something unknown."""
    first = window[0]
    if first.measured is not None:
        held = first.measured.is_held(first.counted)
    else:
        held = needs_quota(first.component) and quota_of(case, first) is None
    total, held = first.start, held or first.is_start_unknown
    for credit in window:
        held = held or credit.dx is None or credit.dy is None
        credit.held = credit.is_unknown = held
        credit.before = total
        # Retroactive and step pay keep the tier that they reached when a mirror takes a sale back.
        if not (is_mirror(credit, switches) and credit.component["curve"]["style"] in ("retroactive", "step")):
            total += credit.dx or ZERO
        credit.after = total
    for credit in window:
        if credit.component["curve"]["style"] == "period_to_date_tier":
            credit.held = any(other.is_unknown for other in window if other.posted == credit.posted)
    for credit in window:
        credit.is_unknown = credit.held
