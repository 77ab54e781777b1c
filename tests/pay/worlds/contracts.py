"""Contracts and costs for random worlds: pay for renewals, retention as a ratio of two components, pay for margins."""

from __future__ import annotations

import datetime
import random
from typing import Any

START = datetime.date(2026, 1, 1)
AMOUNTS = ("100", "99.99", "333.33", "1000.1", "0.01", "50")


def add_contracts(draw: random.Random, case: dict[str, Any]) -> None:
    """Give one world in seven contracts, and its sellers components that read them."""
    plans = [plan for plan in case["plans"] if plan["plan_id"] == "seller"]
    if draw.random() > 0.15 or "proration_days" in case["conventions"] or not plans:
        return
    window = draw.choice(("month", "quarter", "year"))
    added = [_component(draw, name, event, window) for name, event in (("kept", "renewal"), ("due", "contract_end"))]
    if draw.random() < 0.5:
        added.append(_component(draw, "lost", "cancellation", window))
    if draw.random() < 0.6:
        tiers = [{"from": "0", "rate": "50 %"}, {"from": "90 %", "rate": "100 %"}, {"from": "110 %", "rate": "200 %"}]
        curve = {"style": "retroactive", "over": "attainment", "target": "1000", "tiers": tiers}
        ratio = {"numerator": "kept", "denominator": "due"}
        conventions = {"above_last": "extend", "below_first": "zero"}
        words = {"ratio": ratio, "curve": curve, "conventions": conventions}
        base = {"component_id": "retention", "name": "Retention", "event": "ratio"}
        added.append(base | {"window": draw.choice(("month", "quarter"))} | words)
    for plan in plans:
        plan["components"] = [*plan["components"], *added]
    case["contracts"] = _contracts(draw, plans[0]["currency"])


def add_margins(draw: random.Random, case: dict[str, Any]) -> None:
    """Give invoices costs, and their sellers a component of margins, in a fifth of the worlds that have them."""
    conventions = case["conventions"]
    plans = [plan for plan in case["plans"] if plan["plan_id"] == "seller"]
    # Invoices of bookings have the splits of their deal.
    if (
        any("deal" in invoice for invoice in case.get("invoices", ({"deal": ""},)))
        or draw.random() > 0.3
        or "proration_days" in conventions
        or not plans
    ):
        return
    for invoice in case["invoices"]:
        if draw.random() < 0.93:
            invoice["cost"] = draw.choice((invoice["amount"], "0", "10", "33.3333", "400"))
    styles = ["marginal", "retroactive"]
    if conventions["reversal_window"] == "mirror":
        styles += ["whole_event_before", "whole_event_after"]
    tiers = [{"from": "0", "rate": "5 %"}, {"from": "50", "rate": "12.3456 %"}, {"from": "300", "rate": "2.5 %"}]
    component = {
        "component_id": "profit",
        "name": "Margin",
        "event": "margin",
        "window": draw.choice(("none", "month", "quarter", "year")),
        "credits": [{"to": "seller"}, {"to": "overlay"}] if draw.random() < 0.4 else [{"to": "seller"}],
        "curve": {"style": draw.choice(styles), "over": "amount", "tiers": tiers},
    }
    if draw.random() < 0.5:
        component["triggers"] = draw.choice(
            (
                [{"on": "invoice", "share": "50 %"}, {"on": "cash", "share": "50 %"}],
                [{"on": "cash", "share": "100 %"}],
                [{"on": "invoice", "share": "0.333333333333"}, {"on": "days", "days": "40", "share": "0.666666666667"}],
            )
        )
    if draw.random() < 0.3:
        released = draw.choice(({"released": "days", "days": "45"}, {"released": "cash_in_full"}))
        component["holdback"] = {"share": "33.3333 %"} | released
    for plan in plans:
        plan["components"] = [*plan["components"], component]


def _component(draw: random.Random, name: str, event: str, window: str) -> dict[str, Any]:
    """A component that adds contracts up."""
    rules: list[dict[str, Any]] = [{"to": "seller"}]
    if draw.random() < 0.3:
        rules = [{"to": "seller", "where": {"opportunity_kind": ["renewal"]}}, {"to": "overlay"}]
    tiers = [{"from": "0", "rate": draw.choice(("1 %", "2.5 %", "0"))}, {"from": "100", "rate": "7.125 %"}]
    curve = {"style": draw.choice(("marginal", "whole_event_after")), "over": "amount", "tiers": tiers}
    return {"component_id": name, "name": name, "event": event, "window": window, "credits": rules, "curve": curve}


def _contracts(draw: random.Random, currency: str) -> list[dict[str, Any]]:
    """Contracts of half a year, some renewed, some cancelled, most at their end within the year."""
    found: list[dict[str, Any]] = []
    for at in range(draw.randint(1, 6)):
        start = START + datetime.timedelta(days=draw.choice((0, 30, 31, 59, 120)))
        contract: dict[str, Any] = {
            "id": f"c{at}",
            "start": start,
            "end": start + datetime.timedelta(days=draw.choice((89, 150, 240))),
            "annual_value": draw.choice(AMOUNTS),
            "currency": currency if draw.random() < 0.8 else "USD",
            "owner": draw.choice(("ann", "bea", "nobody")),
            "kind": draw.choice(("new", "renewal")),
        }
        if draw.random() < 0.5:
            contract["renews"] = draw.choice(("c0", "old"))
        if draw.random() < 0.3:
            contract["cancelled"] = start + datetime.timedelta(days=draw.choice((1, 40)))
        if draw.random() < 0.2:
            contract["splits"] = [{"to": "ann", "share": "50 %"}, {"to": "bea", "share": "50 %"}]
        found.append(contract)
    return found
