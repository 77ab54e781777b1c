"""Worlds with accounts, products, teams and credit rules that look at them."""

from __future__ import annotations

import copy
import datetime
import random
from typing import Any

from tests.pay.worlds.checked import checked_plans

COUNTRIES = ("DE", "FR")
TEAMS = ("north", "south")


def with_crediting(draw: random.Random, case: dict[str, Any], start: datetime.date) -> None:
    """Give a world accounts, lines of deals, teams, and rules of its plans that read them; in place."""
    if draw.random() >= 0.4:
        return
    case["accounts"] = [
        {"id": "a1", "country": "DE", "segment": "large"},
        {"id": "a2", "country": "FR"},
        {"id": "a3", "segment": "small"},
    ]
    case["products"] = [{"id": "p1", "family": "cloud"}, {"id": "p2", "family": "desk"}, {"id": "p3"}]
    case["conventions"]["credited_twice"] = draw.choice(("held", "first_rule", "each_rule"))
    for person in case["people"]:
        for name in ("team", "region", "territory"):
            if draw.random() < 0.8:
                person[name] = draw.choice(TEAMS)
    for event in (*case.get("bookings", ()), *case.get("invoices", ())):
        if draw.random() < 0.8:
            event["account"] = draw.choice(("a1", "a2", "a3"))
        if draw.random() < 0.7:
            event["lines"] = _lines(draw, event["amount"])
    _decorate_managers(draw, case)
    _add_specialists(draw, case, start)


def credit_years(draw: random.Random, case: dict[str, Any]) -> None:
    """Let some worlds sell for several years, and credit each year with a share of its own."""
    if "bookings" not in case or draw.random() > 0.15:
        return
    plans = copy.deepcopy(case["plans"])
    for plan in plans:
        for component in plan["components"]:
            for rule in component.get("credits", ()):
                if draw.random() < 0.7:
                    rule["year_credit"] = draw.choice((["100 %"], ["100 %", "50 %", "33.3333 %"], ["0", "100 %"]))
    if checked_plans(case | {"plans": plans})[1]:
        return
    case["plans"] = plans
    for event in case["bookings"]:
        if draw.random() < 0.95:
            event["term_months"] = draw.choice((1, 12, 12, 13, 24, 36, 36, 60))


def _lines(draw: random.Random, amount: str) -> list[dict[str, str]]:
    """Lines that add up to a deal, or now and then do not."""
    products = ["p1", "p2", "p3"] if draw.random() < 0.9 else ["p1", "p9"]
    luck = draw.random()
    if luck < 0.4:
        return [{"product": draw.choice(products), "amount": amount}]
    if luck < 0.9:
        # Two lines and one that takes them back again: they add up to the deal.
        return [
            {"product": draw.choice(products), "amount": amount},
            {"product": draw.choice(products), "amount": "12.34"},
            {"product": draw.choice(products), "amount": "-12.34"},
        ]
    return [{"product": draw.choice(products), "amount": "1"}]


def _where(draw: random.Random, event: str, start: datetime.date) -> dict[str, Any]:
    """A filter."""
    fields: dict[str, Any] = {
        "country": draw.choice((["DE"], ["DE", "FR"], {"not": ["DE"]})),
        "segment": draw.choice((["large"], {"not": ["large", "small"]})),
        "account": draw.choice((["a1", "a2"], {"not": ["a3"]})),
        "opportunity_kind": draw.choice((["new"], {"not": ["new"]})),
        "territory": draw.choice(("own", ["north"], {"not": ["north"]})),
        "region": draw.choice(("own", ["south"])),
        "team": draw.choice(("own", ["south"])),
        "amount": draw.choice(({"from": "50"}, {"from": "0", "to": "100"}, {"to": "99.99"})),
        "date": draw.choice(
            ({"from": start + datetime.timedelta(days=30)}, {"to": start + datetime.timedelta(days=89)})
        ),
        "product": draw.choice((["p1"], ["p1", "p2"], {"not": ["p1"]})),
        "product_family": draw.choice((["cloud"], {"not": ["desk"]})),
    }
    return {name: fields[name] for name in draw.sample(sorted(fields), draw.choice((1, 1, 2)))}


def _decorate_managers(draw: random.Random, case: dict[str, Any]) -> None:
    """Levels with shares of their own."""
    for plan in case["plans"]:
        for component in plan["components"]:
            for rule in component.get("credits", ()):
                if rule["to"] == "manager" and draw.random() < 0.5:
                    levels = int(rule["levels"])
                    rule["level_credit"] = [draw.choice(("100 %", "50 %", "33.3333 %")) for _ in range(levels)]


def _without_idle_bounds(curve: dict[str, Any]) -> dict[str, Any]:
    """A marginal curve whose tiers name no boundary: with one measure it changes nothing, and is refused."""
    if curve["style"] != "marginal":
        return curve
    return {**curve, "tiers": [{key: row[key] for key in row if key != "boundary"} for row in curve["tiers"]]}


def _add_specialists(draw: random.Random, case: dict[str, Any], start: datetime.date) -> None:
    """A plan of people who are credited for what others sell."""
    sold = case["plans"][0]["components"][0]
    rules: list[dict[str, Any]] = []
    if draw.random() < 0.7:
        rules.append({"to": "coverage", "where": _where(draw, sold["event"], start)})
    if draw.random() < 0.5 or not rules:
        rules.append({"to": "team"})
    if draw.random() < 0.4:
        where = {name: one for name, one in _where(draw, sold["event"], start).items() if one != "own"}
        rules.append({"to": "seller", "where": where})
    draw.shuffle(rules)
    component = {**sold, "component_id": "special", "credits": rules, "curve": _without_idle_bounds(sold["curve"])}
    for rule in rules:
        rule["pay_credit"] = rule["quota_credit"] = draw.choice(("100 %", "50 %"))
    plan = {**case["plans"][0], "plan_id": "special", "version": "1", "components": [component]}
    plan.pop("valid_to", None)
    case["plans"].append(plan)
    # One of the sellers may be a specialist too: then nobody sells by the first plan any more.
    case["people"].append({"id": "sam", "plan": "special", "team": draw.choice(TEAMS), "territory": "north"})
    if draw.random() < 0.3:
        for person in case["people"]:
            if person["id"] == "ann":
                person["plan"] = "special"
    periods = {row["period"] for row in case["quotas"]}
    case["quotas"] = [
        row for row in case["quotas"] if row["payee"] != "ann" or case["people"][0]["plan"] != "special"
    ] + [
        {"payee": person, "component": "special", "period": period, "quota": "100"}
        for person in sorted({one["id"] for one in case["people"] if one["plan"] == "special"})
        for period in sorted(periods)
    ]
