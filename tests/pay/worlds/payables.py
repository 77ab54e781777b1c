"""Triggers and holdbacks for a world, with invoices of deals, payments in part and in full, and their readings."""

from __future__ import annotations

import datetime
import random
from typing import Any

TRIGGERS = (
    (("sale", "50 %"), ("cash", "50 %")),
    (("cash", "100 %"),),
    (("sale", "0.333333333333"), ("invoice", "0.333333333333"), ("cash", "0.333333333334")),
    (("sale", "40 %"), ("days", "60 %")),
)


def with_payables(seed: int, case: dict[str, Any], component: dict[str, Any]) -> None:
    """Give the sellers' component of some worlds triggers, a holdback or both."""
    draw = random.Random(f"payables {seed}")
    leaving = draw.choice(("paid", "within_days", "forfeited", "successor", "successor"))
    case["conventions"] |= {
        "earned_at": "credit",
        "rate_fixed_at": draw.choice(("credit_date", "trigger", "window_end")),
        "partial_cash": draw.choice(("prorated", "in_full")),
        "cash_total": draw.choice(("with_tax", "without_tax")),
        "pay_after_leaving": leaving,
    }
    if draw.random() > (0.7 if leaving == "successor" else 0.35):
        if leaving == "within_days":
            case["conventions"]["pay_after_leaving"] = "paid"
        return
    event = component["event"]
    rules: dict[str, Any] = {}
    if draw.random() < 0.8:
        shares = list(draw.choice(TRIGGERS))
        if event == "invoice" and any(on == "invoice" for on, _ in shares):
            shares = [("sale", "0.333333333333"), ("cash", "0.666666666667")]
        rules["triggers"] = [
            {"on": event if on == "sale" else on, "share": share} | ({"days": "40"} if on == "days" else {})
            for on, share in shares
        ]
    if not rules or draw.random() < 0.4:
        rules["holdback"] = {"share": draw.choice(("20 %", "33.3333 %"))} | draw.choice(
            ({"released": "days", "days": "45"}, {"released": "cash_in_full"})
        )
    if leaving == "successor":
        _add_successors(draw, case)
    for plan in case["plans"]:
        if plan["plan_id"] == "seller":
            plan["components"] = [
                one | rules if one["component_id"] == component["component_id"] else one for one in plan["components"]
            ]
        if leaving == "within_days" and plan["plan_id"] == "seller":
            plan["paid_within_days_of_leaving"] = "30"
    _add_money(draw, case, event)


def earn_later(draw: random.Random, case: dict[str, Any]) -> None:
    """Let the invoice or the cash earn what some components with triggers pay."""
    if draw.random() < 0.4:
        return
    for plan in case["plans"]:
        for component in plan["components"]:
            if component.get("triggers") and "credits" in component:
                at = draw.choice(("invoice", "cash")) if component["event"] == "booking" else "cash"
                component["conventions"] = component.get("conventions", {}) | {"earned_at": at}
                for row in case.get("posted", ()):
                    if row["component"] == component["component_id"] and draw.random() < 0.5:
                        row["credited"] = draw.choice(("0", "5", "40"))


def _add_successors(draw: random.Random, case: dict[str, Any]) -> None:
    """Somebody who leaves, and who follows: a colleague, one who leaves too, somebody on another plan, or nobody."""
    people = {person["id"]: person for person in case["people"]}
    ann, bea = people["ann"], people["bea"]
    ann.setdefault("leaves_on", datetime.date(2026, 1, 31) + datetime.timedelta(draw.choice((28, 59, 59, 89))))
    ann["successor"] = draw.choice(("bea", "bea", "bea", "bea", "bea", draw.choice((*people, "nobody"))))
    for sale in [*case.get("bookings", ()), *case.get("invoices", ())]:
        if draw.random() < 0.5 and sale["date"] <= ann["leaves_on"]:
            sale["owner"] = "ann"
    if draw.random() < 0.2:
        last = ann["leaves_on"] + datetime.timedelta(draw.choice((-10, 0, 30)))
        for person in case["people"]:
            if person["id"] == "bea":
                person["leaves_on"] = last
        bea["successor"] = draw.choice(("ann", *people, "nobody"))


def _add_money(draw: random.Random, case: dict[str, Any], event: str) -> None:
    """Invoices of deals, and what is paid for invoices."""
    if event == "booking":
        case["invoices"] = [
            {key: value for key, value in deal.items() if key in ("amount", "currency", "owner", "kind")}
            | {
                "id": f"i{deal['id']}",
                "deal": deal["id"],
                "date": deal["date"] + datetime.timedelta(draw.choice((0, 10, 40))),
                "tax": draw.choice(("0", "19")),
            }
            for deal in case["bookings"]
            if draw.random() < 0.7
        ]
    case["payments"] = [
        {
            "id": f"p{number}{invoice['id']}",
            "invoice": invoice["id"],
            "date": invoice["date"] + datetime.timedelta(draw.choice((0, 15, 30, 31, 90))),
            "amount": draw.choice((invoice["amount"].lstrip("-"), "19", "33.33", "0.01")),
        }
        | ({"currency": "CHF"} if draw.random() < 0.05 else {})
        for invoice in case["invoices"]
        for number in range(draw.choice((0, 1, 2, 3)))
    ]
