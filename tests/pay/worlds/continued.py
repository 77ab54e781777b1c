"""Quotas that change inside a window and continue, beside rules that read shares of them."""

from __future__ import annotations

import copy
import datetime
import random
from typing import Any

from tests.pay.worlds.checked import checked_plans
from tests.pay.worlds.quotas import is_inside

START = datetime.date(2026, 1, 1)


def continue_quotas(draw: random.Random, case: dict[str, Any]) -> None:
    """Let the first component of some plans have quotas from days inside their periods, and rules by shares of them."""
    if draw.random() > 0.3:
        return
    plans = copy.deepcopy(case["plans"])
    name = plans[0]["components"][0]["component_id"]
    for plan in plans:
        for component in plan["components"]:
            if component["component_id"] == name and "credits" in component:
                component.setdefault("quota", {"amount": draw.choice(("100", "333.31"))})
                component["conventions"] = component.get("conventions", {}) | {"quota_change": "continue"}
        for rules in (plan, *plan["components"]):
            _read_shares(draw, rules, name)
    if checked_plans(case | {"plans": plans})[1]:
        return
    case["plans"] = plans
    for row in [row for row in case["quotas"] if row["component"] == name and "from" not in row]:
        for _ in range(draw.choice((0, 1, 1, 2))):
            day = START + datetime.timedelta(days=draw.choice((5, 20, 30, 40, 58, 75, 90, 121, 160)))
            later = {**row, "quota": draw.choice(("40", "120", "250")), "from": day}
            if is_inside(later) and later["from"] not in [one.get("from") for one in case["quotas"]]:
                case["quotas"].append(later)


def _read_shares(draw: random.Random, rules: dict[str, Any], name: str) -> None:
    """Write the bounds of a gate and of factors as attainment."""
    if draw.random() < 0.2:
        return
    gate = rules.get("gate")
    if gate and gate.get("measure", rules.get("component_id")) == name and not gate["at_least"].endswith("%"):
        gate["at_least"] += " %"
    for multiplier in rules.get("multipliers", ()):
        for tier in multiplier.get("tiers", ()) if multiplier.get("measure", rules.get("component_id")) == name else ():
            if tier["from"] != "0" and not tier["from"].endswith("%"):
                tier["from"] += " %"
