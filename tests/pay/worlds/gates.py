"""Gates that another component opens and closes, with credits that the gated one need not have."""

from __future__ import annotations

import copy
import datetime
import random
from typing import Any

from tests.pay.worlds.checked import checked_plans

WINDOWS = ("month", "quarter", "half", "year", "plan_life")
COPIED = ("event", "window", "conventions", "triggers", "holdback", "clawback")


def wait_for_another(draw: random.Random, case: dict[str, Any]) -> None:
    """Give the plans of some worlds a component more, and let it wait for the first one, or the first one for it."""
    if draw.random() > 0.35:
        return
    plans = copy.deepcopy(case["plans"])
    kinds = draw.choice((["new"], ["renewal"]))
    rate, bound = draw.choice(("4 %", "10 %")), draw.choice(("60", "120", "200.02", "500"))
    conventions = {}
    if draw.random() < 0.7:
        opening = draw.choice(("release", "release", "release", "period", "above"))
        reading = draw.choice(("event", "event", "period_end")) if opening == "release" else "event"
        closing = draw.choice(("keep", "take_back")) if opening == "release" else "keep"
        conventions = {"gate_opening": opening, "gate_reading": reading, "gate_closing": closing}
    is_first_gated, is_paid_in_part = draw.random() < 0.2, draw.random() < 0.3
    # The measure may be of a longer window than what waits for it.
    longer = random.Random(f"longer {case['case']}")
    shift = longer.choice((0, 0, 1, 2))
    for plan in plans:
        first = plan["components"][0]
        if "credits" not in first:
            continue
        other = {name: copy.deepcopy(first[name]) for name in COPIED if name in first}
        other |= {"component_id": "depth", "name": "Depth"}
        other["curve"] = {"style": "marginal", "over": "amount", "tiers": [{"from": "0", "rate": rate}]}
        other["credits"] = copy.deepcopy(first["credits"])
        if first["component_id"] == "sales":
            other["credits"] = [{"to": "seller", "where": {"opportunity_kind": kinds}}]
        gated, measured = (first, other) if is_first_gated else (other, first)
        if first["window"] in WINDOWS:
            place = WINDOWS.index(first["window"]) + (shift if is_first_gated else -shift)
            other["window"] = WINDOWS[min(max(place, 0), len(WINDOWS) - 1)]
        gated["gate"] = {"measure": measured["component_id"], "at_least": bound}
        gated["conventions"] = gated.get("conventions", {}) | conventions
        if is_paid_in_part:
            gated["gate"]["while_closed"] = "33.3333 %"
        plan["components"].append(other)
    if checked_plans(case | {"plans": plans})[1]:
        return
    case["plans"] = plans
    # Sales that follow each other closely: what waits of one is often released by another.
    name = "bookings" if "bookings" in case else "invoices"
    for owner in ("ann", "bea"):
        first_day = datetime.date(2026, draw.choice((1, 2, 5)), draw.choice((1, 8, 27)))
        for number in range(draw.choice((3, 5))):
            sale = {
                "id": f"g{owner}{number}",
                "date": first_day + datetime.timedelta(number * draw.choice((1, 2, 5))),
                "amount": draw.choice(("40", "60", "100.01", "450")),
                "currency": plans[0]["currency"],
                "owner": owner,
                "kind": draw.choice(("new", "renewal")),
            }
            case[name] = [*case[name], sale]
