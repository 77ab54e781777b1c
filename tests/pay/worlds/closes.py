"""Closed periods for a world: what was posted for them is sometimes what they recompute to, and mostly not."""

from __future__ import annotations

import random
from typing import Any


def with_closes(seed: int, case: dict[str, Any]) -> None:
    """Close the first months of some worlds."""
    draw = random.Random(f"closes {seed}")
    if draw.random() > 0.3:
        return
    closed = [f"2026-{month:02d}" for month in range(1, draw.randint(2, 6))]
    components = {plan["plan_id"]: plan["components"][0]["component_id"] for plan in case["plans"]}
    payees = {person["id"]: components[person["plan"]] for person in case["people"]}
    case["closed"] = closed
    case["posted"] = [
        {"payee": payee, "component": component, "period": period, "earned": draw.choice(("0", "3", "-2", "11", "40"))}
        | ({"adjusts": draw.choice(closed[:at])} if at and draw.random() < 0.2 else {})
        | ({"payable": draw.choice(("0", "3", "17.5"))} if draw.random() < 0.9 else {})
        for payee, component in payees.items()
        for at, period in enumerate(closed)
        if draw.random() < 0.6
    ]
