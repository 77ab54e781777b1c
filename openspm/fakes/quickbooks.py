"""A fake QuickBooks Online: queries by position, changes since a time, and refresh tokens that are good for one use.

Tests change what it has through `put` and `remove`. Amounts are texts that begin with `#`, and go out as JSON numbers
with just these digits.
"""

from __future__ import annotations

import base64
import datetime
import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

import pyarrow as pa

from openspm.fakes.server import FakeAnswer, FakeRequest

CLIENT_ID, CLIENT_SECRET = "fake-app", "fake-app-secret"
REALM = "4620816365000000000"
FIRST_TOKEN = "refresh-0"  # noqa: S105
ENTITIES = ("Customer", "Invoice", "Payment", "CreditMemo", "SalesReceipt", "RefundReceipt")
CUSTOM_FIELDS = ("opportunity_id", "contract_id", "salesperson_user_id")
# QuickBooks numbers all transactions in one row.
FIRST_NUMBER = {"customer_id": 0, "product_id": 0, "invoice_id": 100_000, "payment_id": 200_000_000,
                "credit_note_id": 300_000}  # fmt: skip
MOST_CHANGES = 1000
QUERY = re.compile(
    r"select (?P<what>\*|count\(\*\)) from (?P<entity>\w+)(?P<where> where .*?)?"
    r"(?: orderby (?P<order>\S+)(?P<desc> desc)?)?(?: startposition (?P<start>\d+))?(?: maxresults (?P<most>\d+))?$"
)

Row = dict[str, Any]


def as_vendor_has_them(tables: Mapping[str, pa.Table]) -> dict[str, pa.Table]:
    """A company's tables as QuickBooks can hold them: numbers for ids, nothing left of what was voided, no cost."""
    held: dict[str, pa.Table] = {}
    void = {row["invoice_id"] for row in _rows(tables, "invoices") if row["is_void"] == "true"}
    positions: dict[str, int] = {}
    for name, table in tables.items():
        rows = table.to_pylist()
        for row in rows:
            if row.get("invoice_id") in void and name in ("invoices", "invoice_lines"):
                row |= {column: "0" for column in ("net_amount", "tax_amount", "line_amount") if column in row}
            for column in FIRST_NUMBER:
                if row.get(column) and name != "payments":
                    row[column] = numbered(column, row[column])
            if name == "payments":
                invoice = numbered("invoice_id", row["invoice_id"])
                row |= {"invoice_id": invoice, "customer_id": numbered("customer_id", row["customer_id"])}
                row["payment_id"] = f"{numbered('payment_id', row['payment_id'])}-{invoice or 'rest'}"
            elif name == "invoice_lines":
                position = positions[row["invoice_id"]] = positions.get(row["invoice_id"], 0) + 1
                row["invoice_line_id"] = f"{row['invoice_id']}-{position}"
        columns = [column for column in table.column_names if (name, column) != ("invoice_lines", "cost_amount")]
        held[name] = pa.table({column: pa.array([row[column] for row in rows], pa.string()) for column in columns})
    return held


def numbered(column: str, text: str | None) -> str | None:
    """An id as a number."""
    digits = re.sub(r"\D", "", text or "")
    return str(FIRST_NUMBER[column] + int(digits)) if digits else text


def _rows(tables: Mapping[str, pa.Table], name: str) -> list[Row]:
    return tables[name].to_pylist() if name in tables else []


def build(tables: Mapping[str, pa.Table]) -> Quickbooks:
    """A fake that has the finance tables of a company; a customer's account stands in its notes."""
    tables = as_vendor_has_them(tables)
    vendor = Quickbooks()
    lines: dict[str, list[Row]] = {}
    for row in _rows(tables, "invoice_lines"):
        lines.setdefault(row["invoice_id"], []).append(row)
    for row in _rows(tables, "customers"):
        vendor.add("Customer", _customer(row), row["created_at"])
    for entity, name in (("Invoice", "invoices"), ("Payment", "payments"), ("CreditMemo", "credit_notes")):
        for row in _rows(tables, name):
            try:
                record = _payment(row) if entity == "Payment" else _sale(row, lines.get(str(row["invoice_id"]), []))
            except (InvalidOperation, TypeError, ValueError):
                continue  # a defect of the simulated company that QuickBooks would not have let in
            vendor.add(entity, record)
    return vendor


def number(text: str | Decimal | None) -> str:
    """An amount that goes out as a JSON number with these digits."""
    return f"#{Decimal(text or 0):f}"


def _customer(row: Row) -> Row:
    return {
        "Id": row["customer_id"], "DisplayName": row["customer_name"], "Active": True, "Notes": row["account_id"],
        "CurrencyRef": {"value": row["currency_code"]},
    }  # fmt: skip


def _sale(row: Row, lines: Sequence[Row]) -> Row:
    """An invoice or a credit memo."""
    is_invoice = "invoice_date" in row
    total = Decimal(row["net_amount"]) + Decimal(row["tax_amount"] or 0)
    record: Row = {
        "Id": row["invoice_id"] if is_invoice else row["credit_note_id"],
        "CustomerRef": {"value": row["customer_id"]},
        "TxnDate": row["invoice_date"] if is_invoice else row["credit_note_date"],
        "TotalAmt": number(total),
        "TxnTaxDetail": {"TotalTax": number(row["tax_amount"])},
        "CurrencyRef": {"value": row["currency_code"]},
    }
    if not is_invoice:
        memo = {"CustomerMemo": {"value": row["reason_name"]}} if row["reason_name"] else {}
        return {**record, **memo, **({"InvoiceRef": {"value": row["invoice_id"]}} if row["invoice_id"] else {})}
    return {
        **record,
        **({"DueDate": row["due_date"]} if row["due_date"] else {}),
        "PrivateNote": "Voided" if row["is_void"] == "true" else "",
        "CustomField": [
            {"DefinitionId": str(place), "Name": name, "Type": "StringType", "StringValue": row[name]}
            for place, name in enumerate(CUSTOM_FIELDS, 1)
            if row.get(name)
        ],
        "Line": [
            {
                "Id": line["invoice_line_id"].partition("-")[2],
                "Amount": number(line["line_amount"]),
                "DetailType": "SalesItemLineDetail",
                "SalesItemLineDetail": {"ItemRef": {"value": line["product_id"]}, "Qty": number(line["quantity"])},
            }
            for line in lines
        ]
        + [{"Amount": number(row["net_amount"]), "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}}],
    }


def _payment(row: Row) -> Row:
    amount = number(row["payment_amount"])
    linked = [{"TxnId": row["invoice_id"], "TxnType": "Invoice"}]
    return {
        "Id": row["payment_id"].partition("-")[0], "CustomerRef": {"value": row["customer_id"]},
        "TxnDate": row["payment_date"], "TotalAmt": amount, "CurrencyRef": {"value": row["currency_code"]},
        "Line": [{"Amount": amount, "LinkedTxn": linked}] if row["invoice_id"] else [],
    }  # fmt: skip


class Quickbooks:
    """The company.

    Attributes:
        entities: its records, by entity and id.
        deleted: when records were deleted, by entity and id.
        now: its clock.
        home_currency: the currency of records that name none; None where the preferences do not say.
        custom_fields: the names of its own fields.
        forbidden: entities that the user may not read.
        refresh_token: the one that is good.
        exchanges: how often it was exchanged.
    """

    def __init__(self) -> None:
        self.entities: dict[str, dict[str, Row]] = {name: {} for name in ENTITIES}
        self.deleted: dict[tuple[str, str], datetime.datetime] = {}
        self.now = datetime.datetime(2026, 6, 1, 3, tzinfo=datetime.UTC)
        self.home_currency: str | None = "EUR"
        self.custom_fields: tuple[str, ...] = CUSTOM_FIELDS
        self.forbidden: set[str] = set()
        self.refresh_token = FIRST_TOKEN
        self.exchanges = 0
        self.scope_missing = False

    def settings(self, url: str) -> Mapping[str, str]:
        """Both addresses, the company, and where its customers keep their account."""
        fields = json.dumps({"customers": {"account_id": "Notes"}})
        return {"url": url, "token_url": url, "realm_id": REALM, "fields": fields}

    def secrets(self) -> Mapping[str, str]:
        """The app, and a refresh token that was never used."""
        return {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "refresh_token": FIRST_TOKEN}

    def add(self, entity: str, record: Row, created: str | None = None) -> Row:
        """Add or replace a record."""
        known = self.entities[entity].get(record["Id"], {})
        stamps = {"CreateTime": created or self.now.isoformat(), **known.get("MetaData", {})}
        record = {**record, "MetaData": {**stamps, "LastUpdatedTime": self.now.isoformat()}}
        self.entities[entity][record["Id"]] = record
        return record

    def put(self, entity: str, record: Row, seconds: int = 7200) -> Row:
        """Add or change a record some seconds later."""
        self.now += datetime.timedelta(seconds=seconds)
        return self.add(entity, {**self.entities[entity].get(record["Id"], {}), **record})

    def remove(self, entity: str, record_id: str, seconds: int = 7200) -> None:
        """Delete a record."""
        self.now += datetime.timedelta(seconds=seconds)
        del self.entities[entity][record_id]
        self.deleted[entity, record_id] = self.now

    def answer(self, request: FakeRequest) -> FakeAnswer:
        """A token, a page, changes, or an error."""
        if request.path == "/oauth2/v1/tokens/bearer":
            return self._exchange(request)
        if request.headers.get("authorization") != f"Bearer access-{self.exchanges}":
            return _fault(401, "3200", "AuthenticationFailed")
        if self.scope_missing or not request.path.startswith(f"/v3/company/{REALM}/"):
            return _fault(403, "3100", "ApplicationAuthorizationFailed")
        if request.path.endswith("/cdc"):
            return self._changes(request.query["entities"], request.query["changedSince"])
        found = QUERY.match(request.query["query"])
        if found is None:
            return _fault(400, "4000", "QueryParserError")
        return self._query(found, request.fault)

    def _exchange(self, request: FakeRequest) -> FakeAnswer:
        basic = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {basic}":
            return FakeAnswer.of_json({"error": "invalid_client"}, 401)
        if request.form().get("refresh_token") != self.refresh_token:
            return FakeAnswer.of_json({"error": "invalid_grant"}, 400)
        self.exchanges += 1
        self.refresh_token = f"refresh-{self.exchanges}"
        return FakeAnswer.of_json({
            "access_token": f"access-{self.exchanges}", "refresh_token": self.refresh_token, "expires_in": 3600,
            "x_refresh_token_expires_in": 8726400, "token_type": "bearer",
        })  # fmt: skip

    def _preferences(self) -> Row:
        names = [{"Name": f"SalesFormsPrefs.SalesCustomName{place}", "Type": "StringType", "StringValue": name}
                 for place, name in enumerate(self.custom_fields, 1)]  # fmt: skip
        home = {"HomeCurrency": {"value": self.home_currency}} if self.home_currency else {}
        return {"Id": "1", "CurrencyPrefs": home, "SalesFormsPrefs": {"CustomField": [{"CustomField": names}]}}

    def _query(self, query: re.Match[str], fault: str | None) -> FakeAnswer:
        entity = query["entity"]
        if entity in self.forbidden:
            return _fault(400, "5020", "Permission Denied Error")
        if entity == "Preferences":
            found = {"Preferences": [self._preferences()], "maxResults": 1}
            return _answer({"QueryResponse": found, "time": self.now.isoformat()})
        records = list(self.entities[entity].values())
        if entity == "Customer" and "Active" not in (query["where"] or ""):
            records = [record for record in records if record.get("Active", True)]
        if query["what"] != "*":
            return _answer({"QueryResponse": {"totalCount": len(records)}})
        if query["order"] == "Id":
            records.sort(key=lambda record: int(record["Id"]))
        elif query["order"]:
            records.sort(key=lambda record: record["MetaData"]["LastUpdatedTime"], reverse=bool(query["desc"]))
        size = int(query["most"] or 100)
        start = int(query["start"] or 1) - 1
        start = {"duplicated_page": max(0, start - size), "skipped_page": start + size, "cursor_loop": 0}.get(
            fault or "", start
        )
        page = records[start : start + size]
        found = {entity: page, "startPosition": start + 1, "maxResults": len(page)} if page else {}
        return _answer({"QueryResponse": found})

    def _changes(self, entity: str, since: str) -> FakeAnswer:
        begin = datetime.datetime.fromisoformat(since)
        if begin < self.now - datetime.timedelta(days=400):
            return _fault(400, "5000", "changedSince is too long ago")
        changed = [
            record
            for record in self.entities[entity].values()
            if datetime.datetime.fromisoformat(record["MetaData"]["LastUpdatedTime"]) >= begin
        ]
        changed += [
            {"Id": record_id, "status": "Deleted", "domain": "QBO", "MetaData": {"LastUpdatedTime": at.isoformat()}}
            for (name, record_id), at in self.deleted.items()
            if name == entity and at >= begin
        ]
        return _answer({"CDCResponse": [{"QueryResponse": [{entity: changed[:MOST_CHANGES]} if changed else {}]}]})


def _answer(value: Any) -> FakeAnswer:
    """JSON, amounts as numbers."""
    answer = FakeAnswer.of_json(value)
    return FakeAnswer(200, re.sub(rb'"#(-?[0-9.]+)"', rb"\1", answer.body))


def _fault(status: int, code: str, message: str) -> FakeAnswer:
    return FakeAnswer.of_json({"Fault": {"Error": [{"Message": message, "code": code}]}}, status)
