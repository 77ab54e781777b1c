"""Who is on which plan on a day, in which period a day lies, and which quota holds."""

from __future__ import annotations

import datetime
from fractions import Fraction
from typing import Any

from tests.pay.reference.parts import Credit


def assignment(case: dict[str, Any], payee: str, day: datetime.date) -> dict[str, Any] | None:
    """The assignment of somebody on a day."""
    for person in case["people"]:
        if person["id"] != payee or day < person.get("from", datetime.date.min):
            continue
        if day <= min(person.get("to", datetime.date.max), person.get("leaves_on", datetime.date.max)):
            return person
    return None


def plan_on(case: dict[str, Any], name: str | None, day: datetime.date) -> dict[str, Any] | None:
    """The version of a plan on a day."""
    for plan in case["plans"]:
        if plan["plan_id"] == name and plan["valid_from"] <= day <= plan.get("valid_to", datetime.date.max):
            return plan
    return None


def managers_of(case: dict[str, Any], payee: str, day: datetime.date) -> list[str]:
    """The managers above somebody, nearest first."""
    chain: list[str] = []
    below = assignment(case, payee, day)
    while below is not None and below.get("manager"):
        chain.append(below["manager"])
        below = assignment(case, below["manager"], day)
    return chain


def last_day_on(case: dict[str, Any], payee: str, plan_id: str) -> datetime.date:
    """The last day of somebody on a plan."""
    last = max(plan.get("valid_to", datetime.date.max) for plan in case["plans"] if plan["plan_id"] == plan_id)
    days = [
        min(p.get("to", datetime.date.max), p.get("leaves_on", datetime.date.max))
        for p in case["people"]
        if p["id"] == payee and p["plan"] == plan_id
    ]
    return min(last, max(days))


def quota_of(case: dict[str, Any], credit: Credit) -> Fraction | None:
    """The quota of a credit's window."""
    for row in case.get("quotas", ()):
        if (row["payee"], row["component"], row["period"]) == (
            credit.payee,
            credit.component["component_id"],
            credit.window,
        ):
            return Fraction(row["quota"])
    return None
