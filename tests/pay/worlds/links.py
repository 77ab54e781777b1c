"""Components that pay a rate of what another one earns."""

from __future__ import annotations

import random
from typing import Any

from tests.pay.worlds.checked import checked_plans


def add_links(draw: random.Random, case: dict[str, Any]) -> None:
    """Pay some sellers a rate of what another component earns, mostly their first, where the checks accept it."""
    if draw.random() > 0.18:
        return
    plans = [_linked(draw, plan) if plan["plan_id"] == "seller" else plan for plan in case["plans"]]
    if not checked_plans(case | {"plans": plans})[1]:
        case["plans"] = plans


def _linked(draw: random.Random, plan: dict[str, Any]) -> dict[str, Any]:
    """A plan with a linked component, perhaps with one that reads this."""
    of = draw.choice((plan["components"][0], *plan["components"]))["component_id"]
    linked = {"of": of, "rate": draw.choice(("10 %", "33.3333 %"))}
    if draw.random() < 0.3:
        linked["reads"] = "after_limits"
    lead = {"component_id": "lead", "name": "Lead", "event": "linked", "window": "month", "linked": linked}
    if draw.random() < 0.2:
        lead["triggers"] = [{"on": "days", "days": draw.choice(("0", "30")), "share": "100 %"}]
    if draw.random() < 0.2:
        lead["holdback"] = {"share": draw.choice(("20 %", "33.3333 %")), "released": "days", "days": "45"}
    if draw.random() < 0.5:
        return plan | {"components": [*plan["components"], lead]}
    linked = {
        "of": "lead",
        "rate": draw.choice(("50 %", "33.3333 %")),
        "reads": draw.choice(("before_limits", "after_limits")),
    }
    head = lead | {"component_id": "head", "name": "Head", "linked": linked}
    # The order of a plan is not the order in which components read each other.
    return plan | {"components": [*plan["components"], head, lead]}
