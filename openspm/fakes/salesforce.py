"""Salesforce as it answers: log-in, describes, queries page by page, Bulk 2.0 jobs, and its error codes."""

from __future__ import annotations

import datetime
import functools
import json
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jwt
import pyarrow as pa
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from openspm.fakes.salesforce_company import FILLED_AT, as_vendor_has_them, objects_of, stamp_text
from openspm.fakes.salesforce_objects import (
    FIELDS,
    NUMBER_MARK,
    NUMBERS,
    REFERENCES,
    Record,
    as_csv,
    as_json,
    cursor_text,
    describe_fields,
    java_double,
)
from openspm.fakes.server import FakeAnswer, FakeRequest, page_of

__all__ = ["Salesforce", "as_vendor_has_them", "build"]

CLIENT_ID = "3MVG9-fake"
CLIENT_SECRET = "a secret & a half"  # noqa: S105 - it opens a fake
USER = "integration@acme.example"
VERSIONS = ("60.0", "61.0", "62.0")
MULTI_CURRENCY_OBJECTS = frozenset({"CurrencyType", "DatedConversionRate"})
QUERY = re.compile(
    r"SELECT (?P<fields>.+?) FROM (?P<object>\w+)(?: WHERE (?P<field>\w+) (?P<sign>>=|=|IN) (?P<value>\S+|\(.+\)))?"
)
# Fields that a company in Salesforce has beside the standard ones, as the lines of company.yml name them.
OWN_FIELDS = {
    "accounts": {"segment_name": "Segment__c"},
    "leads": {"first_responded_at": "First_Response__c"},
    "opportunities": {"lost_reason_name": "Loss_Reason__c"},
    "products": {"unit_cost_amount": "Unit_Cost__c"},
    "activities": {"outcome_name": "Outcome__c"},
}


@functools.cache
def _key() -> rsa.RSAPrivateKey:
    """The key whose certificate the app has."""
    return rsa.generate_private_key(65537, 2048)


def private_key() -> str:
    """That key as a file holds it."""
    return (
        _key()
        .private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        .decode()
    )


class Refusal(Exception):  # noqa: N818 - the name says what happened
    """An error of Salesforce."""

    def __init__(self, status: int, code: str, message: str = "") -> None:
        super().__init__(code)
        self.answer = FakeAnswer.of_json([{"message": message or code, "errorCode": code}], status)


@dataclass
class Job:
    """A Bulk job: its query's columns and records, and how often it is still looked at before it is done."""

    columns: list[str]
    records: list[Record]
    looks: int


class Salesforce:
    """An organisation in memory.

    Attributes:
        objects: the records of each object.
        now: the time by Salesforce's clock; every change is stamped with it.
        hidden: objects, and fields as Object.Field, that the user may not see.
        has_currencies: whether the organisation has several currencies.
        requests_left: how many requests are still allowed today; None for as many as one likes.
        page_size: records of a page over REST.
        bulk_looks: how often a job is looked at before it is done.
        bulk_end: the state in which jobs end.
        scope: what tokens may be used for.
        on_page: called before each answer of records; a test changes records there.
    """

    def __init__(self, objects: dict[str, list[Record]]) -> None:
        self.objects = objects
        self.now = FILLED_AT + datetime.timedelta(hours=1)
        self.hidden: set[str] = set()
        self.has_currencies = True
        self.requests_left: int | None = None
        self.page_size = 2000
        self.bulk_looks = 1
        self.bulk_end = "JobComplete"
        self.scope = "api"
        self.on_page: Callable[[], None] = lambda: None
        self.tokens: set[str] = set()
        self.jobs: dict[str, Job] = {}
        self._cursors: dict[str, tuple[list[str], list[Record]]] = {}
        self._count = 0
        self._lock = threading.RLock()

    def settings(self, url: str) -> Mapping[str, str]:
        """Lines for the block of company.yml."""
        return {"url": url, "client_id": CLIENT_ID, "fields": json.dumps(OWN_FIELDS)}

    def secrets(self) -> Mapping[str, str]:
        """What it lets in."""
        return {"client_secret": CLIENT_SECRET, "private_key": private_key()}

    def change(self, object_name: str, record_id: str, **values: Any) -> None:
        """Change a record, and stamp it."""
        record = next(record for record in self.objects[object_name] if record["Id"] == record_id)
        record.update(values, SystemModstamp=stamp_text(self.now))

    def add(self, object_name: str, **values: Any) -> None:
        """Add a record, stamped unless it says otherwise."""
        stamp = stamp_text(self.now)
        self.objects[object_name].append({"IsDeleted": False, "CreatedDate": stamp, "SystemModstamp": stamp, **values})

    def merge(self, object_name: str, kept: str, merged: str) -> None:
        """Merge a record into another: it is deleted, and what belonged to it belongs to the other."""
        self.change(object_name, merged, IsDeleted=True, MasterRecordId=kept)
        for name, records in self.objects.items():
            for record in records:
                for field in (f"{object_name}Id", "WhoId", "WhatId"):
                    if record.get(field) == merged:
                        self.change(name, record["Id"], **{field: kept})

    def answer(self, request: FakeRequest) -> FakeAnswer:
        """What it says to a request."""
        with self._lock:
            try:
                return self._answer(request)
            except Refusal as refusal:
                return refusal.answer

    def _answer(self, request: FakeRequest) -> FakeAnswer:
        if request.path == "/services/oauth2/token":
            return self._token(request)
        if request.headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            raise Refusal(401, "INVALID_SESSION_ID", "Session expired or invalid")
        if self.requests_left is not None:
            if self.requests_left <= 0:
                raise Refusal(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
            self.requests_left -= 1
        found = re.fullmatch(r"/services/data/v([0-9.]+)/(.*)", request.path)
        if not found or found[1] not in VERSIONS:
            raise Refusal(404, "NOT_FOUND", "The requested resource does not exist")
        words = found[2].split("/")
        if words[0] == "sobjects":
            return self._described(words)
        if words[0] in ("query", "queryAll"):
            return self._page(words, request)
        if words[:2] == ["jobs", "query"]:
            return self._job(words[2:], request)
        raise Refusal(404, "NOT_FOUND")

    def _token(self, request: FakeRequest) -> FakeAnswer:
        form = request.form()
        if form.get("grant_type") == "client_credentials":
            is_right = (form.get("client_id"), form.get("client_secret")) == (CLIENT_ID, CLIENT_SECRET)
        else:
            is_right = self._is_signed(form.get("assertion", ""))
        if not is_right:
            return FakeAnswer.of_json({"error": "invalid_client", "error_description": "invalid credentials"}, 400)
        self._count += 1
        token = f"00D!token{self._count}"
        self.tokens.add(token)
        return FakeAnswer.of_json({"access_token": token, "instance_url": request.base_url, "scope": self.scope})

    def _is_signed(self, assertion: str) -> bool:
        try:
            claims = jwt.decode(
                assertion, _key().public_key(), algorithms=["RS256"], audience="https://login.salesforce.com"
            )
        except jwt.PyJWTError:
            return False
        return bool(claims["iss"] == CLIENT_ID and claims["sub"] == USER)

    def _is_visible(self, name: str) -> bool:
        is_there = name in self.objects and (self.has_currencies or name not in MULTI_CURRENCY_OBJECTS)
        return is_there and name not in self.hidden

    def _fields(self, name: str) -> list[dict[str, Any]]:
        return [
            field
            for field in describe_fields(name)
            if f"{name}.{field['name']}" not in self.hidden
            and (self.has_currencies or field["name"] != "CurrencyIsoCode")
        ]

    def _described(self, words: list[str]) -> FakeAnswer:
        if len(words) == 1:
            listed = [{"name": name, "queryable": True} for name in FIELDS if self._is_visible(name)]
            return FakeAnswer.of_json({"encoding": "UTF-8", "sobjects": listed})
        if not self._is_visible(words[1]):
            raise Refusal(404, "NOT_FOUND")
        return FakeAnswer.of_json({"name": words[1], "fields": self._fields(words[1])})

    def _found(self, text: str, with_deleted: bool) -> tuple[list[str], list[Record]]:
        """The columns and records of a query."""
        query = QUERY.fullmatch(text)
        if query is None:
            raise Refusal(400, "MALFORMED_QUERY", text)
        name = query["object"]
        if not self._is_visible(name):
            raise Refusal(400, "INVALID_TYPE", f"sObject type '{name}' is not supported.")
        columns = query["fields"].split(",")
        found = [record for record in self.objects[name] if with_deleted or not record.get("IsDeleted")]
        if query["sign"] == ">=":
            since = datetime.datetime.fromisoformat(query["value"])
            found = [r for r in found if datetime.datetime.fromisoformat(r[query["field"]]) >= since]
        elif query["sign"] == "IN":
            _, inner = self._found(query["value"][1:-1], with_deleted)
            found = [r for r in found if r.get(query["field"]) in {one["Id"] for one in inner}]
        elif query["sign"] == "=":
            found = [r for r in found if r.get(query["field"]) == (query["value"] == "true")]
        values = [self._column(name, column) for column in columns]
        return columns, [
            {column: value(record) for column, value in zip(columns, values, strict=True)} for record in found
        ]

    def _column(self, name: str, column: str) -> Callable[[Record], Any]:
        """Gives a field of records, or of their parents, as it is written."""
        field, _, rest = column.partition(".")
        if rest:
            key, parent = next((key, to[1]) for key, to in REFERENCES.items() if to[0] == field)
            parents = {record["Id"]: record for record in self.objects[parent]}
            of_parent = self._column(parent, rest)
            return lambda record: of_parent(parents[record[key]]) if record.get(key) in parents else None
        kind = next((entry["type"] for entry in self._fields(name) if entry["name"] == field), None)
        if kind is None:
            raise Refusal(400, "INVALID_FIELD", f"No such column '{field}' on entity '{name}'.")
        write = java_double if kind in NUMBERS else str
        if kind not in {*NUMBERS, "int"}:
            return lambda record: record.get(field)
        return lambda record: NUMBER_MARK + write(record[field]) if record.get(field) is not None else None

    def _page(self, words: list[str], request: FakeRequest) -> FakeAnswer:
        """A page of a query, or of one that began before."""
        self.on_page()
        if len(words) == 1:
            self._count += 1
            cursor, start = cursor_text(self._count), 0
            self._cursors[cursor] = self._found(request.query["q"], words[0] == "queryAll")
        else:
            cursor, _, text = words[1].rpartition("-")
            start = int(text)
        if cursor not in self._cursors:
            raise Refusal(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        _, records = self._cursors[cursor]
        page, following = page_of(records, start, self.page_size, request.fault)
        body: dict[str, Any] = {
            "totalSize": len(records), "done": following is None, "records": [_nested(record) for record in page],
        }  # fmt: skip
        if following is not None:
            body["nextRecordsUrl"] = f"/services/data/v{VERSIONS[-1]}/query/{cursor}-{following}"
        return FakeAnswer(200, as_json(body))

    def forget_cursors(self) -> None:
        """Every query that began is unknown from now on."""
        self._cursors.clear()

    def _job(self, words: list[str], request: FakeRequest) -> FakeAnswer:
        """A Bulk job: made, looked at, read, deleted."""
        if not words:
            asked = request.json()
            self._count += 1
            name = f"750{self._count:015d}"
            self.jobs[name] = Job(*self._found(asked["query"], asked["operation"] == "queryAll"), self.bulk_looks)
            return FakeAnswer.of_json({"id": name, "state": "UploadComplete"})
        if words[0] not in self.jobs:
            raise Refusal(404, "NOT_FOUND")
        job = self.jobs[words[0]]
        if request.method == "DELETE":
            del self.jobs[words[0]]
            return FakeAnswer(204, b"")
        if len(words) == 1:
            job.looks -= 1
            state = self.bulk_end if job.looks < 0 else "InProgress"
            return FakeAnswer.of_json(
                {"id": words[0], "state": state, "numberRecordsProcessed": len(job.records) if job.looks < 0 else 0}
            )
        self.on_page()
        start = int(request.query.get("locator", "0"))
        page, following = page_of(job.records, start, int(request.query["maxRecords"]), request.fault)
        headers = {
            "Sforce-NumberOfRecords": str(len(page)),
            "Sforce-Locator": "null" if following is None else str(following),
        }
        return FakeAnswer(200, as_csv(page, job.columns), "text/csv; charset=UTF-8", headers)


def _nested(record: Mapping[str, Any]) -> Record:
    """A record as JSON has it: a parent's fields are in an object of their own."""
    out: Record = {"attributes": {"type": "Record"}}
    for column, value in record.items():
        relation, _, field = column.rpartition(".")
        if relation:
            out.setdefault(relation, {"attributes": {"type": relation}})[field] = value
        else:
            out[column] = value
    return out


def build(tables: Mapping[str, pa.Table]) -> Salesforce:
    """An organisation that has the records of a company."""
    return Salesforce(objects_of(as_vendor_has_them(tables)))
