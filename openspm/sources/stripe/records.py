"""Records of Stripe's answers: lists of objects, single objects, and the events that say how far the reading goes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from openspm.sources.web.pages import Record, flat, tops_of

EVENTS_PATH = "/v1/events"


def is_about(asked: str, path: str) -> bool:
    """Whether a request was for a path, or for something below it."""
    target = asked.partition(" ")[2].partition("?")[0]
    return target == path or target.startswith(f"{path}/")


def stripe_records(
    object_name: str, pages: Iterator[tuple[str, Any]], wanted: Collection[str] | None
) -> Iterator[Record]:
    """The records of an object, or of one that is inside it, each with the newest event known when it was read."""
    tops = None if wanted is None else tops_of(wanted)
    changed: str | None = None
    long: dict[str, str] = {}
    for asked, body in pages:
        if is_about(asked, EVENTS_PATH):
            changed = max([*(event["created"] for event in body["data"]), *([changed] if changed else [])], key=int,
                          default=None)  # fmt: skip
        elif object_name == "InvoiceLine" and "/lines" in asked:
            invoice = asked.partition("/v1/invoices/")[2].partition("/")[0]
            yield from _lines({"id": invoice, "status": long[invoice]}, _new(asked, body), changed, tops)
        elif "/lines" not in asked:
            for record in _new(asked, body) if body.get("object") == "list" else [body]:
                if has_more_lines(record):
                    long[record["id"]] = record["status"]
                yield from _of_one(object_name, record, changed, tops)


def _new(asked: str, body: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The records of a page of a list; one that follows another begins with the last record of it."""
    records: Sequence[Mapping[str, Any]] = body["data"]
    return records[1:] if "starting_after=" in asked else records


def _of_one(
    object_name: str, record: Mapping[str, Any], changed: str | None, tops: Collection[str] | None
) -> Iterator[Record]:
    """The records that one object gives."""
    if object_name == "InvoiceLine":
        # A long list comes on pages of its own, from its beginning.
        if not has_more_lines(record):
            yield from _lines(record, record.get("lines", {}).get("data", ()), changed, tops)
    elif object_name == "DisputeMovement":
        yield from _movements(record, changed)
    else:
        yield {**flat(record, tops), "changed": changed}


def _lines(
    invoice: Mapping[str, Any],
    lines: Sequence[Mapping[str, Any]],
    changed: str | None,
    tops: Collection[str] | None,
) -> Iterator[Record]:
    """Lines with their invoice, and their amount without discounts and without the tax that is in it."""
    for line in lines:
        discounts = sum(int(entry["amount"]) for entry in line.get("discount_amounts") or ())
        taxes = sum(int(entry["amount"]) for entry in line.get("tax_amounts") or () if entry.get("inclusive"))
        yield {
            **flat(line, tops),
            "invoice.id": invoice["id"],
            "invoice.status": invoice["status"],
            "net_units": str(int(line["amount"]) - discounts - taxes),
            "changed": changed,
        }


def _movements(dispute: Mapping[str, Any], changed: str | None) -> Iterator[Record]:
    """The money that a dispute took and gave back, in the currency of the charge."""
    charge = dispute.get("charge")
    for transaction in dispute.get("balance_transactions") or ():
        sign = -1 if int(transaction["amount"]) < 0 else 1
        yield {
            **flat(transaction),
            **({f"charge.{name}": charge.get(name) for name in ("id", "invoice", "customer")} if charge else {}),
            "currency": dispute["currency"],
            "moved_units": str(sign * int(dispute["amount"])),
            "changed": changed,
        }


def has_more_lines(record: Mapping[str, Any]) -> bool:
    """Whether an invoice has more lines than it shows."""
    lines = record.get("lines")
    return isinstance(lines, dict) and lines.get("has_more") is True
