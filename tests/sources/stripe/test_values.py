"""What Stripe's numbers mean: smallest units, seconds of the epoch, and which states are money.

Without these a yen counts a hundredth, an invoice of the evening is in the month before, a failed payment is paid as
if it had arrived, and what was refunded stays paid.
"""

from __future__ import annotations

from tests.sources.stripe.conftest import (
    MARCH_31_LATE,
    account_of,
    charge,
    credit_note,
    customer,
    invoice,
    line,
    refund,
)
from tests.sources.vendor_company import VendorCompany


def test_every_column_of_every_table(stripe: VendorCompany) -> None:
    landed = stripe.landed()
    assert landed["customers"][0] == {
        "customer_id": "cus_1", "account_id": "A1", "customer_name": "Firm 1", "currency_code": "EUR",
        "created_at": "2026-01-05T12:00:01Z",
    }  # fmt: skip
    assert landed["invoices"][0] == {
        "invoice_id": "in_1", "customer_id": "cus_1", "opportunity_id": "O1", "contract_id": None,
        "salesperson_user_id": None, "invoice_date": "2026-03-10", "due_date": "2026-03-11", "net_amount": "100.00",
        "tax_amount": "19.00", "currency_code": "EUR", "is_void": "false",
    }  # fmt: skip
    assert landed["invoice_lines"][0] == {
        "invoice_line_id": "il_100", "invoice_id": "in_1", "product_id": "prod_1", "quantity": "2",
        "line_amount": "100.00",
    }  # fmt: skip
    assert landed["payments"] == [
        {
            "payment_id": f"ch_{number}", "invoice_id": "in_1", "customer_id": "cus_1", "payment_date": "2026-04-01",
            "payment_amount": amount, "currency_code": "EUR",
        }
        for number, amount in ((1, "50.00"), (2, "69.00"))
    ]  # fmt: skip
    assert landed["credit_notes"] == [
        {
            "credit_note_id": "cn_1", "invoice_id": "in_1", "customer_id": "cus_1", "credit_note_date": "2026-04-02",
            "net_amount": "20.00", "tax_amount": "3.80", "currency_code": "EUR", "reason_name": "order_change",
        }
    ]  # fmt: skip
    assert account_of(stripe).versions == {"2025-02-24.acacia"}


def test_amounts_by_currency(stripe: VendorCompany) -> None:
    expected = [
        ("jpy", 11900, "11900"), ("krw", 7, "7"), ("kwd", 5120, "5.120"), ("bhd", -10, "-0.010"), ("isk", 500, "5.00"),
        ("ugx", 500, "5.00"), ("usd", 1, "0.01"), ("eur", 99999999999999, "999999999999.99"),
    ]  # fmt: skip
    account_of(stripe).records = [
        invoice(number, currency=currency, total=units, total_excluding_tax=None, tax=None)
        for number, (currency, units, _) in enumerate(expected)
    ]
    rows = stripe.landed(only=["invoices"])["invoices"]
    assert [(row["currency_code"], row["net_amount"]) for row in rows] == [
        (currency.upper(), amount) for currency, _, amount in expected
    ]
    assert {float(row["tax_amount"]) for row in rows} == {0}


def test_days_are_the_companys(stripe: VendorCompany) -> None:
    late = {"finalized_at": MARCH_31_LATE, "paid_at": None}
    account_of(stripe).records = [
        invoice(1, status_transitions=late, due_date=None),
        invoice(2, status_transitions=late, effective_at=MARCH_31_LATE - 86400),
        charge(1, 100, created=MARCH_31_LATE - 7 * 86400,
               balance_transaction={"id": "t", "object": "balance_transaction", "created": MARCH_31_LATE}),
        charge(2, 100, created=MARCH_31_LATE, balance_transaction=None),
    ]  # fmt: skip
    landed = stripe.landed()
    assert [(row["invoice_date"], row["due_date"]) for row in landed["invoices"]] == [
        ("2026-04-01", None), ("2026-03-31", "2026-03-11"),
    ]  # fmt: skip
    assert [row["payment_date"] for row in landed["payments"]] == ["2026-04-01", "2026-04-01"]


def test_states_of_invoices(stripe: VendorCompany) -> None:
    account_of(stripe).records = [
        invoice(1, status="draft", status_transitions={"finalized_at": None, "paid_at": None}),
        invoice(2, status="void"),
        invoice(3, status="uncollectible"),
        invoice(4, status="paid"),
    ]
    manifests = stripe.night()
    assert [(row["invoice_id"], row["is_void"]) for row in stripe.rows(manifests["invoices"])] == [
        ("in_4", "false"), ("in_3", "false"), ("in_2", "true"),
    ]  # fmt: skip
    assert manifests["invoices"].filtered_count == 1
    assert {row["invoice_id"] for row in stripe.rows(manifests["invoice_lines"])} == {"in_2", "in_3", "in_4"}


def test_lines_are_without_discounts_and_without_the_tax_that_is_in_them(stripe: VendorCompany) -> None:
    lines = [
        line(1, 10000, discount_amounts=[{"amount": 1000, "discount": "di_1"}]),
        line(2, 11900, tax_amounts=[{"amount": 1900, "inclusive": True}]),
        line(3, 5000, tax_amounts=[{"amount": 950, "inclusive": False}]),
    ]
    account_of(stripe).records = [invoice(1, lines=lines, total=9000 + 11900 + 5950, total_excluding_tax=24000)]
    landed = stripe.landed()
    assert [row["line_amount"] for row in landed["invoice_lines"]] == ["90.00", "100.00", "50.00"]
    assert landed["invoices"][0]["net_amount"] == "240.00"


def test_an_invoice_of_many_lines_comes_whole(stripe: VendorCompany) -> None:
    many = [line(1000 + number, 100 + number) for number in range(23)]
    account_of(stripe).records = [invoice(1, lines=many), invoice(2)]
    account_of(stripe).page_size = 7
    manifests = stripe.night()
    rows = [row for row in stripe.rows(manifests["invoice_lines"]) if row["invoice_id"] == "in_1"]
    assert sorted(row["invoice_line_id"] for row in rows) == [entry["id"] for entry in many]
    assert manifests["invoice_lines"].filtered_count == 0


def test_what_is_money_and_what_takes_it_back(stripe: VendorCompany) -> None:
    paid = charge(1, 11900)
    transactions = [
        {"id": "txn_a", "amount": -11900, "created": MARCH_31_LATE, "currency": "usd"},
        {"id": "txn_b", "amount": 11800, "created": MARCH_31_LATE, "currency": "usd"},
    ]
    account_of(stripe).records = [
        paid,
        charge(2, 500, status="failed"),
        charge(3, 500, status="pending"),
        charge(4, 500, captured=False, amount_captured=0),
        charge(5, 500, amount_captured=300),
        refund(1, paid, 4000),
        refund(2, paid, 100, status="pending"),
        refund(3, paid, 100, status="failed"),
        {
            "id": "du_1", "object": "dispute", "created": 1, "currency": "eur", "amount": 7900, "status": "won",
            "charge": paid, "balance_transactions": transactions,
        },
        invoice(7, status="paid", paid_out_of_band=True,
                status_transitions={"finalized_at": 1, "paid_at": MARCH_31_LATE}),
    ]  # fmt: skip
    rows = {row["payment_id"]: row for row in stripe.landed(only=["payments"])["payments"]}
    assert {key: row["payment_amount"] for key, row in rows.items() if "_is_deleted" not in row} == {
        "ch_1": "119.00", "ch_5": "3.00", "re_1": "-40.00", "re_2": "-1.00", "txn_a": "-79.00", "txn_b": "79.00",
        "in_7": "119.00",
    }  # fmt: skip
    assert {(row["invoice_id"], row["customer_id"]) for key, row in rows.items() if key != "in_7"} == {
        ("in_1", "cus_1")
    }
    assert (rows["in_7"]["payment_date"], rows["txn_a"]["payment_date"]) == ("2026-04-01", "2026-04-01")


def test_a_void_credit_note_is_none(stripe: VendorCompany) -> None:
    account_of(stripe).records += [credit_note(2, status="void"), credit_note(3, reason=None, memo="Too much")]
    rows = {row["credit_note_id"]: row for row in stripe.landed(only=["credit_notes"])["credit_notes"]}
    assert rows["cn_2"]["_is_deleted"]
    assert rows["cn_3"]["reason_name"] == "Too much"


def test_metadata_of_the_company_and_columns_that_it_maps(stripe: VendorCompany) -> None:
    account_of(stripe).records[0] |= customer(1, name=None, description="Firm one", metadata={"sfdc": "001"})
    landed = stripe.landed(
        metadata_keys=["opportunity_id"],
        fields={"customers": {"account_id": '"metadata.sfdc"'}},
    )
    assert [(row["customer_name"], row["account_id"]) for row in landed["customers"]] == [
        ("Firm one", "001"), ("Firm 2", None),
    ]  # fmt: skip
    assert "contract_id" not in landed["invoices"][0]
    assert landed["invoices"][0]["opportunity_id"] == "O1"
