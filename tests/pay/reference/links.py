"""Components that pay a rate of what another one earns in a pay period."""

from __future__ import annotations

import datetime
from fractions import Fraction
from typing import Any

from tests.pay.reference.currencies import pay_of_period
from tests.pay.reference.limits import Taken, who
from tests.pay.reference.numbers import ZERO, number, rounded
from tests.pay.reference.parts import Line, Posting
from tests.pay.reference.people import assignment, plan_on
from tests.pay.reference.periods import days_of

Linked = tuple[dict[str, Any], dict[str, Any]]


def linked_lines(
    case: dict[str, Any], taken: Taken, postings: list[Posting], earned: list[Line], switches: Any
) -> list[Line]:
    """The lines of linked components: those of the terms of the payee's last day in the month."""
    found: list[Line] = []
    if all(component["event"] != "linked" for plan in case["plans"] for component in plan["components"]):
        return found
    for payee in sorted({person["id"] for person in case["people"]}):
        for month in days_of(case, "month"):
            last: dict[tuple[str, str], Linked] = {}
            for number_of_day in range((month.last - month.first).days + 1):
                day = month.first + datetime.timedelta(days=number_of_day)
                person = assignment(case, payee, day)
                plan = plan_on(case, person.get("plan") if person else None, day)
                for component in plan["components"] if plan else ():
                    if plan is not None and component["event"] == "linked":
                        last[plan["plan_id"], component["component_id"]] = plan, component
            # What linked components pay in the month, unrounded and rounded; None while it is held.
            pays: dict[tuple[str, str], tuple[Fraction, Fraction] | None] = {}
            for plan, component in in_order(last):
                linked, name = component["linked"], component["component_id"]
                of = (payee, plan["plan_id"], linked["of"])
                amounts = [
                    pay
                    for credit, cause, pay in postings
                    if who(credit) == of and (cause or credit).posted == month.name
                ]
                before = pays.get(of[1:], (ZERO, ZERO))
                if None in amounts or before is None:
                    pays[plan["plan_id"], name] = None
                    whole: Fraction | None = None
                    counted: Fraction | None = None
                else:
                    read = before[0] + sum((one for one in amounts if one is not None), ZERO)
                    read += taken.by_limits[*of, month.name]
                    if linked.get("reads") == "earned":
                        lines = [
                            line.counted
                            for line in earned
                            if (line.payee, line.component, line.period) == (payee, linked["of"], month.name)
                        ]
                        read = before[1] + sum((one for one in lines if one is not None), ZERO)
                    pay = rounded(number(linked["rate"]) * read)
                    method = switches(plan, component, "rounding")
                    whole, counted = pay_of_period(case, plan, payee, month.last, pay, method)
                    assert counted is not None
                    pays[plan["plan_id"], name] = pay, counted
                    if pay == 0:
                        continue
                found.append(
                    Line(None, payee, name, "", "linked", None, month.name, whole, month.last, plan["version"], counted)
                )
    return found


def in_order(components: dict[tuple[str, str], Linked]) -> list[Linked]:
    """Components after those whose pay they read."""
    left, found = dict(components), []
    while left:
        for key, (plan, component) in list(left.items()):
            if (plan["plan_id"], component["linked"]["of"]) not in left:
                found.append(left.pop(key))
    return found
