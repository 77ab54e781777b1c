"""A company whose finance system is a fake QuickBooks Online with a few records."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from openspm.fakes.quickbooks import Quickbooks
from openspm.fakes.server import FakeServer
from openspm.sources.quickbooks import client
from tests.sources.vendor_company import VendorCompany


def customer(number: int, **values: Any) -> dict[str, Any]:
    """A customer."""
    return {"Id": str(number), "DisplayName": f"Firm {number}", "Active": True, "Notes": f"A{number}", **values}


def line(number: int, amount: str, **values: Any) -> dict[str, Any]:
    """A line of an invoice."""
    return {
        "Id": str(number), "Amount": amount, "DetailType": "SalesItemLineDetail",
        "SalesItemLineDetail": {"ItemRef": {"value": "7", "name": "Widget"}, "Qty": "#2"}, **values,
    }  # fmt: skip


def invoice(number: int, **values: Any) -> dict[str, Any]:
    """An invoice of 100.00 and 19.00 tax."""
    return {
        "Id": str(number), "CustomerRef": {"value": "1"}, "TxnDate": "2026-03-10", "DueDate": "2026-04-09",
        "TotalAmt": "#119.00", "TxnTaxDetail": {"TotalTax": "#19.00"},
        "CustomField": [{"DefinitionId": "1", "Name": "opportunity_id", "Type": "StringType", "StringValue": "O1"}],
        "Line": [line(1, "#60.00"), line(2, "#40.00")], **values,
    }  # fmt: skip


def payment(number: int, total: str, *applied: tuple[str, str, str], **values: Any) -> dict[str, Any]:
    """A payment, and what it is applied to: amount, type and id."""
    lines = [{"Amount": amount, "LinkedTxn": [{"TxnType": kind, "TxnId": to}]} for amount, kind, to in applied]
    return {"Id": str(number), "CustomerRef": {"value": "1"}, "TxnDate": "2026-04-01", "TotalAmt": total,
            "Line": lines, **values}  # fmt: skip


def credit_memo(number: int, **values: Any) -> dict[str, Any]:
    """A credit memo of 20.00 and 3.80 tax."""
    return {
        "Id": str(number), "CustomerRef": {"value": "1"}, "TxnDate": "2026-04-02", "TotalAmt": "#23.80",
        "TxnTaxDetail": {"TotalTax": "#3.80"}, "InvoiceRef": {"value": "11"},
        "CustomerMemo": {"value": "Too much"}, **values,
    }  # fmt: skip


def receipt(number: int, **values: Any) -> dict[str, Any]:
    """A sales receipt or a refund receipt of 50.00 and 9.50 tax."""
    return {
        "Id": str(number), "CustomerRef": {"value": "1"}, "TxnDate": "2026-04-03", "TotalAmt": "#59.50",
        "TxnTaxDetail": {"TotalTax": "#9.50"}, "Line": [line(1, "#50.00")], **values,
    }  # fmt: skip


def company_of_quickbooks() -> Quickbooks:
    """Two customers, five invoices, two partial payments of the first, and a credit memo."""
    vendor = Quickbooks()
    for number in (1, 2):
        vendor.add("Customer", customer(number), "2026-01-05T12:00:00-08:00")
    for number in range(11, 16):
        vendor.add("Invoice", invoice(number))
    for number, total in ((21, "#50.00"), (22, "#69.00")):
        vendor.add("Payment", payment(number, total, (total, "Invoice", "11")))
    vendor.add("CreditMemo", credit_memo(31))
    return vendor


@pytest.fixture
def quickbooks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[VendorCompany]:
    """The company, its QuickBooks at work; pages hold three records."""
    monkeypatch.setattr(client, "PAGE_RECORDS", 3)
    with FakeServer(company_of_quickbooks(), slow_seconds=2) as server:
        yield VendorCompany(tmp_path, server, "quickbooks", monkeypatch)


def books_of(company: VendorCompany) -> Quickbooks:
    """The fake behind a company."""
    assert isinstance(company.server.vendor, Quickbooks)
    return company.server.vendor
