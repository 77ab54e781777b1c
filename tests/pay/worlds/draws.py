"""Draws for a world: every style and reading, personal amounts, opening balances, consents."""

from __future__ import annotations

import datetime
import random
from typing import Any

STYLES = ("guarantee", "protected", "protected", "in_full", "in_full_top_up", "on_top")
AMOUNTS = ("5", "20", "100", "400")


def with_draws(seed: int, case: dict[str, Any]) -> None:
    """Give the sellers' plan of some worlds draws."""
    draw = random.Random(f"draws {seed}")
    case["conventions"] |= {
        "draw_adjustments": draw.choice(("feed", "feed", "beside")),
        "draw_disbursement": draw.choice(("at_settlement", "in_advance")),
        "draw_negative": draw.choice(("topped_up", "carried")),
        "draw_posting": draw.choice(("net", "gross")),
        "draw_end": draw.choice(("owed", "forgiven", "final_pay")),
    }
    if case["conventions"]["draw_adjustments"] == "beside":
        case["conventions"]["draw_disbursement"] = "at_settlement"
    if draw.random() > 0.35:
        return
    count = draw.choice((1, 1, 1, 2, 3))
    names = [(f"draw{number}", draw.choice(STYLES)) for number in range(count)]
    country = {
        "country": "DE",
        "most_per_run": draw.choice(("100 %", "100 %", "50 %", "12.5 %")),
        "net_floor": draw.choice(("0", "0", "3")),
        "consent": draw.choice(("not_needed", "not_needed", "on_record")),
        "termination": "final_pay",
    }
    # A generator of its own: the other draws of a world stay what they are.
    if case["conventions"]["draw_end"] != "final_pay" and random.Random(f"termination {seed}").random() < 0.4:
        country["termination"] = "stays_owed"
    for plan in case["plans"]:
        if plan["plan_id"] == "seller":
            plan["draws"] = [_draw(draw, name, style) for name, style in names]
            plan["country"] = country
    draws = [one for plan in case["plans"] if plan["plan_id"] == "seller" for one in plan["draws"]]
    case["draw_amounts"] = [
        {"payee": payee, "draw": name, "amount": draw.choice(AMOUNTS)} | span
        for name in sorted({one["draw_id"] for one in draws if "personal" in one})
        for payee in ("ann", "bea")
        if draw.random() < 0.7
        for span in _spans(draw)
    ]
    case["draw_amounts"].sort(key=str)
    case["openings"] = [
        {"entry": "draw_owed", "payee": payee, "draw": name, "amount": draw.choice(("7", "300")), "date": day}
        for name, style in names
        for payee in ("ann", "bea")
        for day in [datetime.date(2026, draw.choice((1, 1, 3)), 1)]
        if style != "guarantee" and draw.random() < 0.3
    ]
    case["consents"] = [
        {"payee": payee, "date": datetime.date(2026, draw.choice((1, 4)), 11)}
        for payee in ("ann", "bea")
        if draw.random() < 0.6
    ]


def _spans(draw: random.Random) -> list[dict[str, Any]]:
    """One or two stretches of days."""
    day = datetime.date(2026, draw.choice((2, 3, 4)), 1)
    first = {"from": datetime.date(2025, 1, 1), "to": day - datetime.timedelta(days=1)}
    return draw.choice(([first], [first, {"from": day}], [{"from": day}]))


def _draw(draw: random.Random, name: str, style: str) -> dict[str, Any]:
    """One draw."""
    found: dict[str, Any] = {"draw_id": name, "name": name, "style": style}
    kind = draw.choice(("amount", "schedule", "personal"))
    if kind == "amount":
        found["amount"] = draw.choice(AMOUNTS)
    elif kind == "schedule":
        found["schedule"] = [{"amount": draw.choice(AMOUNTS)} | span for span in _spans(draw)]
    else:
        found["personal"] = True
    if style != "guarantee":
        if draw.random() < 0.3:
            found["first_recovery"] = datetime.date(2026, draw.choice((2, 3, 5)), draw.choice((1, 15)))
        if draw.random() < 0.3:
            found["most_recovered"] = draw.choice(("1", "12", "50"))
    if draw.random() < 0.3:
        found["ends_on"] = datetime.date(2026, draw.choice((1, 3, 5)), draw.choice((1, 15, 31)))
    return found
