"""Worlds in which credit notes name no invoice, but a customer whose invoices they are matched to."""

from __future__ import annotations

import datetime
import random
from typing import Any

CUSTOMERS = ("acme", "acme", "bolt")


def name_no_invoice(draw: random.Random, case: dict[str, Any]) -> None:
    """Let some credit notes of some worlds name a customer in place of an invoice, and add others; in place."""
    invoices = case.get("invoices", ())
    if not invoices or draw.random() > 0.4:
        return
    for invoice in invoices:
        if draw.random() < 0.9:
            invoice["customer"] = draw.choice(CUSTOMERS)
    notes = case.setdefault("credit_notes", [])
    by_id = {invoice["id"]: invoice for invoice in invoices}
    for note in notes:
        invoice = by_id[note["invoice"]]
        if "customer" in invoice and draw.random() < 0.6:
            # Where another invoice of the customer is newer, what was known is another event.
            for row in case.get("known", ()):
                if row["event"] == note["id"]:
                    row["event"] = f"{note['id']}/{note['invoice']}"
            del note["invoice"]
            note |= {"customer": invoice["customer"], "currency": invoice["currency"]}
    for number in range(draw.randint(0, 4)):
        invoice = draw.choice(invoices)
        note = {
            "id": f"s{draw.randint(0, 9)}{number}",
            "date": invoice["date"] + datetime.timedelta(days=draw.choice((-20, 0, 0, 3, 31, 90))),
            "amount": draw.choice((invoice["amount"], "30", "70.5", "400", "0.0001")).lstrip("-"),
            "currency": invoice["currency"],
        }
        if draw.random() < 0.9:
            note["customer"] = draw.choice(CUSTOMERS)
        if note["amount"] != "0":
            notes.append(note)
