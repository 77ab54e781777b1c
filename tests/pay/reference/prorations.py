"""The part of a cap, a floor or a draw that counts for somebody who is there on a part of the days."""

from __future__ import annotations

import datetime
from fractions import Fraction
from typing import Any

from tests.pay.reference.currencies import digits_of
from tests.pay.reference.numbers import ZERO, number, rounded
from tests.pay.reference.people import assignment, plan_on
from tests.pay.reference.periods import DAY, MONTHS_IN, Span, span_of
from tests.pay.reference.terms import prorates


def cap_in(
    case: dict[str, Any], who: tuple[str, str, str | None], of: tuple[Any, Any], cap: str, span: Span, switches: Any
) -> Fraction:
    """A cap of a stretch of days; a part of it is not rounded to the minor unit."""
    plan, component = of
    rules = plan if component is None else component
    if not prorates(rules, "caps"):
        return number(cap)
    return rounded(number(cap) * part_of(case, who, of, span, switches))


def money_in(
    case: dict[str, Any], who: tuple[str, str, str | None], of: tuple[Any, Any], amount: Any, span: Span, switches: Any
) -> Fraction:
    """A floor or a draw of a stretch of days, which is prorated; a part of it is rounded once."""
    part = part_of(case, who, of, span, switches)
    return number(amount) if part == 1 else rounded(number(amount) * part, digits_of(of[0]["currency"]))


def part_of(
    case: dict[str, Any], who: tuple[str, str, str | None], of: tuple[Any, Any], span: Span, switches: Any
) -> Fraction:
    """The part of a stretch that counts: a quotient of days, weighed as the switch says."""
    plan, component = of
    rules = plan if component is None else component
    days = [span.first + DAY * n for n in range((span.last - span.first).days + 1)]
    code = switches(plan, component, "proration_days")
    is_start_lost = switches(plan, component, "start_day") == "not_counted"
    leaves = rules["proration"].get("leaves", ())
    counted = [
        day
        for day in days
        if _is_on(case, who, day)
        and not (is_start_lost and not _is_on(case, who, day - DAY))
        and not _is_on_leave(case, who[0], leaves, day)
    ]
    if len(counted) == len(days):
        return Fraction(1)
    if code in ("days_360", "days_365"):
        months = next(count for kind, count in MONTHS_IN.items() if span_of(case, kind, span.first) == span)
        return min(Fraction(len(counted) * 12, int(code[-3:]) * months), Fraction(1))
    whole = sum((_weight(case, code, day) for day in days), ZERO)
    return sum((_weight(case, code, day) for day in counted), ZERO) / whole


def _weight(case: dict[str, Any], code: str, day: datetime.date) -> Fraction:
    """What a day weighs."""
    if code == "month_days":
        month = span_of(case, "month", day)
        return Fraction(1, (month.last - month.first).days + 1)
    return Fraction(code != "working_days" or day.weekday() < 5)


def _is_on(case: dict[str, Any], who: tuple[str, str, str | None], day: datetime.date) -> bool:
    """Whether somebody earns by a component on a day, or without one whether they are on the plan."""
    payee, plan_id, name = who
    person, plan = assignment(case, payee, day), plan_on(case, plan_id, day)
    if person is None or plan is None or person["plan"] != plan_id:
        return False
    return name is None or any(one["component_id"] == name for one in plan["components"])


def _is_on_leave(case: dict[str, Any], payee: str, kinds: Any, day: datetime.date) -> bool:
    return any(
        leave["payee"] == payee and leave["kind"] in kinds and leave["from"] <= day <= leave.get("to", day)
        for leave in case.get("leaves", ())
    )
