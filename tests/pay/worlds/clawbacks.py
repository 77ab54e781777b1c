"""Clawbacks for a world: contracts of deals, some cancelled, some in two, and what may be taken back."""

from __future__ import annotations

import datetime
import random
from typing import Any

AMOUNTS = (
    {"amount": "all"},
    {"amount": "ratio", "share": "33.3333 %"},
    {"amount": "unserved_term"},
    {"amount": "unpaid_cash"},
)
COUNTRY = {
    "country": "DE",
    "most_per_run": "30 %",
    "net_floor": "1",
    "consent": "not_needed",
    "termination": "stays_owed",
}


def with_clawbacks(seed: int, case: dict[str, Any], component: dict[str, Any]) -> None:
    """Give the sellers' component of some worlds a clawback, beside the triggers and the holdback that it may have."""
    draw = random.Random(f"clawbacks {seed}")
    case["conventions"]["clawback_base"] = draw.choice(("limited", "calculated"))
    # Where somebody follows who is paid after the leaver, both may owe of a sale.
    if draw.random() > (0.5 if case["conventions"]["pay_after_leaving"] == "successor" else 0.3):
        return
    rules = {
        "clawback": {"from": draw.choice(("credit", "invoice", "payment")), "within_days": "60"} | draw.choice(AMOUNTS)
    }
    country = COUNTRY | {
        "most_per_run": draw.choice(("30 %", "100 %")),
        "termination": draw.choice(("final_pay", "stays_owed")),
    }
    for plan in case["plans"]:
        if plan["plan_id"] == "seller":
            plan["components"] = [
                one | rules if one["component_id"] == component["component_id"] else one for one in plan["components"]
            ]
            plan["country"] = plan.get("country", country)
    event = component["event"]
    case["contracts"] = [
        {
            "id": f"c{number}{sale['id']}",
            "deal": sale["id"],
            "annual_value": "0",
            "owner": sale["owner"],
            "currency": sale["currency"],
            "start": sale["date"] + datetime.timedelta(draw.choice((0, 10))),
            "end": sale["date"] + datetime.timedelta(draw.choice((90, 364))),
        }
        | (
            {"cancelled": sale["date"] + datetime.timedelta(draw.choice((-1, 0, 20, 45, 60, 61, 90)))}
            if draw.random() < 0.7
            else {}
        )
        for sale in case[f"{event}s"]
        for number in range(draw.choice((0, 1, 1, 1, 1, 1, 1, 2 if draw.random() < 0.2 else 1)))
    ]
    if draw.random() < 0.2:
        case["openings"] = [
            *case.get("openings", ()),
            {
                "entry": "clawback_owed",
                "payee": "ann",
                "amount": "9",
                "date": datetime.date(2026, draw.choice((1, 4)), 1),
            },
        ]


def recompute_without_sales(draw: random.Random, case: dict[str, Any]) -> None:
    """Let some clawbacks take back what the window would earn less without the sale."""
    for plan in case["plans"]:
        for component in plan["components"]:
            if "clawback" not in component:
                continue
            curve, switches = component["curve"], case["conventions"] | component.get("conventions", {})
            one = all(
                rule.get("quota_credit", "100 %") == rule.get("pay_credit", "100 %") for rule in component["credits"]
            )
            by_points = curve["style"] in ("step", "interpolated")
            plain = by_points or curve["style"] == "retroactive"
            plain = plain or (curve["style"] == "marginal" and one and "base" not in component)
            beside = {"matrix", "intercept", "offset", "excess_over"} & set(curve)
            beside |= set() if by_points else {"target", "target_share"} & set(curve)
            beside |= {"gate", "multipliers", "limits", "event_measure", "ramp"} & set(component)
            beside |= {"limits", "gate", "multipliers"} & set(plan)
            mirrors = component["event"] == "invoice" and switches["reversal_window"] == "mirror"
            if not plain or beside or mirrors:
                continue
            if switches["negative_total"] != "zero_carried" and draw.random() < 0.8:
                component["conventions"] = component.get("conventions", {}) | {"clawback_base": "recomputed"}
