"""Closed periods for a world: what was posted for them is sometimes what they recompute to, and mostly not."""

from __future__ import annotations

import datetime
import random
from collections.abc import Iterator
from typing import Any

WITHOUT_LATE_EVENTS = {"ratio"}


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
    _post_pay_of_periods(random.Random(f"closed pay of periods {seed}"), case)
    count_in_open_periods(random.Random(f"late events {seed}"), case)


def _post_pay_of_periods(draw: random.Random, case: dict[str, Any]) -> None:
    """Post what closed periods paid as fixed amounts, objectives and ratios."""
    names = {
        one["component_id"]
        for plan in case["plans"]
        for one in plan["components"]
        if one["event"] in ("fixed", "mbo", "ratio")
    }
    sellers = sorted({person["id"] for person in case["people"] if person["plan"] == "seller"})
    case["posted"] += [
        {"payee": payee, "component": name, "period": period, "earned": draw.choice(("0", "300", "450", "1000"))}
        for name in sorted(names)
        for payee in sellers
        for period in case["closed"]
        if draw.random() < 0.5
    ]


def count_in_open_periods(draw: random.Random, case: dict[str, Any]) -> None:
    """Let late events of some worlds count in the open period; what closed ones knew is mostly listed in full."""
    if draw.random() < 0.4 or WITHOUT_LATE_EVENTS & {
        one["event"] for plan in case["plans"] for one in plan["components"]
    }:
        return
    case["conventions"]["late_event"] = "open"
    closed = case["closed"]
    case["known"] = []
    for kind, event, day in _events(case):
        month = f"{day.year}-{day.month:02d}"
        later = [period for period in closed if period > month]
        chance = draw.random()
        if chance < 0.6 and month in closed:
            case["known"].append({"kind": kind, "event": event, "period": month})
        elif chance < 0.8 and later:
            case["known"].append({"kind": kind, "event": event, "period": draw.choice(later)})
        elif chance > 0.95:
            case["known"].append({"kind": kind, "event": event, "period": draw.choice(closed)})
    case["known_counts"] = {period: sum(row["period"] == period for row in case["known"]) for period in closed}
    if draw.random() < 0.1:
        case["known_counts"][draw.choice(closed)] = draw.choice((None, 99))


def _events(case: dict[str, Any]) -> Iterator[tuple[str, str, datetime.date]]:
    """Kind, name and day of every event that may be credited."""
    for name, kinds in (
        ("bookings", ("booking",)),
        ("invoices", ("invoice", "margin")),
        ("credit_notes", ("credit_note", "margin_reversal")),
    ):
        for row in case.get(name, ()):
            yield from ((kind, row["id"], row["date"]) for kind in kinds)
    for row in case.get("contracts", ()):
        for kind, word in (("contract_end", "end"), ("cancellation", "cancelled"), ("renewal", "start")):
            if word in row:
                yield kind, row["id"], row[word]
