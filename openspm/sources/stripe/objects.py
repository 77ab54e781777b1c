"""Stripe's objects that are read: where each is listed, what its events are called, and the fields that it always has.

Stripe describes no fields. Those named here belong to every record of the pinned version; others count as shown when
the newest records have them, or when the company names them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class StripeObject:
    """An object.

    Attributes:
        path: its list.
        type: what `object` says in each record.
        fields: the fields that every record has, nested ones by their path, beside those that we work out.
        events: the events after which it is another one; at most 20 in one request.
        expand: what is sent with each record instead of its id.
    """

    path: str
    type: str
    fields: tuple[str, ...]
    events: tuple[str, ...]
    expand: tuple[str, ...] = ()


# `changed` is worked out: the newest event that was known when the record was read.
COMMON = ("id", "created", "changed")

OBJECTS: Mapping[str, StripeObject] = {
    "Customer": StripeObject(
        "/v1/customers",
        "customer",
        (*COMMON, "currency", "deleted", "description", "name"),
        ("customer.created", "customer.updated", "customer.deleted"),
    ),
    "Invoice": StripeObject(
        "/v1/invoices",
        "invoice",
        (
            *COMMON, "amount_due", "amount_paid", "currency", "customer", "due_date", "effective_at",
            "paid_out_of_band", "status", "status_transitions.finalized_at", "status_transitions.paid_at", "tax",
            "total", "total_excluding_tax",
        ),
        (
            "invoice.created", "invoice.deleted", "invoice.finalized", "invoice.marked_uncollectible", "invoice.paid",
            "invoice.payment_failed", "invoice.payment_succeeded", "invoice.sent", "invoice.updated", "invoice.voided",
        ),
    ),
    "Charge": StripeObject(
        "/v1/charges",
        "charge",
        (
            *COMMON, "amount", "amount_captured", "balance_transaction.available_on", "balance_transaction.created",
            "balance_transaction.currency", "balance_transaction.fee", "balance_transaction.net", "captured",
            "currency", "customer", "invoice", "status",
        ),
        (
            "charge.captured", "charge.expired", "charge.failed", "charge.pending", "charge.refunded",
            "charge.succeeded", "charge.updated",
        ),
        ("balance_transaction",),
    ),
    "Refund": StripeObject(
        "/v1/refunds",
        "refund",
        (
            *COMMON, "amount", "balance_transaction.available_on", "balance_transaction.created",
            "balance_transaction.currency", "balance_transaction.net", "charge.customer", "charge.id",
            "charge.invoice", "currency", "reason", "status",
        ),
        ("charge.refund.updated", "charge.refunded", "refund.created", "refund.failed", "refund.updated"),
        ("balance_transaction", "charge"),
    ),
    "Dispute": StripeObject(
        "/v1/disputes",
        "dispute",
        (*COMMON, "amount", "charge.customer", "charge.id", "charge.invoice", "currency", "status"),
        (
            "charge.dispute.closed", "charge.dispute.created", "charge.dispute.funds_reinstated",
            "charge.dispute.funds_withdrawn", "charge.dispute.updated",
        ),
        ("charge",),
    ),
    "CreditNote": StripeObject(
        "/v1/credit_notes",
        "credit_note",
        (
            *COMMON, "currency", "customer", "effective_at", "invoice", "memo", "reason", "status", "total",
            "total_excluding_tax",
        ),
        ("credit_note.created", "credit_note.updated", "credit_note.voided"),
    ),
}  # fmt: skip

# Records that come inside those of another object, with what is worked out for each.
INSIDE: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "InvoiceLine": (
        "Invoice",
        (
            "id", "changed", "amount", "currency", "description", "discountable", "invoice.id", "invoice.status",
            "net_units", "period.end", "period.start", "price.product", "quantity",
        ),
    ),
    "DisputeMovement": (
        "Dispute",
        (
            "id", "changed", "amount", "charge.customer", "charge.id", "charge.invoice", "created", "currency",
            "moved_units",
        ),
    ),
}  # fmt: skip


def fields_of_object(name: str) -> tuple[str, ...]:
    """The fields that every record of an object has, or of one that is inside another."""
    return OBJECTS[name].fields if name in OBJECTS else INSIDE[name][1]
