"""The second night reads what changed, what an invoice or a payment lost, and what was deleted.

Without these a payment that was taken back stays paid, and a line that was removed from an invoice is paid for.
"""

from __future__ import annotations

from typing import Any

import pytest

from openspm.errors import SourceRefused, SourceUnreachable
from openspm.fakes.faults import Fault, FaultSchedule
from openspm.landing import read_manifests
from openspm.landing.reland import reland
from openspm.sources.quickbooks import client
from tests.sources.quickbooks.conftest import books_of, customer, invoice, line, payment, receipt
from tests.sources.vendor_company import NOON, VendorCompany, gone


def test_unchanged_nothing_lands(quickbooks: VendorCompany) -> None:
    quickbooks.night()
    books_of(quickbooks).put("Customer", customer(3))
    quickbooks.night(days=1)
    quickbooks.server.requests.clear()
    manifests = quickbooks.night(days=2, look_back_seconds=0)
    assert {name: batch.kind for name, batch in manifests.items()} == dict.fromkeys(manifests, "delta")
    assert sum("/cdc?" in request for request in quickbooks.server.requests) == 4
    # What had no record is counted, and read only where there is one now: all there is of it is new.
    counts = [request for request in quickbooks.server.requests if "count" in request]
    assert len(counts) == 2
    assert all("Receipt" in request for request in counts)
    assert not [request for request in quickbooks.server.requests if "startposition%201%20maxresults%203" in request]
    assert [(row["customer_id"]) for row in quickbooks.rows(manifests["customers"])] == ["3"]
    books_of(quickbooks).put("SalesReceipt", receipt(41))
    rows = quickbooks.rows(quickbooks.night(days=3)["invoices"])
    assert "receipt-41" in {row["invoice_id"] for row in rows}


def test_a_table_that_is_left_out_is_gone(quickbooks: VendorCompany) -> None:
    """Another source gives it from now on; rows of both would count twice."""
    quickbooks.night()
    left = ("credit_notes",)
    gone_table = quickbooks.night(days=1, leave_out=left)["credit_notes"]
    assert (gone_table.kind, gone_table.row_count) == ("full", 0)
    assert "credit_notes" not in quickbooks.night(days=2, leave_out=left)
    assert quickbooks.night(days=3)["credit_notes"].row_count == 1


def test_requests_follow_the_records_and_none_waits(quickbooks: VendorCompany) -> None:
    """What a night takes is these requests, four at once, and nothing beside them: no pause and no page twice."""
    quickbooks.night()
    requests = quickbooks.server.requests
    kinds = {
        "token": sum("tokens/bearer" in request for request in requests),
        "preferences": sum("Preferences" in request for request in requests),
        "newest": sum("orderby%20MetaData" in request for request in requests),
        "count": sum("count" in request for request in requests),
        "page": sum("orderby%20Id" in request for request in requests),
    }
    # Four entities have records and are counted twice, two have none. Five invoices fill two pages, so that a third is
    # looked at; the others have one page.
    assert kinds == {"token": 1, "preferences": 1, "newest": 6, "count": 10, "page": 6}
    assert len(requests) == sum(kinds.values())
    assert quickbooks.waits == []


def test_what_changed_what_it_lost_and_what_was_deleted(quickbooks: VendorCompany) -> None:
    books = books_of(quickbooks)
    quickbooks.night()
    books.put("Invoice", invoice(12, Line=[line(2, "#41"), line(3, "#59")]))
    books.remove("Invoice", "13")
    books.put("Payment", payment(21, "#50", ("#50", "Invoice", "14")))
    books.remove("Payment", "22")
    books.put("Customer", customer(2, Active=False))
    books.remove("CreditMemo", "31")
    manifests = quickbooks.night(days=1, look_back_seconds=0)
    assert {batch.kind for batch in manifests.values()} == {"delta"}

    def found(table: str, key: str) -> list[tuple[str, bool]]:
        return sorted(gone(quickbooks.rows(manifests[table]), key))

    assert [entry for entry in found("invoices", "invoice_id") if entry[0] in ("12", "13")] == [
        ("12", False), ("13", True),
    ]  # fmt: skip
    lines = dict(found("invoice_lines", "invoice_line_id"))
    assert {key: value for key, value in lines.items() if key[:2] in ("12", "13")} == {
        "12-1": True, "12-2": False, "12-3": False, "13-1": True, "13-2": True,
    }  # fmt: skip
    assert dict(found("payments", "payment_id")) == {"21-11": True, "21-14": False, "22-11": True}
    assert dict(found("credit_notes", "credit_note_id")) == {"31": True}
    assert dict(found("customers", "customer_id"))["2"] is False
    # What was lost is not looked for again, and comes back if it does.
    again = quickbooks.night(days=2, look_back_seconds=0)
    assert not any(row["payment_id"] == "21-11" for row in quickbooks.rows(again["payments"]))
    books.put("Payment", payment(21, "#50", ("#50", "Invoice", "11")))
    back = dict(gone(quickbooks.rows(quickbooks.night(days=3, look_back_seconds=0)["payments"]), "payment_id"))
    assert (back["21-11"], back["21-14"]) == (False, True)


def test_what_was_lost_stays_lost_when_archived_pages_are_mapped_again(quickbooks: VendorCompany) -> None:
    quickbooks.night(only=["payments"])
    books_of(quickbooks).put("Payment", payment(21, "#50", ("#50", "Invoice", "14")))
    books_of(quickbooks).remove("Payment", "22")
    request = quickbooks.request(1, {"only": ["payments"]})
    quickbooks.night(days=1, look_back_seconds=0, only=["payments"])
    first, second = reland(quickbooks.settings, quickbooks.state, request.company, "billing", NOON)
    assert (first.kind, second.kind) == ("full", "delta")
    found = dict(gone(quickbooks.rows(first), "payment_id")) | dict(gone(quickbooks.rows(second), "payment_id"))
    assert found == {"21-11": True, "21-14": False, "22-11": True}


def test_what_is_saved_late_and_a_clock_that_is_wrong(quickbooks: VendorCompany) -> None:
    books = books_of(quickbooks)
    quickbooks.night(only=["invoices"])
    books.put("Invoice", invoice(12, DueDate="2026-05-01"), seconds=-1800)
    rows = quickbooks.rows(quickbooks.night(days=1, only=["invoices"])["invoices"])
    assert next(row for row in rows if row["invoice_id"] == "12")["due_date"] == "2026-05-01"


def test_a_quiet_month_asks_for_no_more_than_is_kept(quickbooks: VendorCompany) -> None:
    books = books_of(quickbooks)
    quickbooks.night(full_compare_days=90, only=["invoices"])
    for day in (20, 40):
        books.put("Customer", customer(1), seconds=20 * 86400)
        quickbooks.server.requests.clear()
        manifest = quickbooks.night(days=day, full_compare_days=90, only=["invoices"])["invoices"]
        assert (manifest.kind, manifest.row_count) == ("delta", 5 if day == 20 else 0)
    asked = next(request for request in quickbooks.server.requests if "entities=Invoice" in request)
    assert "changedSince=2026-06-12T03%3A00%3A00Z" in asked


def test_more_changes_than_are_told_at_once_are_read_in_full(
    quickbooks: VendorCompany, monkeypatch: pytest.MonkeyPatch
) -> None:
    quickbooks.night()
    books_of(quickbooks).remove("Payment", "22")
    monkeypatch.setattr(client, "MOST_CHANGES", 2)
    manifests = quickbooks.night(days=1)
    assert {name: batch.kind for name, batch in manifests.items()} == {
        "customers": "full", "invoices": "full", "invoice_lines": "full", "payments": "full", "credit_notes": "full",
    }  # fmt: skip
    assert [row["payment_id"] for row in quickbooks.rows(manifests["payments"])] == ["21-11"]


def test_what_went_without_a_word_is_found_by_the_full_compare(quickbooks: VendorCompany) -> None:
    quickbooks.night(only=["invoices"])
    del books_of(quickbooks).entities["Invoice"]["13"]
    manifests = quickbooks.night(days=7, only=["invoices"])
    assert (manifests["invoices"].kind, manifests["invoices"].row_count) == ("full", 4)
    assert quickbooks.night(days=40, only=["invoices"])["invoices"].kind == "full"


@pytest.mark.parametrize("kind", ["duplicated_page", "skipped_page", "cursor_loop"])
def test_a_wrong_page_is_read_again_and_ends_the_night_if_it_stays(quickbooks: VendorCompany, kind: str) -> None:
    expected = quickbooks.landed(only=["invoices"])["invoices"]
    path = "Invoice%20orderby%20Id%20startposition%203"
    quickbooks.server.faults = FaultSchedule((Fault(kind, path),))
    assert quickbooks.landed(days=1, full_compare=True, only=["invoices"])["invoices"] == expected
    quickbooks.server.faults = FaultSchedule((Fault(kind, path, times=99),))
    before = read_manifests(quickbooks.state)
    with pytest.raises(SourceUnreachable, match="do not hold together"):
        quickbooks.night(days=2, full_compare=True, only=["invoices"])
    assert read_manifests(quickbooks.state) == before


@pytest.mark.parametrize("change", ["remove", "add"])
def test_records_that_come_and_go_while_pages_are_read(quickbooks: VendorCompany, change: str) -> None:
    books = books_of(quickbooks)
    answer = books.answer
    moved: list[Any] = []

    def moving(request: Any) -> Any:
        if "startposition 3" in request.query.get("query", "") and "Invoice" in request.query["query"] and not moved:
            moved.append(request)
            if change == "remove":
                books.remove("Invoice", "11")
            else:
                books.put("Invoice", invoice(16))
        return answer(request)

    books.answer = moving  # type: ignore[method-assign]
    rows = quickbooks.landed(parallel_requests=1, only=["invoices"])["invoices"]
    expected = {"11", "12", "13", "14", "15", "16"} - ({"11", "16"} if change == "remove" else set())
    assert {row["invoice_id"] for row in rows} == expected


def test_entities_that_may_not_be_read_and_a_company_that_may_not(quickbooks: VendorCompany) -> None:
    books = books_of(quickbooks)
    books.forbidden = {"Payment"}
    assert "payments" not in quickbooks.night()
    warned = [finding.message for finding in quickbooks.check().findings if finding.status == "warn"]
    assert any("is not given: Payment is not visible" in message for message in warned)
    books.scope_missing = True
    with pytest.raises(SourceRefused, match="does not let us read this company"):
        quickbooks.night(days=1)


def test_an_empty_company(quickbooks: VendorCompany) -> None:
    for records in books_of(quickbooks).entities.values():
        records.clear()
    assert {batch.row_count for batch in quickbooks.night().values()} == {0}


def test_fields_that_nothing_reads_are_listed(quickbooks: VendorCompany) -> None:
    books_of(quickbooks).add("Invoice", invoice(11, TrackingNum="1Z"))
    assert "Invoice.TrackingNum" in quickbooks.night(only=["invoices"])["invoices"].ignored_columns
