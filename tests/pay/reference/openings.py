"""Openings: what an earlier system made of a window, as its first credit, and what of its pay is left to pay."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from tests.pay.reference.bonuses import PERIOD_EVENTS
from tests.pay.reference.numbers import ZERO, number
from tests.pay.reference.parts import Credit
from tests.pay.reference.periods import DAY, period_of, span_of
from tests.pay.reference.terms import Measured, Stretch, prorates, prorates_terms

KINDS = ("quota_credit", "pay_credit", "earned", "cap_used")
PATHS = ("whole_event_before", "whole_event_after", "period_to_date_tier")
Key = tuple[str, str, str]


@dataclass
class Opening:
    """What is opened for a payee's component, and what is wrong with it."""

    key: Key
    day: datetime.date
    amounts: dict[str, Fraction]
    measured: Measured
    stretch: Stretch
    is_faulty: bool

    @property
    def is_of_window(self) -> bool:
        """Whether more than the cap of a year is opened."""
        return any(name in self.amounts for name in KINDS[:3])

    @property
    def rules(self) -> list[dict[str, Any]]:
        """Every version of the component, and of its plan."""
        return [*_versions(self.measured), *_plans(self.measured)]

    @property
    def is_compared(self) -> bool:
        """Whether what is owed is a function of X and Y alone."""
        curve = self.stretch.component["curve"]
        is_function = curve["style"] in ("retroactive", "step", "interpolated") or (
            curve["style"] == "marginal"
            and (self.amounts.get("pay_credit") == self.amounts.get("quota_credit") or _is_pointwise(curve))
        )
        has_rules = any(rule.get(name) for rule in self.rules for name in ("gate", "multipliers", "limits"))
        return "earned" in self.amounts and is_function and not has_rules and not self.has_matrix

    @property
    def has_matrix(self) -> bool:
        """Whether any version has a matrix."""
        return any(component["curve"].get("matrix") for component in _versions(self.measured))

    def used(self, span: str) -> Fraction:
        """What of the caps of a window or year is used."""
        earned = self.amounts.get("earned", ZERO)
        return self.amounts.get("cap_used", earned) if span == "year" else earned


def openings_of(case: dict[str, Any], of_events: list[Credit], switches: Any) -> list[Opening]:
    """What is opened, in no order."""
    entries: dict[Key, list[dict[str, Any]]] = {}
    plan_of = {person["id"]: person["plan"] for person in case["people"]}
    for row in case.get("openings", ()):
        if row["entry"] in KINDS:
            entries.setdefault((row["payee"], plan_of[row["payee"]], row["component"]), []).append(row)
    found = []
    for key, rows in entries.items():
        measured = Measured(case, *key, switches)
        day = min(row["date"] for row in rows)
        stretch = measured.on(day)
        if stretch is not None:
            amounts = {row["entry"]: number(row["amount"]) for row in rows}
            opening = Opening(key, day, amounts, measured, stretch, False)
            opening.is_faulty = any(faults_of(case, opening, rows, of_events, switches))
            found.append(opening)
    return found


def faults_of(
    case: dict[str, Any], opening: Opening, rows: list[dict[str, Any]], of_events: list[Credit], switches: Any
) -> Iterator[bool]:
    """Whether something forbids to go on from an opening, one reason after the other."""
    plan, component = opening.stretch.plan, opening.stretch.component
    curve, day = component["curve"], opening.day
    yield len(opening.amounts) < len(rows) or any(row["date"] != day for row in rows)
    yield any(row.get("currency", plan["currency"]) != plan["currency"] for row in rows)
    own = [c for c in of_events if (c.payee, c.plan["plan_id"], c.component["component_id"]) == opening.key]
    yield any(credit.date < day for credit in own)
    yield any(span_of(case, "month", day).name > closed for closed in case.get("closed", ()))
    yield span_of(case, plan.get("pay_every", "month"), day).first != day
    yield component["event"] in PERIOD_EVENTS
    limits = [limit for rule in opening.rules for limit in rule.get("limits", ())]
    yield any("floor" in limit and limit["per"] in ("window", "year") for limit in limits)
    capped = {limit["per"] for limit in limits if "cap" in limit}
    is_cap_prorated = any(
        prorates(rule, "caps") and limit["per"] in ("window", "year") and "cap" in limit
        for rule in opening.rules
        for limit in rule.get("limits", ())
    )
    yield is_cap_prorated and opening.measured.stretches[0].first == day
    if not opening.is_of_window:
        yield "year" not in capped
        return
    window = component["window"]
    yield window == "none"
    yield window not in ("none", "plan_life") and span_of(case, window, day).first == day
    yield "quota_credit" not in opening.amounts
    reads_base = curve["style"] in ("marginal", "retroactive") and not _is_pointwise(curve)
    yield reads_base and "pay_credit" not in opening.amounts
    yield any(prorates_terms(one) for one in _versions(opening.measured)) and opening.measured.stretches[0].first == day
    yield opening.has_matrix
    has_gate = any(rule.get("gate") for rule in opening.rules)
    # The plan's gate would release what the component's limits had left of it.
    yield any(one.get("gate") for one in _plans(opening.measured)) and any(
        one.get("limits") for one in _versions(opening.measured)
    )
    yield has_gate and curve["style"] in PATHS
    re_rates = curve["style"] == "retroactive" and switches(plan, component, "catch_up") == "events_re_rated"
    is_changed_later = has_gate or re_rates
    multipliers = [one for rule in opening.rules for one in rule.get("multipliers", ())]
    yield is_changed_later and any("tiers" not in one for one in multipliers)
    is_waiting = any(rule.get(name) for rule in opening.rules for name in ("triggers", "holdback", "clawback"))
    yield is_waiting and (is_changed_later or opening.is_compared)
    yield "window" in capped and "earned" not in opening.amounts
    yield (
        "year" in capped and "cap_used" not in opening.amounts and (window != "year" or "earned" not in opening.amounts)
    )


def openings_read(openings: list[Opening]) -> Iterator[Credit]:
    """What ratios, pools and contests read of openings: that something is unknown before their day."""
    for opening in openings:
        if opening.is_of_window or opening.is_faulty:
            event: dict[str, Any] = {"id": str(opening.day), "type": "opening", "date": opening.day}
            event["origin"] = event
            plan, component = opening.stretch.plan, opening.stretch.component
            yield Credit(event, opening.key[0], "period", plan, component, None, None, opening.day - DAY, "", "")


def opening_credits(case: dict[str, Any], openings: list[Opening]) -> Iterator[Credit]:
    """The first credits of opened windows; one that is faulty moves nobody knows what."""
    for opening in openings:
        if not (opening.is_of_window or opening.is_faulty):
            continue
        day, plan, component = opening.day, opening.stretch.plan, opening.stretch.component
        event: dict[str, Any] = {"id": str(day), "date": day - DAY, "type": "opening", "amount": "0"}
        event["origin"] = event
        dx, dy = (None if opening.is_faulty else opening.amounts.get(name, ZERO) for name in KINDS[:2])
        window = period_of(case, component["window"], day)
        posted, before = (period_of(case, plan.get("pay_every", "month"), one) for one in (day, day - DAY))
        terms = opening.measured.terms(day, day)
        yield Credit(
            event, opening.key[0], "period", plan, component, dx, dy, day, window, posted, opening.measured, day, terms,
            opening=opening, read_in=before,
        )  # fmt: skip


def left_to_pay(credit: Credit, pay: Fraction | None) -> Fraction | None:
    """The pay of an opening's own line: an earlier system has paid the rest."""
    if pay is None:
        return None
    assert credit.opening is not None
    return pay - credit.opening.amounts["earned"] if credit.opening.is_compared else ZERO


def _is_pointwise(curve: dict[str, Any]) -> bool:
    """Whether tiers pay shares of a target, which are points of what is owed."""
    return "pays_share" in curve.get("tiers", [{}])[0]


def _versions(measured: Measured) -> list[dict[str, Any]]:
    return [
        component
        for plan in _plans(measured)
        for component in plan["components"]
        if component["component_id"] == measured.component_id
    ]


def _plans(measured: Measured) -> list[dict[str, Any]]:
    return [plan for plan in measured.case["plans"] if plan["plan_id"] == measured.plan_id]
