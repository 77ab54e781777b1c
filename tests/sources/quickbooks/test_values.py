"""What QuickBooks' records mean: amounts with their digits, currencies that are not named, and what a payment pays for.

Without these a credit memo counts as money, a discount adds to an invoice, and a company with one currency has none.
"""

from __future__ import annotations

import pytest

from openspm.errors import SourceRefused
from tests.sources.quickbooks.conftest import books_of, credit_memo, customer, invoice, line, payment, receipt
from tests.sources.vendor_company import VendorCompany, gone


def test_every_column_of_every_table(quickbooks: VendorCompany) -> None:
    landed = quickbooks.landed()
    assert landed["customers"][0] == {
        "customer_id": "1", "account_id": "A1", "customer_name": "Firm 1", "currency_code": "EUR",
        "created_at": "2026-01-05T12:00:00-08:00",
    }  # fmt: skip
    assert landed["invoices"][0] == {
        "invoice_id": "11", "customer_id": "1", "opportunity_id": "O1", "contract_id": None,
        "salesperson_user_id": None, "invoice_date": "2026-03-10", "due_date": "2026-04-09", "net_amount": "100",
        "tax_amount": "19.00", "currency_code": "EUR", "is_void": "false",
    }  # fmt: skip
    assert landed["invoice_lines"][:2] == [
        {"invoice_line_id": f"11-{number}", "invoice_id": "11", "product_id": "7", "quantity": "2",
         "line_amount": amount}
        for number, amount in ((1, "60.00"), (2, "40.00"))
    ]  # fmt: skip
    assert landed["payments"] == [
        {"payment_id": f"{number}-11", "invoice_id": "11", "customer_id": "1", "payment_date": "2026-04-01",
         "payment_amount": amount, "currency_code": "EUR"}
        for number, amount in ((21, "50.00"), (22, "69.00"))
    ]  # fmt: skip
    assert landed["credit_notes"] == [
        {"credit_note_id": "31", "invoice_id": "11", "customer_id": "1", "credit_note_date": "2026-04-02",
         "net_amount": "20", "tax_amount": "3.80", "currency_code": "EUR", "reason_name": "Too much"}
    ]  # fmt: skip


def test_digits_stay_as_they_are(quickbooks: VendorCompany) -> None:
    books_of(quickbooks).add("Invoice", invoice(11, TotalAmt="#12345678901234.5678", TxnTaxDetail={"TotalTax": "#0"}))
    books_of(quickbooks).add("Invoice", invoice(12, TotalAmt="#0.30", TxnTaxDetail={"TotalTax": "#0.10"}))
    books_of(quickbooks).add("Invoice", {**invoice(13), "TxnTaxDetail": {}, "TotalAmt": "#5100"})
    rows = quickbooks.landed(only=["invoices"])["invoices"]
    assert [(row["net_amount"], row["tax_amount"]) for row in rows[:3]] == [
        ("12345678901234.5678", "0"), ("0.2", "0.10"), ("5100", None),
    ]  # fmt: skip


def test_currencies_that_are_named_and_those_that_are_not(quickbooks: VendorCompany) -> None:
    books_of(quickbooks).add("Invoice", invoice(11, CurrencyRef={"value": "USD", "name": "Dollar"}))
    rows = quickbooks.landed()["invoices"]
    assert [row["currency_code"] for row in rows[:2]] == ["USD", "EUR"]
    books_of(quickbooks).home_currency = None
    with pytest.raises(SourceRefused, match="Invoice and SalesReceipt gave rows of invoices before"):
        quickbooks.night(days=1)
    assert quickbooks.night(days=1, full_compare=True)["invoices"].row_count == 0


def test_voided_invoices_and_inactive_customers(quickbooks: VendorCompany) -> None:
    books_of(quickbooks).add("Customer", customer(2, Active=False, DisplayName="Firm 2 (deleted)"))
    books_of(quickbooks).add("Invoice", invoice(
        12, TotalAmt="#0", TxnTaxDetail={"TotalTax": "#0"}, PrivateNote="Voided - Wrong", Line=[line(1, "#0")],
    ))  # fmt: skip
    books_of(quickbooks).add("Invoice", invoice(13, PrivateNote="Voided cheque inside"))
    landed = quickbooks.landed()
    assert [row["customer_id"] for row in landed["customers"]] == ["1", "2"]
    assert [row["is_void"] for row in landed["invoices"]] == ["false", "true", "false", "false", "false"]


def test_bundles_discounts_and_totals_of_lines(quickbooks: VendorCompany) -> None:
    bundle = {"Id": "3", "Amount": "#30", "DetailType": "GroupLineDetail", "GroupLineDetail": {
        "GroupItemRef": {"value": "9"}, "Line": [line(4, "#10"), line(5, "#20")]}}  # fmt: skip
    books_of(quickbooks).add("Invoice", invoice(11, Line=[
        line(1, "#75.5"), bundle,
        {"Id": "6", "Amount": "#5.50", "DetailType": "DiscountLineDetail", "DiscountLineDetail": {}},
        {"Description": "Thank you", "DetailType": "DescriptionOnly"},
        {"Amount": "#105.5", "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}},
    ]))  # fmt: skip
    rows = [row for row in quickbooks.landed(only=["invoice_lines"])["invoice_lines"] if row["invoice_id"] == "11"]
    assert [(row["invoice_line_id"], row["line_amount"]) for row in rows] == [
        ("11-1", "75.5"), ("11-4", "10"), ("11-5", "20"), ("11-6", "-5.50"),
    ]  # fmt: skip


def test_all_parts_of_a_payment_are_its_money(quickbooks: VendorCompany) -> None:
    books = books_of(quickbooks)
    books.entities["Payment"] = {}
    books.add("Payment", payment(1, "#60", ("#100", "Invoice", "11"), ("#40", "CreditMemo", "31")))
    books.add("Payment", payment(2, "#100", ("#70", "Invoice", "12"), ("#20", "Invoice", "13")))
    books.add("Payment", payment(3, "#10", ("#20", "Invoice", "12"), ("#30", "Invoice", "13"),
                                 ("#40", "CreditMemo", "31")))  # fmt: skip
    books.add("Payment", payment(4, "#0", PrivateNote="Voided"))
    books.add("Payment", payment(5, "#80", ("#100", "Invoice", "14"), ("#20", "JournalEntry", "77")))
    rows = quickbooks.landed(only=["payments"])["payments"]
    assert [(row["payment_id"], row["invoice_id"], row["payment_amount"]) for row in rows] == [
        ("1-11", "11", "100"), ("1-31", "11", "-40"),
        ("2-12", "12", "70"), ("2-13", "13", "20"), ("2-rest", None, "10"),
        ("3-12", "12", "20"), ("3-13", "13", "30"), ("3-31", None, "-40"),
        ("5-14", "14", "100"), ("5-rest", None, "-20"),
    ]  # fmt: skip


def test_custom_fields_are_there_if_the_preferences_name_them(quickbooks: VendorCompany) -> None:
    books_of(quickbooks).custom_fields = ("Deal #",)
    deal = [{"DefinitionId": "1", "Name": "Deal #", "Type": "StringType", "StringValue": "006X"}]
    books_of(quickbooks).add("Invoice", invoice(11, CustomField=deal))
    manifest = quickbooks.night(only=["invoices"])["invoices"]
    assert not {"opportunity_id", "contract_id"} & set(manifest.columns)
    rows = quickbooks.landed(fields={"invoices": {"opportunity_id": '"CustomField.Deal #"'}}, only=["invoices"])[
        "invoices"
    ]
    assert [row["opportunity_id"] for row in rows[:2]] == ["006X", None]


def test_a_sales_receipt_is_an_invoice_that_is_paid_at_once(quickbooks: VendorCompany) -> None:
    books = books_of(quickbooks)
    books.add("SalesReceipt", receipt(11, CustomField=invoice(11)["CustomField"]))
    books.add("SalesReceipt", receipt(12, TotalAmt="#0", TxnTaxDetail={}, PrivateNote="Voided", Line=[line(1, "#0")]))
    landed = quickbooks.landed(only=["invoices", "invoice_lines", "payments"])
    of_receipts = {name: [row for row in rows if "receipt" in str(row)] for name, rows in landed.items()}
    assert of_receipts["invoices"][0] == {
        "invoice_id": "receipt-11", "customer_id": "1", "opportunity_id": "O1", "contract_id": None,
        "salesperson_user_id": None, "invoice_date": "2026-04-03", "due_date": "2026-04-03", "net_amount": "50",
        "tax_amount": "9.50", "currency_code": "EUR", "is_void": "false",
    }  # fmt: skip
    assert (of_receipts["invoices"][1]["net_amount"], of_receipts["invoices"][1]["is_void"]) == ("0", "true")
    lines = of_receipts["invoice_lines"]
    assert [(row["invoice_line_id"], row["invoice_id"], row["line_amount"]) for row in lines] == [
        ("receipt-11-1", "receipt-11", "50.00"), ("receipt-12-1", "receipt-12", "0"),
    ]  # fmt: skip
    assert [tuple(row.values()) for row in of_receipts["payments"]] == [
        ("receipt-11", "receipt-11", "1", "2026-04-03", "59.50", "EUR")
    ]
    assert len(landed["invoices"]) == 7


def test_a_refund_receipt_is_a_credit_note_that_is_paid_back(quickbooks: VendorCompany) -> None:
    books_of(quickbooks).add("RefundReceipt", receipt(21, CustomerMemo={"value": "Broken"}))
    landed = quickbooks.landed(only=["payments", "credit_notes"])
    assert [tuple(row.values()) for row in landed["payments"] if row["payment_id"] == "refund-21"] == [
        ("refund-21", None, "1", "2026-04-03", "-59.5", "EUR")
    ]
    assert [tuple(row.values()) for row in landed["credit_notes"]][1:] == [
        ("refund-21", None, "1", "2026-04-03", "50", "9.50", "EUR", "Broken")
    ]


def test_a_deposit_on_an_invoice_is_money_until_it_is_taken_off(quickbooks: VendorCompany) -> None:
    books = books_of(quickbooks)
    books.add("Invoice", invoice(13, Deposit="#19.50"))
    books.add("Invoice", invoice(14, Deposit="#0"))
    books.add("SalesReceipt", receipt(21))
    first = quickbooks.rows(quickbooks.night(only=["payments"])["payments"])
    assert sorted(row["payment_id"] for row in first) == ["21-11", "22-11", "deposit-13", "receipt-21"]
    assert next(row for row in first if row["payment_id"] == "deposit-13")["invoice_id"] == "13"
    # Invoice 21 and payment 21 are two things, whatever becomes of one.
    books.put("Invoice", invoice(21))
    books.put("Invoice", invoice(13, Deposit="#0"))
    books.remove("SalesReceipt", "21")
    second = quickbooks.rows(quickbooks.night(days=1, look_back_seconds=0, only=["payments"])["payments"])
    assert gone([row for row in second if row.get("_is_deleted")], "payment_id") == [
        ("deposit-13", True), ("receipt-21", True),
    ]  # fmt: skip


def test_a_credit_memo_without_an_invoice(quickbooks: VendorCompany) -> None:
    memo = credit_memo(31)
    del memo["InvoiceRef"], memo["CustomerMemo"]
    books_of(quickbooks).add("CreditMemo", memo)
    row = quickbooks.landed(only=["credit_notes"])["credit_notes"][0]
    assert (row["invoice_id"], row["reason_name"]) == (None, None)
