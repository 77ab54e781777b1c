"""Rates that rise with the months of tenure, put into a world that is otherwise drawn, with and without windows."""

from __future__ import annotations

import datetime
import random
from typing import Any

START = datetime.date(2026, 1, 1)
SHARES = ("50 %", "33.33 %", "75 %", "120 %")


def ramp_rates(draw: random.Random, case: dict[str, Any]) -> None:
    """Give the sellers' component a ramp of its rates, the same in every version, and days of hire to all."""
    components = [plan["components"][0] for plan in case["plans"] if plan["plan_id"] == "seller"]
    if draw.random() > 0.2 or not all(_has_rates(component) for component in components):
        return
    months = sorted(draw.sample(range(1, 8), draw.choice((1, 2, 3))))
    steps = [{"to_month": str(month), "rate": draw.choice(SHARES)} for month in months]
    for plan in case["plans"]:
        if plan["plan_id"] == "seller":
            plan["components"] = [plan["components"][0] | {"ramp": steps}, *plan["components"][1:]]
    case["conventions"] |= {
        "tenure_from": draw.choice(("hire_date", "plan_start")),
        "tenure_month": draw.choice(("calendar_month", "full_month")),
    }
    hired = {one["id"]: START - datetime.timedelta(days=draw.choice((0, 10, 40, 400))) for one in case["people"]}
    for person in case["people"]:
        person.setdefault("hired_on", hired[person["id"]])


def _has_rates(component: dict[str, Any]) -> bool:
    """Whether shares by tenure of what the curve pays are in this version."""
    curve = component["curve"]
    shares = [tier for tier in curve.get("tiers", ()) if "pays_share" in tier]
    return not ({"ramp", "quota", "proration"} & set(component) or {"matrix", "intercept"} & set(curve) or shares)
