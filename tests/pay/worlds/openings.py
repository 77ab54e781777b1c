"""Openings for a world: what an earlier system made of a window, in plans that mostly begin on that day."""

from __future__ import annotations

import datetime
import random
from typing import Any

WAITS = ("triggers", "holdback", "clawback")


def with_openings(draw: random.Random, case: dict[str, Any]) -> None:
    """Open the sellers' first component in some worlds, mostly as the checks of openings want it."""
    plans = [plan for plan in case["plans"] if plan["plan_id"] == "seller"]
    if any("gate" in one and "credits" not in one for plan in plans for one in plan["components"]):
        # Which of them releases pay of earlier periods, an opening or a period's own pay, is not settled.
        return
    component = plans[0]["components"][0]
    limits = [limit for rule in (plans[0], component) for limit in rule.get("limits", ())]
    has_window = component["window"] not in ("none", "month")
    has_cap = any(limit["per"] == "year" and "cap" in limit for limit in limits)
    is_fit = (has_window or has_cap) and not any(component.get(name) for name in WAITS)
    is_fit = is_fit and not any("floor" in limit for limit in limits) and not case.get("closed")
    if draw.random() > (0.8 if is_fit else 0.08):
        return
    day = datetime.date(2026, draw.choice((2, 2, 3, 5, 5)), 2 if draw.random() < 0.03 else 1)
    # A version that restates reaches back before the first one.
    if (
        draw.random() < 0.95
        and not case.get("closed")
        and case["conventions"]["plan_version_change"] != "restate"
        and day <= plans[0].get("valid_to", day)
    ):
        plans[0]["valid_from"] = day
    entries = [
        {"entry": kind, "payee": payee, "component": component["component_id"], "date": day, "amount": amount}
        for payee in ("ann", "bea")
        if draw.random() < 0.8
        for kind, amount in _amounts(draw, has_window, has_cap).items()
    ]
    if entries and draw.random() < 0.03:
        entries.append({**entries[0], "amount": "1"})
    if entries and draw.random() < 0.03:
        entries[0]["currency"] = "CHF"
    case["openings"] = [*case.get("openings", ()), *entries]


def _amounts(draw: random.Random, has_window: bool, has_cap: bool) -> dict[str, str]:
    """The entries of one payee."""
    if draw.random() < (0.05 if has_window else 0.95):
        return {"cap_used": draw.choice(("11", "150"))}
    measure = draw.choice(("0", "30", "60", "99.99", "100", "120", "-10"))
    found = {"quota_credit": measure}
    if draw.random() < 0.96:
        found["pay_credit"] = measure if draw.random() < 0.6 else draw.choice(("0", "12.34", "60"))
    if draw.random() < 0.75:
        found["earned"] = draw.choice(("0", "3", "4.567", "50"))
    if draw.random() < (0.8 if has_cap else 0.1):
        found["cap_used"] = draw.choice(("0", "7", "100"))
    return found
