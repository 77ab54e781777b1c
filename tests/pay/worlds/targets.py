"""Targets of objectives and ratios: the payee's own, prorated, and changed inside a window."""

from __future__ import annotations

import datetime
import random
from typing import Any

START = datetime.date(2026, 1, 1)
SWITCHES = {
    "target_change": ("continue", "restate"),
    "proration_days": ("window_days", "month_days", "days_360", "days_365", "working_days"),
    "start_day": ("counted", "counted", "not_counted"),
}


def add_targets(draw: random.Random, case: dict[str, Any]) -> None:
    """Give objectives and ratios of some worlds targets of the payee, or prorated ones, in every version."""
    if draw.random() > 0.6:
        return
    paid = {
        one["component_id"]: one
        for plan in case["plans"]
        for one in plan["components"]
        if one["event"] in ("mbo", "ratio")
    }
    changed = {name: _with_target(draw, one) for name, one in paid.items() if draw.random() < 0.8}
    if not changed:
        return
    for plan in case["plans"]:
        plan["components"] = [changed.get(one["component_id"], one) for one in plan["components"]]
    _people(draw, case)
    _ramp(random.Random(f"ramped {case['case']}"), case)
    if draw.random() < 0.5:
        first = START + datetime.timedelta(days=draw.randint(0, 150))
        last = first + datetime.timedelta(days=draw.randint(0, 70))
        case["leaves"] = [
            {"payee": payee, "kind": draw.choice(("parental", "parental", "holiday")), "from": first, "to": last}
            for payee in draw.sample(("ann", "bea"), draw.choice((1, 2)))
        ]


def _with_target(draw: random.Random, component: dict[str, Any]) -> dict[str, Any]:
    """A component with a target that is not the same for everybody."""
    curve = dict(component["curve"])
    if curve["style"] == "step":
        curve["steps"] = [
            {"from": "33.3333 %", "pays_share": draw.choice(("20 %", "0.333333"))},
            {"from": "80 %", "pays_share": "1"},
        ]
        curve["target"] = draw.choice(("1000", "333.33"))
    is_prorated = draw.random() < 0.7
    if not is_prorated or draw.random() < 0.6:
        curve.pop("target")
        curve["target_share"] = draw.choice(("60 %", "33.3333 %", "1"))
    found = component | {"curve": curve}
    if is_prorated:
        found["proration"] = {"of": ["target"], "leaves": draw.choice((["parental"], ["parental", "holiday"], []))}
    switches = {name: draw.choice(choices) for name, choices in SWITCHES.items()}
    return found | {"conventions": component.get("conventions", {}) | switches}


def _ramp(draw: random.Random, case: dict[str, Any]) -> None:
    """Let newcomers be paid a share of what they are by month of tenure, in every version, where windows are months."""
    ramps: dict[str, dict[str, Any]] = {}
    for plan in case["plans"]:
        for place, one in enumerate(plan["components"]):
            name = one["component_id"]
            if one["event"] not in ("mbo", "ratio") or one["window"] != "month":
                continue
            if name not in ramps:
                steps = [
                    {"to_month": str(month), "rate": draw.choice(("50 %", "33.33 %", "120 %", "0"))}
                    for month in sorted(draw.sample(range(1, 8), draw.choice((1, 2, 3))))
                ]
                switches = {
                    "tenure_from": draw.choice(("hire_date", "plan_start")),
                    "tenure_month": draw.choice(("calendar_month", "full_month")),
                }
                ramps[name] = {"ramp": steps, "conventions": switches} if draw.random() < 0.5 else {}
            if ramps[name]:
                conventions = one.get("conventions", {}) | ramps[name]["conventions"]
                plan["components"][place] = one | ramps[name] | {"conventions": conventions}
    hired = {one["id"]: START - datetime.timedelta(days=draw.choice((0, 10, 40, 400))) for one in case["people"]}
    for person in case["people"]:
        person["hired_on"] = hired[person["id"]]


def _people(draw: random.Random, case: dict[str, Any]) -> None:
    """Targets of the payees; one may be hired late or move to another team, and what one has may change."""
    people = case["people"]
    for person in people:
        person["variable_target"] = draw.choice(("12000", "10000.01", "777"))
        if draw.random() < 0.03:
            person.pop("variable_target")
    if draw.random() < 0.4:
        people[0]["from"] = START + datetime.timedelta(days=draw.choice((0, 11, 18)))
    again = [person for person in people if person["id"] == people[1]["id"]]
    if len(again) == 1 and "leaves_on" not in people[1] and draw.random() < 0.6:
        day = START + datetime.timedelta(days=draw.randint(5, 150))
        people[1]["to"] = day - datetime.timedelta(days=1)
        later = {**people[1], "from": day + datetime.timedelta(days=draw.choice((0, 0, 6)))}
        later.pop("to")
        later["variable_target"] = draw.choice(("12000", "24000"))
        if draw.random() < 0.4:
            later["team"] = draw.choice(("north", "south"))
        people.append(later)
