"""Credit notes that name no invoice: the newest invoices of their key that have something left, in parts."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.pay.reference.numbers import ZERO, rounded


def with_notes_matched(case: dict[str, Any]) -> dict[str, Any]:
    """The case with every credit note naming an invoice: one of each part that was matched, and none of the rest."""
    named = [note for note in case.get("credit_notes", ()) if note.get("invoice")]
    stray = [note for note in case.get("credit_notes", ()) if not note.get("invoice")]
    by_amount = case.get("credit_note_key", "customer") == "customer_amount"
    left = {row["id"]: Fraction(row["amount"]) for row in case.get("invoices", ())}
    for note in named:
        left[note["invoice"]] -= Fraction(note["amount"])
    found = list(named)
    for note in sorted(stray, key=lambda note: (note["date"], note["id"].encode())):
        rest = Fraction(note["amount"])
        if "customer" not in note or case.get("credit_note_key") == "none":
            continue
        newest_first = sorted(case.get("invoices", ()), key=lambda row: (row["date"], row["id"].encode()), reverse=True)
        for invoice in newest_first:
            of_key = [invoice.get(name) for name in ("customer", "currency")] == [note["customer"], note["currency"]]
            if not of_key or invoice["date"] > note["date"] or (by_amount and left[invoice["id"]] != rest):
                continue
            taken = max(min(rest, left[invoice["id"]]), ZERO)
            if taken > 0:
                part = {"id": f"{note['id']}/{invoice['id']}", "invoice": invoice["id"], "amount": written(taken)}
                found.append({**note, **part})
                left[invoice["id"]] -= taken
                rest -= taken
    return {**case, "credit_notes": tuple(found)}


def written(amount: Fraction) -> str:
    """An amount of at most four decimals as a case writes it."""
    assert rounded(amount, 4) == amount
    return str(Decimal(int(amount * 10**4)).scaleb(-4))
