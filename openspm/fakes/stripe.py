"""A fake Stripe: lists newest first, events that name what changed, and records as they are now.

Tests change what it has through `put` and `remove`, which leave an event as Stripe does.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

import pyarrow as pa

from openspm.fakes.server import FakeAnswer, FakeRequest
from openspm.sources.stripe.objects import OBJECTS

TOKEN = "rk_test_fake"  # noqa: S105 - it opens nothing but the fake
SHOWN_LINES = 10
ZERO_DECIMALS = frozenset({"JPY", "KRW"})
THREE_DECIMALS = frozenset({"BHD", "KWD"})
PREFIXES = {
    "customer_id": "cus_", "invoice_id": "in_", "invoice_line_id": "il_", "payment_id": "ch_", "credit_note_id": "cn_",
}  # fmt: skip
METADATA = ("opportunity_id", "contract_id", "salesperson_user_id")
TYPES = {spec.type: spec for spec in OBJECTS.values()}

Row = dict[str, Any]


def as_vendor_has_them(tables: Mapping[str, pa.Table]) -> dict[str, pa.Table]:
    """A company's tables as Stripe can hold them: ids in its form, and no cost of what was sold."""
    held = {}
    for name, table in tables.items():
        for column, prefix in PREFIXES.items():
            if column in table.column_names:
                texts = [text and prefix + text for text in table.column(column).to_pylist()]
                table = table.set_column(table.column_names.index(column), column, pa.array(texts, pa.string()))
        held[name] = table.drop_columns(["cost_amount"]) if name == "invoice_lines" else table
    return held


def build(tables: Mapping[str, pa.Table]) -> Stripe:
    """A fake that has the finance tables of a company."""
    tables = as_vendor_has_them(tables)
    vendor = Stripe()
    rows = {
        name: tables[name].to_pylist() if name in tables else []
        for name in ("customers", "invoices", "invoice_lines", "payments", "credit_notes")
    }
    lines: dict[str, list[Row]] = {}
    for row in rows["invoice_lines"]:
        lines.setdefault(row["invoice_id"], []).append(row)
    makers: Sequence[tuple[str, Callable[[Row], Row]]] = (
        ("customers", _customer),
        ("invoices", lambda row: _invoice(row, lines.get(row["invoice_id"], []))),
        ("payments", _charge),
        ("credit_notes", _credit_note),
    )
    for name, make in makers:
        for row in rows[name]:
            try:
                vendor.records.append(make(row))
            except (ValueError, InvalidOperation, TypeError):
                continue  # a defect of the simulated company that Stripe would not have let in
    vendor.events.append(vendor.event("customer.updated", {"id": "cus_none", "object": "customer"}, 0))
    return vendor


def noon(day: str) -> int:
    """Seconds of the epoch at noon of a day, which is the same day in almost every zone."""
    return int(datetime.datetime.fromisoformat(f"{day}T12:00:00+00:00").timestamp())


def units(amount: str | None, currency: str) -> int:
    """An amount in the currency's smallest units."""
    digits = 0 if currency in ZERO_DECIMALS else 3 if currency in THREE_DECIMALS else 2
    whole = Decimal(amount or 0).scaleb(digits)
    if whole != int(whole):
        raise ValueError(f"{amount} {currency} has too many digits")
    return int(whole)


def _head(row_id: str, kind: str, created: int, currency: str | None) -> Row:
    code = currency.lower() if currency else None
    return {"id": row_id, "object": kind, "created": created, "currency": code, "livemode": False}


def _customer(row: Row) -> Row:
    created = int(datetime.datetime.fromisoformat(row["created_at"]).timestamp())
    return {
        **_head(row["customer_id"], "customer", created, row["currency_code"]),
        "name": row["customer_name"], "description": None, "email": None,
        "metadata": {"account_id": row["account_id"]} if row["account_id"] else {},
    }  # fmt: skip


def _invoice(row: Row, lines: Sequence[Row]) -> Row:
    day, currency = noon(row["invoice_date"]), row["currency_code"]
    net, tax = units(row["net_amount"], currency), units(row["tax_amount"], currency)
    return {
        **_head(row["invoice_id"], "invoice", day - 3600, currency),
        "customer": row["customer_id"], "effective_at": None, "number": row["invoice_id"],
        "due_date": noon(row["due_date"]) if row["due_date"] else None,
        "status": "void" if row["is_void"] == "true" else "open", "paid_out_of_band": False,
        "status_transitions": {"finalized_at": day, "paid_at": None, "voided_at": None},
        "total": net + tax, "total_excluding_tax": net, "tax": tax, "amount_due": net + tax, "amount_paid": 0,
        "metadata": {name: row[name] for name in METADATA if row.get(name)},
        "lines": [
            {
                "id": line["invoice_line_id"], "object": "line_item", "currency": currency.lower(),
                "amount": units(line["line_amount"], currency), "quantity": int(line["quantity"]),
                "price": {"id": "price_1", "product": line["product_id"]}, "discount_amounts": [], "tax_amounts": [],
            }
            for line in lines
        ],
    }  # fmt: skip


def _charge(row: Row) -> Row:
    day, currency = noon(row["payment_date"]), row["currency_code"]
    amount = units(row["payment_amount"], currency)
    return {
        **_head(row["payment_id"], "charge", day - 3600, currency),
        "amount": amount, "amount_captured": amount, "captured": True, "status": "succeeded",
        "invoice": row["invoice_id"], "customer": row["customer_id"], "metadata": {},
        "balance_transaction": {
            "id": "txn_" + row["payment_id"], "object": "balance_transaction", "created": day, "available_on": day,
            "amount": amount, "fee": 0, "net": amount, "currency": currency.lower(), "type": "charge",
        },
    }  # fmt: skip


def _credit_note(row: Row) -> Row:
    day, currency = noon(row["credit_note_date"]), row["currency_code"]
    net, tax = units(row["net_amount"], currency), units(row["tax_amount"], currency)
    return {
        **_head(row["credit_note_id"], "credit_note", day, currency),
        "invoice": row["invoice_id"], "customer": row["customer_id"], "effective_at": None, "status": "issued",
        "total": net + tax, "total_excluding_tax": net, "reason": None, "memo": row["reason_name"], "metadata": {},
    }  # fmt: skip


class Stripe:
    """The account.

    Attributes:
        records: everything that it has, by no order.
        events: what happened, newest first; `now` is its clock.
        forbidden: paths that the key may not read.
        page_size: most records of a page, whatever is asked for.
        versions: the versions of the API that were asked for.
    """

    def __init__(self) -> None:
        self.records: list[Row] = []
        self.events: list[Row] = []
        self.now = noon("2026-06-01")
        self.forbidden: set[str] = set()
        self.page_size = 100
        self.versions: set[str] = set()

    def settings(self, url: str) -> Mapping[str, str]:
        """The address."""
        return {"url": url}

    def secrets(self) -> Mapping[str, str]:
        """The restricted key."""
        return {"token": TOKEN}

    def event(self, kind: str, record: Row, seconds: int) -> Row:
        """An event some seconds from now; what it holds is not what a reader may trust."""
        self.now += seconds
        about = {"id": record["id"], "object": record["object"]}
        return {"id": f"evt_{len(self.events)}", "object": "event", "created": self.now, "type": kind,
                "data": {"object": about}}  # fmt: skip

    def put(self, record: Row, event: str, seconds: int = 60) -> Row:
        """Add or change a record, by its id."""
        known = next((one for one in self.records if one["id"] == record["id"]), None)
        merged = {**(known or {}), **record}
        self.records = [*(one for one in self.records if one is not known), merged]
        self.events.insert(0, self.event(event, merged, seconds))
        return merged

    def remove(self, record_id: str, event: str) -> None:
        """Delete a record."""
        record = next(one for one in self.records if one["id"] == record_id)
        self.records.remove(record)
        self.events.insert(0, self.event(event, record, 60))

    def answer(self, request: FakeRequest) -> FakeAnswer:
        """One page, one record, or an error."""
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return _error(401, "Invalid API Key provided")
        self.versions.add(request.headers.get("stripe-version", ""))
        if any(request.path.startswith(path) for path in self.forbidden):
            return _error(403, "The provided key does not have the required permissions for this endpoint")
        if lines := re.fullmatch(r"/v1/invoices/([^/]+)/lines", request.path):
            return self._page(self._record(lines[1])["lines"], request)
        if request.path == "/v1/events":
            types = {value for name, value in request.query.items() if name.startswith("types[")}
            return self._page([event for event in self.events if not types or event["type"] in types], request)
        spec = next(spec for spec in OBJECTS.values() if request.path.startswith(spec.path))
        if request.path == spec.path:
            found = sorted(
                (one for one in self.records if one["object"] == spec.type),
                key=lambda one: (-one["created"], one["id"]),
            )
            if "charge" in request.query:
                found = [one for one in found if one["charge"]["id"] == request.query["charge"]]
            return self._page(found, request)
        record_id = request.path.rpartition("/")[2]
        try:
            return FakeAnswer.of_json(_shown(self._record(record_id), request))
        except KeyError:
            if spec.type == "customer":
                return FakeAnswer.of_json({"id": record_id, "object": "customer", "deleted": True})
            return _error(404, f"No such {spec.type}: {record_id!r}")

    def _record(self, record_id: str) -> Row:
        for record in self.records:
            if record["id"] == record_id:
                return record
        raise KeyError(record_id)

    def _page(self, records: Sequence[Row], request: FakeRequest) -> FakeAnswer:
        """A page of a list, newest first, from the record behind the one that is named."""
        query = request.query
        first, last = int(query.get("created[gte]", 0)), int(query.get("created[lt]", 1 << 40))
        found = [one for one in records if first <= one.get("created", 0) < last]
        size = min(int(query.get("limit", 10)), self.page_size)
        start = 0
        if "starting_after" in query:
            ids = [one["id"] for one in found]
            if query["starting_after"] not in ids:
                return _error(400, f"No such record: {query['starting_after']!r}")
            start = ids.index(query["starting_after"]) + 1
        if request.fault == "duplicated_page":
            start = max(0, start - size)
        elif request.fault == "skipped_page":
            start += size
        elif request.fault == "cursor_loop":
            start = 0
        page = [_shown(one, request, "data.") for one in found[start : start + size]]
        has_more = start + size < len(found) or request.fault == "cursor_loop"
        return FakeAnswer.of_json({"object": "list", "url": request.path, "data": page, "has_more": has_more})


def _shown(record: Row, request: FakeRequest, prefix: str = "") -> Row:
    """A record with few of its lines, and ids in place of what was not asked to be expanded."""
    expanded = {value.removeprefix(prefix) for name, value in request.query.items() if name.startswith("expand[")}
    spec = TYPES.get(record["object"])
    shown = dict(record)
    for name in spec.expand if spec else ():
        if name not in expanded and isinstance(shown.get(name), dict):
            shown[name] = shown[name]["id"]
    if record["object"] == "invoice":
        lines = record["lines"]
        shown["lines"] = {"object": "list", "data": lines[:SHOWN_LINES], "has_more": len(lines) > SHOWN_LINES}
    return shown


def _error(status: int, message: str) -> FakeAnswer:
    return FakeAnswer.of_json({"error": {"type": "invalid_request_error", "message": message}}, status)
