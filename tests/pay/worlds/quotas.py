"""Quotas, proration, ramps, targets and changes inside a window, put into a world that is otherwise drawn."""

from __future__ import annotations

import copy
import datetime
import random
from typing import Any

from tests.pay.worlds.checked import checked_plans

START = datetime.date(2026, 1, 1)
MONTHS_IN = {"month": 1, "quarter": 3, "half": 6, "year": 12}
SWITCHES = {
    "plan_version_change": ("continue", "restate", "segment"),
    "quota_change": ("continue", "restate", "segment"),
    "target_change": ("continue", "restate", "segment"),
    "transfer": ("continue", "segment", "segment"),
    "proration_days": ("window_days", "month_days", "days_360", "days_365", "working_days"),
    "start_day": ("counted", "counted", "not_counted"),
    "tenure_from": ("hire_date", "plan_start"),
    "tenure_month": ("calendar_month", "full_month"),
}


def add_quotas(draw: random.Random, case: dict[str, Any]) -> None:
    """Give the sellers' component a quota block, proration, a ramp or a personal target, in every version."""
    switches = case["conventions"]
    versions = [plan for plan in case["plans"] if plan["plan_id"] == "seller"]
    components = [plan["components"][0] for plan in versions]
    for component in components:
        component["curve"] = dict(component["curve"])
    window = components[0]["window"]
    for name, choices in SWITCHES.items():
        switches[name] = draw.choice(choices)
    if any(plan.get("draws") for plan in versions) and switches["plan_version_change"] == "restate":
        switches["plan_version_change"] = "continue"
    curves = [component["curve"] for component in components]
    if window not in MONTHS_IN or any(_pays_at_zero(curve, switches["below_first"]) for curve in curves):
        # Nothing is prorated without a calendar, or where every part would pay again; so no window is cut.
        if switches["plan_version_change"] == "segment":
            switches["plan_version_change"] = "continue"
        return
    over = components[0]["curve"]["over"]
    things = [thing for thing in ("quota", "target", "bounds") if draw.random() < 0.7]
    added: dict[str, Any] = {}
    if over == "attainment" or draw.random() < 0.3:
        added["quota"] = _quota(draw, window, case["plans"][0]["currency"])
    if "bounds" in things and (over == "attainment" or any("excess_over" in curve for curve in curves)):
        things.remove("bounds")
    if all(component["curve"].get("points", [{}])[0].get("pays_share") for component in components):
        if draw.random() < 0.5:
            for component in components:
                component["curve"].pop("target")
                component["curve"]["target_share"] = "60 %"
    elif "target" in things:
        things.remove("target")
    # A cut window needs proration of something.
    things = things or ["quota"]
    added["proration"] = {"of": things, "leaves": ["parental"]}
    if draw.random() < 0.4:
        steps = [{"to_month": "1", "rate": draw.choice(("120 %", "50 %"))}, {"to_month": str(draw.randint(2, 5))}]
        is_weighed = "quota" in things and switches["proration_days"] not in ("days_360", "days_365")
        steps[1]["quota" if is_weighed else "rate"] = draw.choice(("33.33 %", "75 %"))
        if not any("pays_share" in tier for curve in curves for tier in curve.get("tiers", ())):
            added["ramp"] = steps
    for component in components:
        component.update(added)
    _people(draw, case)
    if isinstance(added.get("quota"), dict) and draw.random() < 0.4:
        for row in [row for row in case["quotas"] if row["component"] == components[0]["component_id"]]:
            if draw.random() < 0.4:
                day = START + datetime.timedelta(days=draw.randint(1, 170))
                case["quotas"].append({**row, "quota": "120", "from": day})
        case["quotas"] = [row for row in case["quotas"] if "from" not in row or is_inside(row)]
    case["leaves"] = [
        {"payee": "ann", "kind": draw.choice(("parental", "holiday")), "from": START + datetime.timedelta(days=at)}
        | {"to": START + datetime.timedelta(days=at + draw.randint(0, 40))}
        for at in (draw.randint(0, 150), draw.randint(0, 150))
        if draw.random() < 0.4
    ]


def add_quotas_of_parts(draw: random.Random, case: dict[str, Any]) -> None:
    """Give components that a weighted attainment reads quota blocks, spread or prorated, in every version."""
    parts = {
        part["measure"]
        for plan in case["plans"]
        for one in plan["components"]
        for part in one.get("ratio", {}).get("weighted", ())
    }
    versions = [plan for plan in case["plans"] if plan["plan_id"] == "seller"]
    switches = {name: draw.choice([one for one in choices if one != "segment"]) for name, choices in SWITCHES.items()}
    if not parts or draw.random() > 0.7:
        return
    if any(plan.get("draws") for plan in versions):
        switches["plan_version_change"] = "continue"
    window = next(one["window"] for one in versions[0]["components"] if one["component_id"] in parts)
    added = {}
    for name in sorted(parts):
        added[name] = {"quota": _quota(draw, window, case["plans"][0]["currency"])}
        if draw.random() < 0.6:
            added[name]["proration"] = {"of": ["quota"], "leaves": ["parental"]}
    plans = copy.deepcopy(case["plans"])
    for plan in plans:
        if plan["plan_id"] == "seller":
            plan["components"] = [one | added.get(one["component_id"], {}) for one in plan["components"]]
    changed = case | {"plans": plans, "conventions": case["conventions"] | switches}
    if checked_plans(changed)[1]:
        return
    case |= changed
    _people(draw, case)
    # A payee's own quota goes before the plan's.
    case["quotas"] = [row for row in case["quotas"] if row["component"] not in parts or draw.random() < 0.4]
    day = START + datetime.timedelta(days=draw.randint(0, 150))
    case["leaves"] = [{"payee": "ann", "kind": "parental", "from": day, "to": day + datetime.timedelta(days=20)}]


def _pays_at_zero(curve: dict[str, Any], below_first: str) -> bool:
    """Whether the first credit of a window is paid something that is no part of its measure."""
    rows = curve.get("points") or curve.get("steps") or [{}]
    first = rows[0].get("at", rows[0].get("from", "1"))
    is_at_zero = not first.strip("0. %")
    if "points" in curve and not is_at_zero:
        return below_first in ("flat", "extend")
    return "intercept" in curve or is_at_zero


def _quota(draw: random.Random, window: str, currency: str) -> dict[str, Any]:
    """A quota block that may spread a longer period."""
    per = draw.choice([kind for kind, months in MONTHS_IN.items() if months >= MONTHS_IN[window]])
    count = MONTHS_IN[per] // MONTHS_IN[window]
    block: dict[str, Any] = {"per": per}
    if draw.random() < 0.7:
        block["amount"] = draw.choice(("1000", "777")) if currency == "JPY" else draw.choice(("1000", "333.31", "777"))
    kind = draw.choice(("even", "weights", "amounts"))
    if kind == "weights" and count > 1:
        parts = [1] * (count - 1)
        block["spread"] = {"weights": [*(f"{part * 3} %" for part in parts), f"{100 - 3 * (count - 1)} %"]}
    elif kind == "amounts" and count > 1 and block.get("amount") == "1000":
        block["spread"] = {"amounts": [*(["70"] * (count - 1)), str(1000 - 70 * (count - 1))]}
    return block


def _people(draw: random.Random, case: dict[str, Any]) -> None:
    """Targets, teams and days of hire; one seller may be hired late, or change team or target."""
    people = case["people"]
    for person in people:
        person["variable_target"] = "10000"
        person["hired_on"] = START - datetime.timedelta(days=draw.choice((0, 10, 40, 400)))
        person.setdefault("team", "north")
    if draw.random() < 0.3:
        people[0]["from"] = START + datetime.timedelta(days=draw.choice((0, 11, 18)))
        people[0]["hired_on"] = people[0]["from"]
    again = [person for person in people if person["id"] == people[1]["id"]]
    if len(again) == 1 and "leaves_on" not in people[1] and draw.random() < 0.6:
        day = START + datetime.timedelta(days=draw.randint(5, 150))
        people[1]["to"] = day - datetime.timedelta(days=1)
        again.append({**people[1], "from": day + datetime.timedelta(days=draw.choice((0, 0, 6)))})
        again[1].pop("to")
        people.append(again[1])
    if len(again) > 1:
        again[1]["hired_on"] = again[0]["hired_on"]
        again[1]["team"] = draw.choice(("north", "south"))
        again[1]["variable_target"] = draw.choice(("10000", "12345.67"))


def is_inside(row: dict[str, Any]) -> bool:
    """Whether a quota begins inside its period."""
    name = row["period"]
    if "Q" in name or "H" in name:
        length = 3 if "Q" in name else 6
        first = (int(name[-1]) - 1) * length + 1
    elif "-" in name:
        first, length = int(name[-2:]), 1
    else:
        first, length = 1, 12
    return (row["from"].month, row["from"].day) != (first, 1) and first <= row["from"].month < first + length
