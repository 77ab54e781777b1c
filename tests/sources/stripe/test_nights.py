"""The second night reads what Stripe's events name, and nothing is lost between two nights.

Without these an invoice that is voided later stays billed, a refund of last month never arrives, and a night of a
million invoices reads them all again.
"""

from __future__ import annotations

import pytest

from openspm.errors import SourceRefused, SourceUnreachable
from openspm.fakes.faults import Fault, FaultSchedule
from openspm.landing import read_manifests
from openspm.landing.reland import reland
from tests.sources.stripe.conftest import account_of, charge, customer, invoice, line, refund
from tests.sources.vendor_company import NOON, VendorCompany, gone


def test_unchanged_nothing_lands_and_the_cost_follows_what_changed(stripe: VendorCompany) -> None:
    stripe.night()
    stripe.server.requests.clear()
    manifests = stripe.night(days=1, look_back_seconds=0)
    assert {(name, batch.kind, batch.row_count) for name, batch in manifests.items()} == {
        ("customers", "delta", 1), ("invoices", "delta", 0), ("invoice_lines", "delta", 0), ("payments", "delta", 0),
        ("credit_notes", "delta", 0),
    }  # fmt: skip


def test_changes_come_as_they_are_now(stripe: VendorCompany) -> None:
    vendor = account_of(stripe)
    stripe.night()
    vendor.put({"id": "in_2", "object": "invoice", "status": "void"}, "invoice.voided", seconds=7200)
    vendor.put(invoice(6, lines=[line(600, 1), line(601, 2)]), "invoice.finalized")
    vendor.put(refund(1, charge(1, 5000), 1200), "refund.created")
    vendor.put({"id": "cn_1", "object": "credit_note", "status": "void"}, "credit_note.voided")
    vendor.put(customer(2, name="Firm two"), "customer.updated")
    vendor.remove("cus_1", "customer.deleted")
    stripe.server.requests.clear()
    manifests = stripe.night(days=1)
    assert {batch.kind for batch in manifests.values()} == {"delta"}
    assert {row["invoice_id"]: row["is_void"] for row in stripe.rows(manifests["invoices"])} == {
        "in_2": "true", "in_6": "false",
    }  # fmt: skip
    assert {row["invoice_line_id"] for row in stripe.rows(manifests["invoice_lines"])} == {"il_200", "il_600", "il_601"}
    assert [(row["payment_id"], row["payment_amount"]) for row in stripe.rows(manifests["payments"])] == [
        ("re_1", "-12.00")
    ]
    assert gone(stripe.rows(manifests["credit_notes"]), "credit_note_id") == [("cn_1", True)]
    assert sorted(gone(stripe.rows(manifests["customers"]), "customer_id")) == [("cus_1", True), ("cus_2", False)]
    assert not any(request.startswith("GET /v1/invoices?limit=100&created") for request in stripe.server.requests)
    assert sum("/v1/invoices/" in request for request in stripe.server.requests) == 2


def test_a_refund_that_only_its_charge_tells_is_read(stripe: VendorCompany) -> None:
    vendor = account_of(stripe)
    paid = charge(1, 5000)
    vendor.put(refund(9, paid, 1), "refund.created")
    stripe.night(only=["payments"])
    vendor.records.append(refund(2, paid, 700))
    vendor.put(paid, "charge.refunded", seconds=7200)
    rows = stripe.rows(stripe.night(days=1, only=["payments"])["payments"])
    assert {row["payment_id"] for row in rows} == {"ch_1", "re_9", "re_2"}


def test_a_payment_that_fails_after_all_is_taken_back(stripe: VendorCompany) -> None:
    vendor = account_of(stripe)
    stripe.night(only=["payments"])
    vendor.put({"id": "ch_1", "object": "charge", "status": "failed"}, "charge.failed", seconds=7200)
    rows = stripe.rows(stripe.night(days=1, only=["payments"])["payments"])
    assert sorted(gone(rows, "payment_id")) == [("ch_1", True)]


def test_an_event_that_appears_late_is_found_within_the_look_back(stripe: VendorCompany) -> None:
    vendor = account_of(stripe)
    stripe.night(only=["invoices"])
    vendor.put({"id": "in_3", "object": "invoice", "status": "void"}, "invoice.voided", seconds=0)
    vendor.events[0]["created"] -= 1800
    assert [row["invoice_id"] for row in stripe.rows(stripe.night(days=1, only=["invoices"])["invoices"])] == ["in_3"]


def test_the_vendors_clock_counts_and_not_ours(stripe: VendorCompany) -> None:
    vendor = account_of(stripe)
    vendor.now += 3600
    vendor.put(invoice(1, status="open"), "invoice.updated", seconds=0)
    stripe.night(only=["invoices"])
    vendor.put({"id": "in_4", "object": "invoice", "status": "void"}, "invoice.voided", seconds=1)
    rows = stripe.rows(stripe.night(days=1, look_back_seconds=0, only=["invoices"])["invoices"])
    assert {row["invoice_id"] for row in rows} == {"in_1", "in_4"}


@pytest.mark.parametrize(("days", "kind"), [(28, "delta"), (29, "full")])
def test_after_a_gap_longer_than_events_are_kept_all_is_read(stripe: VendorCompany, days: int, kind: str) -> None:
    stripe.night(full_compare_days=90, only=["invoices"])
    assert stripe.night(days=days, full_compare_days=90, only=["invoices"])["invoices"].kind == kind


def test_what_went_without_a_word_is_found_by_the_full_compare(stripe: VendorCompany) -> None:
    stripe.night(only=["invoices"])
    account_of(stripe).records = [one for one in account_of(stripe).records if one["id"] != "in_5"]
    assert stripe.night(days=1, only=["invoices"])["invoices"].row_count == 0
    manifest = stripe.night(days=8, only=["invoices"])["invoices"]
    assert (manifest.kind, manifest.row_count) == ("full", 4)


def test_a_list_over_years_is_read_in_windows(stripe: VendorCompany) -> None:
    vendor = account_of(stripe)
    ages = [0, 1, 2, 3, 50, 51, 400, 401, 402, 403, 404, 405, 4000, 4001, 4002, 5000]
    vendor.records = [charge(number, 100, created=vendor.now - age * 86400 - number) for number, age in enumerate(ages)]
    rows = stripe.landed(only=["payments"])["payments"]
    assert {row["payment_id"] for row in rows} == {f"ch_{number}" for number in range(len(ages))}
    manifest = next(batch for batch in read_manifests(stripe.state) if batch.table == "payments")
    assert (manifest.row_count, manifest.filtered_count) == (len(ages), 0)


def test_records_created_and_deleted_while_paging(stripe: VendorCompany) -> None:
    vendor = account_of(stripe)
    answer = vendor.answer
    seen = []

    def moving(request):  # type: ignore[no-untyped-def]
        if request.path == "/v1/customers" and "starting_after" in request.query and not seen:
            seen.append(request)
            vendor.remove("cus_2", "customer.deleted")
            vendor.put(customer(9, created=vendor.now), "customer.created")
        return answer(request)

    vendor.records += [customer(3), customer(4), customer(5)]
    vendor.answer = moving  # type: ignore[method-assign]
    found = {row["customer_id"] for row in stripe.landed(only=["customers"])["customers"]}
    assert {"cus_1", "cus_3", "cus_4", "cus_5"} <= found
    second = stripe.rows(stripe.night(days=1, only=["customers"])["customers"])
    assert {row["customer_id"] for row in second} >= {"cus_2", "cus_9"}


@pytest.mark.parametrize("kind", ["duplicated_page", "skipped_page", "cursor_loop"])
def test_a_wrong_page_is_asked_for_again_and_ends_the_night_if_it_stays(stripe: VendorCompany, kind: str) -> None:
    expected = {row["invoice_id"] for row in stripe.landed(only=["invoices"])["invoices"]}
    stripe.server.faults = FaultSchedule((Fault(kind, "/v1/invoices.*starting_after"),))
    assert {row["invoice_id"] for row in stripe.landed(full_compare=True, only=["invoices"])["invoices"]} == expected
    stripe.server.faults = FaultSchedule((Fault(kind, "/v1/invoices.*starting_after", times=999),))
    before = read_manifests(stripe.state)
    with pytest.raises(SourceUnreachable, match="does not hold together"):
        stripe.night(full_compare=True, most_tries=2, only=["invoices"])
    assert read_manifests(stripe.state) == before


def test_a_key_that_is_not_accepted_and_one_that_is_not_given(
    stripe: VendorCompany, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENSPM_SOURCE_BILLING_TOKEN", "rk_wrong")
    with pytest.raises(SourceRefused, match="does not accept our secret") as caught:
        stripe.night()
    assert "rk_wrong" not in str(caught.value)
    check = stripe.check()
    assert (check.is_reachable, check.is_authorised) == (True, False)
    monkeypatch.delenv("OPENSPM_SOURCE_BILLING_TOKEN")
    check = stripe.check()
    assert "OPENSPM_SOURCE_BILLING_TOKEN" in check.findings[0].message


def test_a_right_that_is_missing_gives_no_table(stripe: VendorCompany) -> None:
    account_of(stripe).forbidden = {"/v1/refunds", "/v1/credit_notes"}
    assert set(stripe.night()) == {"customers", "invoices", "invoice_lines"}
    warned = {finding.subject: finding.message for finding in stripe.check().findings if finding.status == "warn"}
    assert warned["source billing, payments"].startswith("is not given: Refund is not visible")
    assert "credit_notes" in warned["source billing, CreditNote"]
    assert "stands on none" in warned["source billing, metadata.contract_id"]


def test_without_the_right_to_events_all_is_read_every_night(stripe: VendorCompany) -> None:
    account_of(stripe).forbidden = {"/v1/events"}
    stripe.night(only=["invoices"])
    assert stripe.night(days=1, only=["invoices"])["invoices"].kind == "full"


def test_an_empty_account(stripe: VendorCompany) -> None:
    account_of(stripe).records = []
    account_of(stripe).events = []
    assert {batch.row_count for batch in stripe.night().values()} == {0}
    assert {batch.kind for batch in stripe.night(days=1).values()} == {"full"}


def test_archived_pages_mapped_again_give_the_same_rows(stripe: VendorCompany) -> None:
    first = stripe.night()
    again = reland(stripe.settings, stripe.state, stripe.request().company, "billing", NOON)
    assert {manifest.table: stripe.rows(manifest) for manifest in again} == {
        table: stripe.rows(manifest) for table, manifest in first.items()
    }


def test_fields_that_nothing_reads_are_listed(stripe: VendorCompany) -> None:
    account_of(stripe).records[0]["phone"] = "1"
    assert "Customer.phone" in stripe.night(only=["customers"])["customers"].ignored_columns
