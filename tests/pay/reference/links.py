"""Components that pay a rate of what another one earns in a pay period."""

from __future__ import annotations

import datetime
from typing import Any

from tests.pay.reference.limits import Taken, who
from tests.pay.reference.numbers import ZERO, number, rounded
from tests.pay.reference.parts import Line, Posting
from tests.pay.reference.people import assignment, plan_on
from tests.pay.reference.periods import days_of


def linked_lines(
    case: dict[str, Any], taken: Taken, postings: list[Posting], earned: list[Line], switches: Any
) -> list[Line]:
    """The lines of linked components: those of the terms of the payee's last day in the month."""
    found: list[Line] = []
    for payee in sorted({person["id"] for person in case["people"]}):
        for month in days_of(case, "month"):
            last: dict[tuple[str, str], tuple[dict[str, Any], dict[str, Any]]] = {}
            for number_of_day in range((month.last - month.first).days + 1):
                day = month.first + datetime.timedelta(days=number_of_day)
                person = assignment(case, payee, day)
                plan = plan_on(case, person.get("plan") if person else None, day)
                for component in plan["components"] if plan else ():
                    if plan is not None and component["event"] == "linked":
                        last[plan["plan_id"], component["component_id"]] = plan, component
            for plan, component in last.values():
                linked = component["linked"]
                of = (payee, plan["plan_id"], linked["of"])
                pays = [
                    pay
                    for credit, cause, pay in postings
                    if who(credit) == of and (cause or credit).posted == month.name
                ]
                pay = None
                if None not in pays:
                    read = sum((one for one in pays if one is not None), ZERO) + taken.by_limits[*of, month.name]
                    if linked.get("reads") == "earned":
                        read = sum(
                            (
                                line.pay or ZERO
                                for line in earned
                                if (line.payee, line.component, line.period) == (payee, linked["of"], month.name)
                            ),
                            ZERO,
                        )
                    pay = rounded(number(linked["rate"]) * read)
                if pay != 0:
                    digits = {"JPY": 0, "KWD": 3}.get(plan["currency"], 2)
                    whole = None if pay is None else rounded(pay, digits, switches(plan, component, "rounding"))
                    name = component["component_id"]
                    found.append(
                        Line(None, payee, name, "", "linked", None, month.name, whole, month.last, plan["version"])
                    )
    return found
