"""Closed periods: what was posted stays, and what they recompute to is adjusted in the first open period."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from tests.pay.reference.numbers import ZERO, number
from tests.pay.reference.parts import Line
from tests.pay.reference.periods import DAY, span_named, span_of


def first_open(case: dict[str, Any]) -> str:
    """The month after the last closed one."""
    return span_of(case, "month", _end(case, max(case["closed"])) + DAY).name


def credit_day(
    case: dict[str, Any], plan: dict[str, Any], event: dict[str, Any], switches: Any
) -> datetime.date | None:
    """The day on which an event counts in a plan: its own, or a later one where it came late; None where unknown."""
    own: datetime.date = event["date"]
    closed = case.get("closed", ())
    if not closed or switches(plan, {}, "late_event") != "open":
        return own
    known = case.get("known", ())
    if own <= _end(case, max(closed)) and any(
        count != sum(row["period"] == period for row in known) for period, count in case["known_counts"].items()
    ):
        return None
    for row in known:
        if (row["kind"], row["event"]) == (event["type"], event["id"]):
            return max(own, span_named(case, row["period"]).first)
    if span_of(case, "month", own).name in closed:
        return _end(case, max(closed)) + DAY
    return own


def with_closes(
    case: dict[str, Any], lines: list[Line], is_left_out: Callable[[dict[str, Any]], bool] | None = None
) -> list[Line]:
    """The lines that a run shows, without the postings that are left out. Periods are months."""
    closed = case.get("closed", ())
    if not closed:
        return lines
    shown = [line for line in lines if line.period not in closed]
    recomputed: dict[tuple[str, str, str], list[Fraction | None]] = defaultdict(list)
    posted: dict[tuple[str, str, str], Fraction] = defaultdict(lambda: ZERO)
    for line in lines:
        if line.period in closed:
            recomputed[line.payee, line.component, line.period].append(line.pay)
    for row in case.get("posted", ()):
        if is_left_out is not None and is_left_out(row):
            continue
        amount, origin = number(row.get("credited", row["earned"])), row.get("adjusts", row["period"])
        posted[row["payee"], row["component"], origin] += amount
        kind = "posted" if origin == row["period"] else "adjustment"
        shown.append(closed_line(case, row["payee"], row["component"], kind, row["period"], row["period"], amount))
    for key in {**recomputed, **posted}:
        amounts = recomputed[key]
        pay = None if None in amounts else sum((one for one in amounts if one is not None), ZERO) - posted[key]
        if pay != 0:
            shown.append(closed_line(case, key[0], key[1], "adjustment", first_open(case), key[2], pay))
    return shown


def closed_line(
    case: dict[str, Any], payee: str, component: str, kind: str, period: str, origin: str, pay: Fraction | None
) -> Line:
    """A line of a period, by the version that held at the end of the period that it is for."""
    held = [
        (max(person.get("from", datetime.date.min), plan["valid_from"]), plan["version"])
        for person in case["people"]
        for plan in case["plans"]
        if person["id"] == payee and person["plan"] == plan["plan_id"]
        if person.get("from", datetime.date.min) <= plan.get("valid_to", datetime.date.max)
        if plan["valid_from"] <= min(person.get("to", datetime.date.max), person.get("leaves_on", datetime.date.max))
    ]
    version = max(one for one in held if one[0] <= _end(case, origin))[1]
    return Line(None, payee, component, "", kind, None, period, pay, _end(case, period), version)


def _end(case: dict[str, Any], period: str) -> datetime.date:
    """The last day of a month."""
    return span_named(case, period).last
