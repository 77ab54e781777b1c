"""Worlds in which sales are counted: pay for each, or on amounts at tiers of their number."""

from __future__ import annotations

import copy
import random
from decimal import Decimal
from typing import Any

from tests.pay.worlds.checked import checked_plans

# Bounds and quotas of amounts become those of a few sales.
AMOUNT_OF_ONE = 40


def count_sales(draw: random.Random, case: dict[str, Any]) -> None:
    """Count the sales of some worlds, where nothing else forbids it."""
    if draw.random() > 0.15:
        return
    base = draw.choice(("count", "amount"))
    plans = copy.deepcopy(case["plans"])
    counted: set[str] = set()
    for plan in plans:
        for component in plan["components"]:
            if component["event"] in ("booking", "invoice") and component["component_id"] in (
                "sales",
                "team",
                "special",
            ):
                counted.add(component["component_id"])
                _count(component, base)
    if counted and not checked_plans(case | {"plans": plans})[1]:
        case["plans"] = plans
        for row in case["quotas"]:
            if row["component"] in counted:
                row["quota"] = _fewer(row["quota"])


def _count(component: dict[str, Any], base: str) -> None:
    """Let a component count; in place."""
    component["measure"] = "count"
    curve = component["curve"]
    if base == "amount" and curve["style"] not in ("step", "interpolated"):
        component["base"] = "amount"
    for row in (*curve.get("tiers", ()), *curve.get("steps", ()), *curve.get("points", ())):
        if curve["over"] == "amount":
            row.update({name: _fewer(row[name]) for name in ("from", "to", "at") if name in row})
        if "base" not in component and "rate" in row:
            row["per_unit"] = row.pop("rate").removesuffix(" %")


def _fewer(amount: str) -> str:
    """A bound of amounts as one of counted sales, to four decimals."""
    return str(round(Decimal(amount) / AMOUNT_OF_ONE, 4))
