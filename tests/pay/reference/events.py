"""Events, and who has which part of them."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from tests.pay.reference.numbers import ZERO, number, rounded


def events_of(case: dict[str, Any]) -> list[dict[str, Any]]:
    """Events with what they reverse; an event reverses itself where it reverses nothing."""
    found: list[dict[str, Any]] = []
    for name, kind in (("bookings", "booking"), ("invoices", "invoice")):
        for row in case.get(name, ()):
            event = {**row, "type": kind, "sold": kind}
            event["origin"] = event
            found.append(event)
    invoices = {event["id"]: event for event in found if event["type"] == "invoice"}
    for row in case.get("credit_notes", ()):
        origin = invoices[row["invoice"]]
        found.append(
            {**origin, **row, "type": "credit_note", "sold": "invoice", "amount": f"-{row['amount']}", "origin": origin}
        )
    return found


def shares_of(event: dict[str, Any]) -> list[tuple[str, str, Fraction, Fraction, Fraction]]:
    """Who has which part of an event: payee, kind, ratio, amount, and what the ratios add up to."""
    amount = Fraction(event["amount"])
    found: list[tuple[str, str, Fraction, Fraction, Fraction]] = []
    splits = event.get("splits") or []
    if splits:
        ratios = [number(split["share"]) for split in splits]
        total = sum(ratios, ZERO)
        units = 10**12
        exact = [abs(amount) * ratio * units for ratio in ratios]
        floors = [value.numerator // value.denominator for value in exact]
        rest = int(rounded(sum(exact, ZERO), 0)) - sum(floors)
        by_fraction = sorted(
            range(len(splits)), key=lambda n: (-(exact[n] - floors[n]), -ratios[n], splits[n]["to"].encode())
        )
        for n in by_fraction[:rest]:
            floors[n] += 1
        sign = 1 if amount >= 0 else -1
        found += [
            (split["to"], "split", ratio, Fraction(sign * floor, units), total)
            for split, ratio, floor in zip(splits, ratios, floors, strict=True)
        ]
    else:
        found.append((event["owner"], "owner", Fraction(1), amount, Fraction(1)))
    for overlay in event.get("overlays") or []:
        ratio = number(overlay["share"])
        found.append((overlay["to"], "overlay", ratio, rounded(amount * ratio), Fraction(1)))
    return found
