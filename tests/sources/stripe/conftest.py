"""A company whose finance system is a fake Stripe with a few records."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from openspm.fakes.server import FakeServer
from openspm.fakes.stripe import Stripe, noon
from tests.sources.vendor_company import VendorCompany

MARCH_31_LATE = 1774997999  # 2026-03-31T22:59:59Z, which is 1 April in Berlin


def customer(number: int, **values: Any) -> dict[str, Any]:
    """A customer."""
    return {
        "id": f"cus_{number}", "object": "customer", "created": noon("2026-01-05") + number, "currency": "eur",
        "name": f"Firm {number}", "description": None, "metadata": {"account_id": f"A{number}"}, **values,
    }  # fmt: skip


def line(number: int, amount: int, **values: Any) -> dict[str, Any]:
    """A line of an invoice."""
    return {
        "id": f"il_{number}", "object": "line_item", "currency": "eur", "amount": amount, "quantity": 2,
        "price": {"id": "price_1", "product": "prod_1"}, "discount_amounts": [], "tax_amounts": [], **values,
    }  # fmt: skip


def invoice(number: int, **values: Any) -> dict[str, Any]:
    """A finalized invoice of 100.00 and 19.00 tax."""
    day = noon("2026-03-10")
    return {
        "id": f"in_{number}", "object": "invoice", "created": day + number, "currency": "eur", "customer": "cus_1",
        "effective_at": None, "due_date": day + 86400, "status": "open", "paid_out_of_band": False,
        "status_transitions": {"finalized_at": day, "paid_at": None}, "total": 11900, "total_excluding_tax": 10000,
        "tax": 1900, "amount_due": 11900, "amount_paid": 0, "metadata": {"opportunity_id": "O1"},
        "lines": [line(number * 100, 10000)], **values,
    }  # fmt: skip


def charge(number: int, amount: int, **values: Any) -> dict[str, Any]:
    """A payment."""
    day = noon("2026-04-01") + number
    return {
        "id": f"ch_{number}", "object": "charge", "created": day, "currency": "eur", "amount": amount,
        "amount_captured": amount, "captured": True, "status": "succeeded", "invoice": "in_1", "customer": "cus_1",
        "balance_transaction": {"id": f"txn_{number}", "object": "balance_transaction", "created": day}, **values,
    }  # fmt: skip


def refund(number: int, of: dict[str, Any], amount: int, **values: Any) -> dict[str, Any]:
    """Money given back."""
    return {
        "id": f"re_{number}", "object": "refund", "created": noon("2026-04-09"), "currency": of["currency"],
        "amount": amount, "status": "succeeded", "charge": of, "balance_transaction": None, **values,
    }  # fmt: skip


def credit_note(number: int, **values: Any) -> dict[str, Any]:
    """A credit note of 20.00 and 3.80 tax."""
    return {
        "id": f"cn_{number}", "object": "credit_note", "created": noon("2026-04-02"), "currency": "eur",
        "invoice": "in_1", "customer": "cus_1", "effective_at": None, "status": "issued", "total": 2380,
        "total_excluding_tax": 2000, "reason": "order_change", "memo": None, **values,
    }  # fmt: skip


def account() -> Stripe:
    """Two customers, five invoices, two partial payments of the first, and a credit note of one line."""
    vendor = Stripe()
    vendor.page_size = 2
    vendor.records = [
        customer(1), customer(2), *(invoice(number) for number in range(1, 6)), charge(1, 5000), charge(2, 6900),
        credit_note(1),
    ]  # fmt: skip
    vendor.events = [vendor.event("customer.updated", vendor.records[0], 0)]
    return vendor


@pytest.fixture
def stripe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[VendorCompany]:
    """The company, its Stripe at work."""
    with FakeServer(account(), slow_seconds=2) as server:
        yield VendorCompany(tmp_path, server, "stripe", monkeypatch)


def account_of(company: VendorCompany) -> Stripe:
    """The fake behind a company."""
    assert isinstance(company.server.vendor, Stripe)
    return company.server.vendor
