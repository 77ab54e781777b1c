"""Plans that pay every quarter, half year or year, and bonuses of such windows, put into a world otherwise drawn."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterable, Iterator
from typing import Any

from tests.pay.worlds.checked import checked_plans

OF_PAY_PERIODS = ("fixed", "linked", "mbo")
MONTHS_IN = {"quarter": 3, "half": 6, "year": 12}


def pay_less_often(draw: random.Random, case: dict[str, Any]) -> None:
    """Let all plans of some worlds pay for longer periods, where nothing else forbids it.

    What worlds close is months, so that those with closed periods are left as they are.
    """
    every = draw.choice(("quarter", "quarter", "half", "year"))
    if draw.random() > 0.25 or "closed" in case:
        return
    plans = copy.deepcopy(case["plans"])
    for plan in plans:
        plan["pay_every"] = every
        for component in plan["components"]:
            if component["event"] in OF_PAY_PERIODS:
                component["window"] = every
    if not checked_plans(case | {"plans": plans})[1]:
        case["plans"] = plans
        case["objectives"] = list(_objectives_of(every, case.get("objectives", ())))


def pay_bonuses_at_the_end(draw: random.Random, case: dict[str, Any]) -> None:
    """Let fixed amounts and objectives of some worlds that pay every month be of longer windows."""
    windows = {event: draw.choice(("month", "quarter", "half", "year")) for event in ("fixed", "mbo")}
    if draw.random() > 0.3 or "pay_every" in case["plans"][0]:
        return
    plans = copy.deepcopy(case["plans"])
    for plan in plans:
        for component in plan["components"]:
            component["window"] = windows.get(component["event"], component["window"])
    if not checked_plans(case | {"plans": plans})[1]:
        case["plans"] = plans
        if windows["mbo"] != "month":
            case["objectives"] = list(_objectives_of(windows["mbo"], case.get("objectives", ())))


def _objectives_of(every: str, objectives: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Those of the last month of each longer period, as its own."""
    for row in objectives:
        year, month = row["period"][:4], int(row["period"][-2:])
        if month % MONTHS_IN[every] == 0:
            number = month // MONTHS_IN[every]
            yield row | {"period": {"quarter": f"{year}-Q{number}", "half": f"{year}-H{number}", "year": year}[every]}
