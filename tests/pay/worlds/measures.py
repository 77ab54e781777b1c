"""Rules about the measure of single events, and negative totals that are carried."""

from __future__ import annotations

import random
from typing import Any

EVENTS = ("booking", "invoice", "margin", "renewal", "cancellation", "contract_end")


def is_of_one_measure(component: dict[str, Any]) -> bool:
    """Whether pay is computed on what moves the measure."""
    return "base" not in component and all(
        rule.get("quota_credit", "100 %") == rule.get("pay_credit", "100 %") for rule in component["credits"]
    )


def with_event_measures(draw: random.Random, case: dict[str, Any]) -> None:
    """Cap, lift or move the measure of single events of some components."""
    for plan in case["plans"]:
        plan["components"] = [
            component | {"event_measure": _event_measure(draw)}
            if draw.random() < 0.12
            and component["event"] in EVENTS
            and component.get("measure", "amount") == "amount"
            and is_of_one_measure(component)
            else component
            for component in plan["components"]
        ]


def _event_measure(draw: random.Random) -> dict[str, str]:
    found = {"cap": draw.choice(("70", "100.005", "1000")), "floor": draw.choice(("15", "55.5"))}
    found["offset"] = draw.choice(("-20", "-60.01", "12.5"))
    return {name: found[name] for name in draw.sample(sorted(found), draw.randint(1, 3))}


def carry_negative_totals(draw: random.Random, case: dict[str, Any]) -> None:
    """Let windows begin with what lies below zero, where every component of the world goes with that."""
    conventions = case["conventions"]
    if conventions["negative_total"] != "zero_lost" or draw.random() < 0.3:
        return
    for plan in case["plans"]:
        for component in plan["components"]:
            if component["event"] not in EVENTS or component.get("measure", "amount") != "amount":
                continue
            curve = component["curve"]
            rows = [*curve.get("tiers", ()), *curve.get("steps", ()), *curve.get("points", ())]
            if (
                component["window"] in ("none", "plan_life")
                or curve["style"] not in ("marginal", "step", "interpolated")
                or {"matrix", "offset"} & set(curve)
                or rows[0].get("from", rows[0].get("at")).startswith("-")
                or {"proration", "ramp"} & set(component)
                or isinstance(component.get("quota"), dict)
                or (component["event"] in ("invoice", "margin") and conventions["reversal_window"] != "current")
            ):
                return
    conventions["negative_total"] = "zero_carried"
