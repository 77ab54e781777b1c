"""Rules of a whole plan where some of its components pay for periods."""

from __future__ import annotations

import datetime
import random
from typing import Any

from tests.pay.worlds.checked import checked_plans

START = datetime.date(2026, 1, 1)
OF_PERIODS = ("fixed", "mbo", "ratio", "pool", "contest", "spiff", "linked")
CAPS = ("5", "20", "150", "450.555", "1200", "3000")


def add_plan_rules(draw: random.Random, case: dict[str, Any]) -> None:
    """Give plans of some worlds caps across components, factors and a gate, each where the checks accept it."""
    pays_for_periods = any(one["event"] in OF_PERIODS for plan in case["plans"] for one in plan["components"])
    if not pays_for_periods and draw.random() < 0.75:
        return
    # What is held shows no rule at work.
    if pays_for_periods and draw.random() < 0.5:
        weights = {"launch": "60 %", "train": "40 %"}
        for row in case.get("objectives", ()):
            row |= {"result": row.get("result", "75 %"), "approved_by": "boss", "weight": weights[row["objective"]]}
    for add, share in ((_caps, 0.6), (_factors, 0.5), (_gate, 0.4)):
        if draw.random() > (share if pays_for_periods else share + 0.2):
            continue
        seed, room = draw.random(), draw.choice(("as it is", "without limits", "with limits", "with limits"))
        plans = [_with_room(plan, room) for plan in case["plans"]]
        if room == "with limits":
            plans = [_with_limits(random.Random(seed), plan) for plan in plans]
        plans = [add(random.Random(seed), plan) for plan in plans]
        if not checked_plans(case | {"plans": plans})[1]:
            case["plans"] = plans
    _modifiers(draw, case)


def _with_room(plan: dict[str, Any], room: str) -> dict[str, Any]:
    """A plan without what does not go with rules of its own: interim pay, and limits or what they carry."""
    if room == "as it is":
        return plan
    components = [dict(component) for component in plan["components"]]
    for component in components:
        if room == "without limits":
            for name in ("limits", "gate"):
                component.pop(name, None)
        elif "limits" in component:
            component["limits"] = [
                {name: value for name, value in limit.items() if name != "carried_periods"}
                for limit in component["limits"]
            ]
        if component.get("conventions", {}).get("interim_pay"):
            component["conventions"] = component["conventions"] | {"interim_pay": "actual_to_date_full_quota"}
            component["ratio"] = {name: value for name, value in component["ratio"].items() if name != "interim_share"}
    return plan | {"components": components}


def _with_limits(draw: random.Random, plan: dict[str, Any]) -> dict[str, Any]:
    """A plan each of whose components of events has a limit of its own, which its rules come after."""
    components = [dict(component) for component in plan["components"]]
    for component in components:
        per = draw.choice(("event", "period", "period", "year", *(["window"] if component["window"] != "none" else [])))
        limit = {"per": per, "cap": draw.choice(CAPS)}
        if per == "event" and draw.random() < 0.5:
            limit["floor"] = "2.5"
        elif draw.random() < 0.2:
            limit["before_multipliers"] = "true"
        if draw.random() < 0.2 and per != "event":
            limit["floor"] = draw.choice(("2.5", "5"))
            limit.pop("before_multipliers", None)
        if not component.get("limits") and "credits" in component:
            component["limits"] = [limit]
    return plan | {"components": components}


def _caps(draw: random.Random, plan: dict[str, Any]) -> dict[str, Any]:
    """The plan with caps of its pay periods, its years or both, beside the floors that it has."""
    limits = {limit["per"]: dict(limit) for limit in plan.get("limits", ())}
    for per in draw.choice((("period",), ("year",), ("period", "year"))):
        limits.setdefault(per, {"per": per})["cap"] = draw.choice(CAPS)
        if draw.random() < 0.3:
            limits[per].setdefault("floor", draw.choice(("15.5", "100")))
    return plan | {"limits": list(limits.values())}


def _factors(draw: random.Random, plan: dict[str, Any]) -> dict[str, Any]:
    """The plan with factors: by an input of the payee, by what is sold, or both."""
    multipliers: list[dict[str, Any]] = []
    sales = plan["components"][0]
    if draw.random() < 0.7:
        multipliers.append({"input": "company", "lowest": "0", "highest": "2"})
    if not multipliers or draw.random() < 0.5:
        unit = " %" if sales["curve"]["over"] == "attainment" else ""
        tiers = [{"from": "0", "factor": "0.75"}, {"from": f"60{unit}", "factor": draw.choice(("1.25", "1.333333"))}]
        multipliers.append({"measure": sales["component_id"], "tiers": tiers})
    return plan | {"multipliers": multipliers}


def _gate(draw: random.Random, plan: dict[str, Any]) -> dict[str, Any]:
    """The plan with a gate, which a sale or two open, mostly not the first."""
    sales = plan["components"][0]
    unit = " %" if sales["curve"]["over"] == "attainment" else ""
    bound = draw.choice(("20", "50", "100", "200"))
    gate = {"measure": sales["component_id"], "at_least": f"{bound}{unit}"}
    if draw.random() < 0.4:
        gate["while_closed"] = draw.choice(("50 %", "33.3333 %"))
    return plan | {"gate": gate}


def _modifiers(draw: random.Random, case: dict[str, Any]) -> None:
    """The company's factor of each payee."""
    rows = [
        {
            "payee": payee,
            "name": "company",
            "factor": draw.choice(("0.9", "1.123456", "1.5", "1.5", "0", "2.5")),
            "approved_by": draw.choice(("hr", "hr", "hr", "hr", "hr", payee)),
            "from": START + datetime.timedelta(days=draw.choice((0, 0, 0, 40))),
        }
        for payee in ("ann", "bea")
    ]
    case["modifiers"] = [*case.get("modifiers", ()), *rows]
