"""Gates, multipliers and limits of what pays for periods, and of what is paid of another component's pay."""

from __future__ import annotations

import datetime
import random
from typing import Any

from tests.pay.worlds.checked import checked_plans

START = datetime.date(2026, 1, 1)
RULED = ("fixed", "mbo", "ratio", "pool", "contest", "spiff", "linked")
WINDOWS = ("month", "quarter", "half", "year", "plan_life")
SWITCHES = {
    "gate_boundary": ("upper", "lower"),
    "gate_opening": ("release", "release", "period"),
    "gate_closing": ("keep", "take_back"),
    "multiplier_boundary": ("upper", "lower"),
    "multipliers_combine": ("multiply", "add"),
    "cap_excess": ("lost", "lost", "carried"),
}


def add_period_rules(draw: random.Random, case: dict[str, Any]) -> None:
    """Give what some worlds pay for periods rules beyond the curve, in every version."""
    if draw.random() > 0.6:
        return
    if draw.random() < 0.7:
        # What is held shows no rule at work.
        weights = {"launch": "60 %", "train": "40 %"}
        for row in case.get("objectives", ()):
            row |= {"result": row.get("result", "75 %"), "approved_by": "boss", "weight": weights[row["objective"]]}
    names = sorted({one["component_id"] for plan in case["plans"] for one in plan["components"]})
    for name in names:
        if draw.random() < 0.2:
            continue
        seed = draw.random()
        plans = [
            plan
            | {
                "components": [
                    _ruled(random.Random(seed), one, plan)
                    if one["component_id"] == name and one["event"] in RULED
                    else one
                    for one in plan["components"]
                ]
            }
            for plan in case["plans"]
        ]
        if not checked_plans(case | {"plans": plans})[1]:
            case["plans"] = plans
    case.setdefault(
        "modifiers",
        [
            {
                "payee": payee,
                "name": "quality",
                "factor": draw.choice(("0.9", "1.123456", "1.5", "1.5", "2.5")),
                "approved_by": draw.choice(("hr", "hr", "hr", "hr", "hr", payee)),
                "from": START + datetime.timedelta(days=draw.choice((0, 0, 40))),
            }
            for payee in ("ann", "bea")
        ],
    )


def _ruled(draw: random.Random, component: dict[str, Any], plan: dict[str, Any]) -> dict[str, Any]:
    """A component with some rules."""
    switches = {name: draw.choice(choices) for name, choices in SWITCHES.items()}
    if component["event"] == "spiff":
        # Its lines are of events, and may be ruled deal by deal.
        switches |= {name: draw.choice(("event", "period_end")) for name in ("gate_reading", "multiplier_reading")}
        if switches["gate_reading"] == "event":
            switches["gate_opening"] = draw.choice(("release", "period", "event", "above"))
    if switches["gate_opening"] != "release":
        switches["gate_closing"] = "keep"
    found = component | {"conventions": component.get("conventions", {}) | switches}
    sales = plan["components"][0]
    unit = " %" if sales["curve"]["over"] == "attainment" else ""
    is_read = sales["window"] in WINDOWS and WINDOWS.index(sales["window"]) >= WINDOWS.index(component["window"])
    if is_read and draw.random() < 0.6:
        # A sale or two reach it, mostly not the first.
        found["gate"] = {
            "measure": sales["component_id"],
            "at_least": f"{draw.choice(('20', '50', '100', '200'))}{unit}",
        }
        if draw.random() < 0.4 and found["conventions"].get("contest_gate") != "before_ranking":
            found["gate"]["while_closed"] = draw.choice(("50 %", "33.3333 %"))
    multipliers: list[dict[str, Any]] = []
    # Nothing may pay more than a budget.
    has_budget = "budget" in component.get("contest", component.get("spiff", {}))
    if is_read and draw.random() < 0.5:
        factors = draw.choice((("0.5", "0.912345"),) if has_budget else (("0.5", "1.25"), ("1", "1.333333")))
        tiers = [{"from": "0", "factor": factors[0]}, {"from": f"60{unit}", "factor": factors[1]}]
        multipliers.append({"measure": sales["component_id"], "tiers": tiers})
    if draw.random() < 0.4:
        multipliers.append({"input": "quality", "lowest": "0.5", "highest": "1" if has_budget else "2"})
    if component["event"] == "spiff" and draw.random() < 0.5:
        factor = draw.choice(("0", "0.912345") if has_budget else ("0", "0.5", "1.333333"))
        multipliers.append({"where": {"opportunity_kind": [draw.choice(("new", "renewal"))]}, "factor": factor})
    if multipliers:
        found["multipliers"] = multipliers
    limits: list[dict[str, Any]] = []
    for per in ("period", "window", "year"):
        for before in (False, True):
            if draw.random() > 0.25:
                continue
            is_carried = switches["cap_excess"] == "carried"
            if is_carried and (per != "period" or before):
                continue
            limit = {"per": per, "cap": draw.choice(("200", "450.55", "1200"))}
            if is_carried:
                limit["carried_periods"] = draw.choice(("1", "3"))
            if before:
                limit["before_multipliers"] = "true"
            elif not has_budget and draw.random() < 0.5:
                limit["floor"] = draw.choice(("25.5", "100"))
            limits.append(limit)
    if not has_budget and draw.random() < 0.2 and not any(limit["per"] == "period" for limit in limits):
        limits.append({"per": "period", "floor": "77.77"})
    if limits:
        found["limits"] = limits
    return found
