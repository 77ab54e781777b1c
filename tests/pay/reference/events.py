"""Events, and who has which part of them."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from tests.pay.reference.numbers import ZERO, number, rounded

REVERSALS = ("credit_note", "margin_reversal")


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
        if "invoice" not in row:
            continue
        origin = invoices[row["invoice"]]
        before = sum((Fraction(note["amount"]) for note in _notes(case, origin) if _order(note) < _order(row)), ZERO)
        whole, after = Fraction(origin["amount"]), before + Fraction(row["amount"])
        words = {"type": "credit_note", "sold": "invoice", "amount": f"-{row['amount']}", "origin": origin}
        # An invoice counts until nothing of it is left.
        counts = -1 if before < whole <= after else 0
        found.append({**origin, **row, **words, "counts": counts, "taken_off": (before, after)})
    found += _margins(case)
    for row in case.get("contracts", ()):
        event = {**row, "amount": row["annual_value"]}
        kinds = [("contract_end", row["end"]), ("cancellation", row.get("cancelled"))]
        kinds += [("renewal", row["start"])] if "renews" in row else []
        for kind, day in kinds:
            if day is not None:
                found.append({**event, "type": kind, "sold": kind, "date": day})
                found[-1]["origin"] = found[-1]
    return found


def counts_as(event: dict[str, Any]) -> int:
    """What an event counts as where events are counted."""
    return int(event.get("counts", 1 if Fraction(event["amount"]) >= 0 else -1))


def _notes(case: dict[str, Any], invoice: dict[str, Any]) -> list[dict[str, Any]]:
    """The credit notes of an invoice, in their order."""
    return sorted((note for note in case.get("credit_notes", ()) if note.get("invoice") == invoice["id"]), key=_order)


def _order(note: dict[str, Any]) -> tuple[Any, bytes]:
    """The order of credit notes of one invoice."""
    return note["date"], note["id"].encode()


def _margins(case: dict[str, Any]) -> list[dict[str, Any]]:
    """What invoices leave above their cost, and what credit notes take back of it: in proportion, to four decimals."""
    found: list[dict[str, Any]] = []
    for row in case.get("invoices", ()):
        billed = sum((Fraction(line["amount"]) for line in row.get("lines", ())), ZERO)
        is_known = "cost" in row and ("lines" not in row or billed == Fraction(row["amount"]))
        margin = Fraction(row["amount"]) - Fraction(row["cost"]) if is_known else None
        event = {**row, "type": "margin", "sold": "margin", "amount": margin}
        event["origin"] = event
        found.append(event)
        before = reversed_to_date = ZERO
        for note in _notes(case, row):
            reversed_to_date += Fraction(note["amount"])
            back = margin
            if margin is not None:
                now = rounded(rounded(rounded(margin * reversed_to_date) / Fraction(row["amount"])), 4)
                back, before = before - now, now
            words = {"type": "margin_reversal", "sold": "margin", "amount": back, "origin": event}
            found.append({**event, **note, **words})
    return found


def shares_of(event: dict[str, Any]) -> list[tuple[str, str, Fraction, Fraction, Fraction]]:
    """Who has which part of an event: payee, kind, ratio, amount, and what the ratios add up to."""
    # Of an unknown amount every share is unknown too: its credits are held.
    amount = Fraction(event["amount"] or 0)
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
