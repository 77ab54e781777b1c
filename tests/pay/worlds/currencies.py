"""Worlds whose rates are inverse, crossed, averaged, old or absent, and whose payees are paid in other currencies."""

from __future__ import annotations

import datetime
import random
from typing import Any

PIVOT = "GBP"
PAID_IN = ("CHF", "JPY", "KWD", "SEK")
KINDS = ("spot", "spot", "average")
RATES = ("0.912345", "1.0875", "161.5", "0.334567891234", "7", "0.61")


def with_currencies(seed: int, case: dict[str, Any], start: datetime.date) -> None:
    """Give some worlds other rates, and some of those payouts in other currencies; in place."""
    draw = random.Random(f"currencies {seed}")
    if draw.random() > 0.55:
        return
    case["conventions"]["credit_rate_day"] = draw.choice(("sale_date", "sale_date", "period_start", "period_end"))
    case["conventions"]["payout_rate_day"] = draw.choice(("sale_date", "sale_date", "period_start", "period_end"))
    currency = case["plans"][0]["currency"]
    if draw.random() < 0.5:
        # Then dollars come in by the opposite rate or through the pivot, or not at all.
        case["rates"] = []
    paid_in = [one for one in PAID_IN if one != currency]
    for one, other in [
        *(("USD", currency), (currency, "USD"), ("USD", PIVOT), (PIVOT, currency), (currency, PIVOT)),
        *((currency, one) for one in paid_in),
        *((one, currency) for one in paid_in),
        *((PIVOT, one) for one in paid_in),
        *((one, PIVOT) for one in paid_in),
    ]:
        if draw.random() < 0.7:
            case["rates"] += _quotes(draw, one, other, start)
    case["rates"] = list(
        {(row.get("kind"), row["from"], row["to"], row["date"]): row for row in case["rates"]}.values()
    )
    for plan in case["plans"]:
        if draw.random() < 0.7:
            plan["rates"] = _words(draw)
    _pay_elsewhere(draw, case, paid_in)


def _quotes(draw: random.Random, one: str, other: str, start: datetime.date) -> list[dict[str, Any]]:
    """Rates of a pair, from the first day on or from a later one."""
    days = sorted(draw.sample((0, 0, 0, 10, 31, 59, 90, 120), draw.choice((1, 2))))
    kind = draw.choice(KINDS)
    return [
        {"from": one, "to": other, "date": start + datetime.timedelta(days=day), "rate": draw.choice(RATES)}
        | ({} if kind == "spot" else {"kind": kind})
        for day in dict.fromkeys(days)
    ]


def _words(draw: random.Random) -> dict[str, str]:
    """What a plan says about rates."""
    words = {"kind": draw.choice(KINDS)}
    if draw.random() < 0.7:
        words["inverse"] = "true"
    if draw.random() < 0.7:
        words["pivot"] = PIVOT
    if draw.random() < 0.2:
        words["valid_days"] = draw.choice(("1", "31", "90"))
    return words


def _pay_elsewhere(draw: random.Random, case: dict[str, Any], paid_in: list[str]) -> None:
    """Payouts in a currency of the plan or of each payee."""
    if draw.random() < 0.1:
        return
    draws = [one for plan in case["plans"] for one in plan.get("draws", ())]
    conventions = case["conventions"]
    if draws and (conventions["draw_disbursement"], conventions["payout_rate_day"]) == ("in_advance", "period_end"):
        # Else it would be paid before its rate is known.
        conventions["payout_rate_day"] = "sale_date"
    # A target would have to be in the payee's currency too.
    has_targets = any("variable_target" in person for person in case["people"])
    own = {person["id"]: draw.choice([case["plans"][0]["currency"], *paid_in]) for person in case["people"]}
    payouts: dict[str, str] = {}
    for plan in case["plans"]:
        choices = paid_in if has_targets else [*paid_in, *["payee"] * len(paid_in)]
        currency = payouts.setdefault(plan["plan_id"], draw.choice(choices))
        plan["payout"] = {"currency": currency} | ({"rates": _words(draw)} if draw.random() < 0.5 else {})
        if "country" in plan:
            # Payees of another currency than the floor's are held.
            stands_in = own["ann"] if currency == "payee" else currency
            plan["country"] = plan["country"] | {"net_floor_currency": stands_in}
    for person in case["people"]:
        if not has_targets:
            person["pay_currency"] = own[person["id"]]
    plan_of = {person["id"]: person["plan"] for person in case["people"]}
    for row in [*case.get("posted", ()), *case.get("openings", ())]:
        currency = payouts[plan_of[row["payee"]]]
        row["currency"] = own[row["payee"]] if currency == "payee" else currency
