"""Records of QuickBooks' answers: queries, changes, and the preferences that say what a company's records look like."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from openspm.sources.quickbooks.entities import CHANGED, CUSTOM, FIELDS, HOME_CURRENCY, INSIDE
from openspm.sources.web.pages import Record, flat

START = re.compile(r"startposition(?:%20|\+| )([0-9]+)")


def quickbooks_records(object_name: str, pages: Iterator[tuple[str, Any]]) -> Iterator[Record]:
    """The records of an entity, or of one that is inside it, with every field that there may be."""
    always: Record = dict.fromkeys(FIELDS[object_name])
    entity = INSIDE.get(object_name, object_name)
    home: str | None = None
    for asked, body in pages:
        for answer in answers_of(body):
            for preferences in answer.get("Preferences", ()):
                home = home_currency(preferences)
                always |= dict.fromkeys(f"{CUSTOM}{name}" for name in custom_fields(preferences))
            found = answer.get(entity, ())
            # A page that follows another begins with the last record of it.
            start = START.search(asked)
            for record in found[1:] if start and int(start[1]) > 1 else found:
                yield from ({**always, **fields} for fields in _of_one(object_name, record, home))


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


def _of_one(object_name: str, record: Mapping[str, Any], home: str | None) -> Iterator[Record]:
    """The records that one entity gives."""
    fields = flat_record(record, home)
    if object_name == "InvoiceLine":
        yield from _lines(record, record.get("Line") or (), fields)
    elif object_name == "PaymentPart":
        yield from _parts(record, fields)
    else:
        yield fields


def flat_record(record: Mapping[str, Any], home: str | None) -> Record:
    """An entity by the names of its fields; custom fields by the names that the company gave them."""
    fields = flat(record)
    for entry in record.get("CustomField") or ():
        fields[f"{CUSTOM}{entry['Name']}"] = entry.get("StringValue") or None
    return {**fields, CHANGED: fields.get("MetaData.LastUpdatedTime"), HOME_CURRENCY: home}


def _lines(invoice: Mapping[str, Any], lines: Sequence[Mapping[str, Any]], fields: Record) -> Iterator[Record]:
    """Lines that are worth something; a bundle is what is in it, and a discount takes away."""
    for number, line in enumerate(lines, 1):
        kind = line.get("DetailType")
        if kind == "GroupLineDetail":
            yield from _lines(invoice, line["GroupLineDetail"].get("Line") or (), fields)
        elif line.get("Amount") is not None and kind != "SubTotalLineDetail":
            amount = str(line["Amount"])
            yield {
                **flat(line),
                "Id": f"{invoice['Id']}-{line.get('Id') or f'{kind}{number}'}",
                "Invoice.Id": invoice["Id"],
                "NetAmount": negative(amount) if kind == "DiscountLineDetail" else amount,
                CHANGED: fields[CHANGED],
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
