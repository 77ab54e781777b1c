"""What lies above the cap of a pay period and is paid in later ones."""

from __future__ import annotations

import datetime
from typing import Any

from tests.pay.reference.currencies import pay_of_period
from tests.pay.reference.limits import Taken
from tests.pay.reference.numbers import ZERO
from tests.pay.reference.parts import Line, Posting, who
from tests.pay.reference.people import assignment, plan_on
from tests.pay.reference.periods import days_of, pay_kind
from tests.pay.reference.prorations import cap_in


def carry_lines(case: dict[str, Any], taken: Taken, postings: list[Posting], switches: Any) -> list[Line]:
    """The lines of every payee and component that carries, month by month, the oldest entry first."""
    names = {
        (plan["plan_id"], component["component_id"])
        for plan in case["plans"]
        for component in plan["components"]
        if carried_limit(component)
    }
    found: list[Line] = []
    for payee in sorted({person["id"] for person in case["people"]}):
        for plan_id, name in sorted(names):
            found += _of_component(case, (payee, plan_id, name), taken, postings, switches)
    return found


def carried_limit(component: dict[str, Any]) -> dict[str, Any] | None:
    """The cap that carries what lies above it."""
    return next((limit for limit in component.get("limits", ()) if "carried_periods" in limit), None)


def _of_component(
    case: dict[str, Any], of: tuple[str, str, str], taken: Taken, postings: list[Posting], switches: Any
) -> list[Line]:
    payee, plan_id, name = of
    entries: list[list[Any]] = []
    found: list[Line] = []
    is_held = False
    for at, period in enumerate(days_of(case, pay_kind(case, plan_id))):
        on = [
            (plan, component)
            for number_of_day in range((period.last - period.first).days + 1)
            if (day := period.first + datetime.timedelta(days=number_of_day))
            if (person := assignment(case, payee, day)) and person["plan"] == plan_id
            if (plan := plan_on(case, plan_id, day))
            for component in plan["components"]
            if component["component_id"] == name
        ]
        if not on:
            continue
        plan, component = on[-1]
        own = [pay for credit, cause, pay in postings if who(credit) == of and (cause or credit).posted == period.name]
        is_held = is_held or None in own
        limit = carried_limit(component)
        paid = ZERO
        if limit is not None and not is_held:
            periods = int(limit["carried_periods"])
            entries = [entry for entry in entries if at - entry[0] <= periods]
            cap = cap_in(case, of, (plan, component), limit["cap"], period, switches)
            room = cap - sum((one for one in own if one is not None), ZERO)
            for entry in entries:
                part = max(min(entry[1], room - paid), ZERO)
                entry[1] -= part
                paid += part
        entries.append([at, max(taken.above.get((*of, period.name), ZERO), ZERO)])
        if is_held or paid != 0:
            method = switches(plan, component, "rounding")
            pay, counted = pay_of_period(case, plan, payee, period.last, None if is_held else paid, method)
            version = plan["version"]
            found.append(Line(None, payee, name, "", "carry", None, period.name, pay, period.last, version, counted))
    return found
