"""Records of QuickBooks' answers: queries, changes, and the preferences that say what a company's records look like."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from openspm.sources.quickbooks.entities import CHANGED, CUSTOM, FIELDS, HOME_CURRENCY, INSIDE
from openspm.sources.web.pages import Record, flat, tops_of

START = re.compile(r"startposition(?:%20|\+| )([0-9]+)")


def quickbooks_records(
    object_name: str, pages: Iterator[tuple[str, Any]], wanted: Collection[str] | None
) -> Iterator[Record]:
    """The records of an entity, or of one that is inside it, with the fields that are wanted, or all that may be."""
    always: Record = dict.fromkeys(FIELDS[object_name] if wanted is None else ())
    tops = None if wanted is None else tops_of(wanted)
    entity = INSIDE.get(object_name, object_name)
    home: str | None = None
    for asked, body in pages:
        for answer in answers_of(body):
            for preferences in answer.get("Preferences", ()):
                home = home_currency(preferences)
                if wanted is None:
                    always |= dict.fromkeys(f"{CUSTOM}{name}" for name in custom_fields(preferences))
            found = answer.get(entity, ())
            # A page that follows another begins with the last record of it.
            start = START.search(asked)
            for record in found[1:] if start and int(start[1]) > 1 else found:
                for fields in _of_one(object_name, record, home, tops):
                    yield {**always, **fields} if always else fields


def answers_of(body: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """What a query or a question for changes was answered with."""
    if "CDCResponse" in body:
        return [answer for part in body["CDCResponse"] for answer in part.get("QueryResponse", ())]
    return [body.get("QueryResponse", {})]


def home_currency(preferences: Mapping[str, Any]) -> str | None:
    """The currency of records that name none."""
    value = preferences.get("CurrencyPrefs", {}).get("HomeCurrency", {}).get("value")
    return str(value) if value else None


def custom_fields(preferences: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of the fields that a company added to its sales forms."""
    groups = preferences.get("SalesFormsPrefs", {}).get("CustomField") or ()
    entries = (entry for group in groups for entry in group.get("CustomField") or ())
    return tuple(str(entry["StringValue"]) for entry in entries if entry.get("StringValue"))


def _of_one(
    object_name: str, record: Mapping[str, Any], home: str | None, tops: Collection[str] | None
) -> Iterator[Record]:
    """The records that one entity gives."""
    if object_name in ("InvoiceLine", "SalesReceiptLine"):
        yield from _lines(record, record.get("Line") or (), tops)
    elif object_name == "PaymentPart":
        yield from _parts(record, flat_record(record, home, tops))
    else:
        yield flat_record(record, home, tops)


def flat_record(record: Mapping[str, Any], home: str | None, tops: Collection[str] | None = None) -> Record:
    """An entity by the names of its fields; custom fields by the names that the company gave them.

    Args:
        record: the entity.
        home: the currency of records that name none.
        tops: what the names of the wanted fields begin with; None for all fields.
    """
    fields = flat(record, tops)
    for entry in (record.get("CustomField") or ()) if tops is None or CUSTOM.rstrip(".") in tops else ():
        fields[f"{CUSTOM}{entry['Name']}"] = entry.get("StringValue") or None
    fields[CHANGED], fields[HOME_CURRENCY] = _changed(record), home
    return fields


def _changed(record: Mapping[str, Any]) -> str | None:
    """When an entity changed last."""
    return (record.get("MetaData") or {}).get("LastUpdatedTime") or None


def _lines(
    invoice: Mapping[str, Any], lines: Sequence[Mapping[str, Any]], tops: Collection[str] | None
) -> Iterator[Record]:
    """Lines that are worth something; a bundle is what is in it, and a discount takes away."""
    for number, line in enumerate(lines, 1):
        kind = line.get("DetailType")
        if kind == "GroupLineDetail":
            yield from _lines(invoice, line["GroupLineDetail"].get("Line") or (), tops)
        elif line.get("Amount") is not None and kind != "SubTotalLineDetail":
            amount = str(line["Amount"])
            yield {
                **flat(line, tops),
                "Id": f"{invoice['Id']}-{line.get('Id') or f'{kind}{number}'}",
                "Invoice.Id": invoice["Id"],
                "NetAmount": negative(amount) if kind == "DiscountLineDetail" else amount,
                CHANGED: _changed(invoice),
            }


def _parts(payment: Mapping[str, Any], fields: Record) -> Iterator[Record]:
    """The money of a payment, invoice by invoice.

    A credit memo that is applied with a payment pays for an invoice and is no money: it is taken off, from the invoice
    where there is but one. What is left is money that is not applied yet. All parts together are the payment's total.
    """
    applied: dict[tuple[str, str], Decimal] = {}
    for line in payment.get("Line") or ():
        for linked in line.get("LinkedTxn") or ():
            key = (linked["TxnType"], linked["TxnId"])
            applied[key] = applied.get(key, Decimal(0)) + Decimal(line["Amount"])
            break
    invoices = [number for kind, number in applied if kind == "Invoice"]
    rest = Decimal(payment.get("TotalAmt") or 0)
    for (kind, number), amount in applied.items():
        if kind not in ("Invoice", "CreditMemo"):
            continue
        part = amount if kind == "Invoice" else -amount
        rest -= part
        invoice = number if kind == "Invoice" else invoices[0] if len(invoices) == 1 else None
        yield {**fields, "Id": f"{payment['Id']}-{number}", "InvoiceId": invoice, "PartAmount": format(part, "f")}
    if rest:
        yield {**fields, "Id": f"{payment['Id']}-rest", "InvoiceId": None, "PartAmount": format(rest, "f")}


def negative(amount: str) -> str:
    """An amount with the other sign."""
    return format(-Decimal(amount), "f")
