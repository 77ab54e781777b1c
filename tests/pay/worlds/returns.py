"""Returns in the window of their sale, where other terms have gone on with it since."""

from __future__ import annotations

import copy
import datetime
import random
from typing import Any

from tests.pay.worlds.checked import checked_plans

START = datetime.date(2026, 1, 1)


def return_after_changes(draw: random.Random, case: dict[str, Any]) -> None:
    """Give worlds with invoices a second version of the sellers' plan, and returns of earlier sales."""
    if not case.get("invoices") or draw.random() > 0.8:
        return
    plans = copy.deepcopy(case["plans"])
    conventions = case["conventions"] | {"reversal_window": "origin"}
    sellers = [plan for plan in plans if plan["plan_id"] == "seller"]
    if len(sellers) == 1 and draw.random() < 0.8:
        day = START + datetime.timedelta(days=draw.randint(20, 150))
        later = copy.deepcopy(sellers[0]) | {"version": "2", "valid_from": day}
        sellers[0]["valid_to"] = day - datetime.timedelta(days=1)
        for component in later["components"]:
            _other_rates(draw, component.get("curve", {}))
        plans.insert(plans.index(sellers[0]) + 1, later)
    for plan in plans:
        for component in plan["components"]:
            if component.get("curve", {}).get("style") == "marginal":
                for rule in component.get("credits", ()):
                    rule["pay_credit"] = rule.get("quota_credit", "100 %")
    if checked_plans(case | {"plans": plans, "conventions": conventions})[1]:
        return
    case["plans"], case["conventions"] = plans, conventions
    notes = case.setdefault("credit_notes", [])
    changes = [plan["valid_from"] for plan in plans if plan["plan_id"] == "seller"][1:] or [START]
    for number in range(draw.choice((0, 3, 5))):
        case["invoices"].append(
            {
                "id": f"v{draw.randint(0, 9)}{number}",
                "date": max(START, changes[0] + datetime.timedelta(days=draw.choice((-30, -10, -1, 0, 5, 15)))),
                "amount": draw.choice(("60", "80", "120.05")),
                "currency": plans[0]["currency"],
                "owner": "ann",
                "kind": "new",
            }
        )
    for invoice in case["invoices"]:
        for number in range(draw.choice((0, 1, 1, 2))):
            part = draw.choice((invoice["amount"], "10", "25.5"))
            if float(invoice["amount"]) > 0:
                day = invoice["date"] + datetime.timedelta(days=draw.choice((10, 20, 30, 70, 120)))
                notes.append({"id": f"r{number}{invoice['id']}", "invoice": invoice["id"], "date": day, "amount": part})


def _other_rates(draw: random.Random, curve: dict[str, Any]) -> None:
    """Change what a curve pays."""
    for tier in curve.get("tiers", ()):
        if "rate" in tier:
            tier["rate"] = draw.choice(("1 %", "4 %", "7.5 %", "12 %"))
    for step in curve.get("steps", ()):
        if "pays" in step:
            step["pays"] = str(draw.randint(1, 400))
