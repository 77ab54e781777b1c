"""Salesforce as it answers an app that writes: queries by a list of keys, and SObject Collections."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from openspm.fakes.salesforce import Refusal, Salesforce
from openspm.fakes.salesforce_company import as_vendor_has_them, objects_of
from openspm.fakes.salesforce_objects import Record, describe_fields
from openspm.fakes.server import FakeAnswer, FakeRequest

LISTED = re.compile(r"SELECT (?P<fields>\S+) FROM (?P<object>\w+) WHERE (?P<field>\w+) IN \((?P<keys>.*)\)")
KEY = re.compile(r"'((?:[^'\\]|\\.)*)'")
MOST_RECORDS = 200


class WritableSalesforce(Salesforce):
    """An organisation that can be written to.

    Attributes:
        own_fields: for each object the fields that the company has added; None for whatever ends in __c.
        locked: ids of records that somebody else holds.
    """

    def __init__(self, objects: dict[str, list[Record]]) -> None:
        super().__init__(objects)
        self.own_fields: dict[str, set[str]] | None = None
        self.locked: set[str] = set()

    def _answer(self, request: FakeRequest) -> FakeAnswer:
        found = re.fullmatch(r"/services/data/v[0-9.]+/composite/sobjects(?:/(\w+)/(\w+))?", request.path)
        if found is None:
            return super()._answer(request)
        if request.headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            raise Refusal(401, "INVALID_SESSION_ID", "Session expired or invalid")
        records = request.json()["records"]
        if len(records) > MOST_RECORDS:
            raise Refusal(400, "EXCEEDED_MAX_SIZE_REQUEST", "The maximum is 200.")
        return FakeAnswer.of_json([self._written(request.method, record, found[2] or "id") for record in records])

    def _found(self, text: str, with_deleted: bool) -> tuple[list[str], list[Record]]:
        query = LISTED.fullmatch(text)
        if query is None or not query["keys"].startswith("'"):
            return super()._found(text, with_deleted)
        columns = query["fields"].split(",")
        keys = {re.sub(r"\\(.)", r"\1", key) for key in KEY.findall(query["keys"])}
        standard = {field["name"] for field in describe_fields(query["object"])}
        for column in columns:
            if column not in standard and not self._is_own(query["object"], column):
                raise Refusal(400, "INVALID_FIELD", f"No such column '{column}' on entity '{query['object']}'.")
        found = [
            record
            for record in self.objects[query["object"]]
            if str(record.get(query["field"])) in keys and not record.get("IsDeleted")
        ]
        return columns, [{column: record.get(column) for column in columns} for record in found]

    def _is_own(self, name: str, field: str) -> bool:
        """Whether the company has added a field."""
        if self.own_fields is None:
            return field.endswith("__c")
        return field in self.own_fields.get(name, ())

    def _written(self, method: str, given: Mapping[str, Any], key: str) -> Record:
        """One record of a collection, and what is said of it."""
        name = given["attributes"]["type"]
        values = {field: value for field, value in given.items() if field not in ("attributes", key)}
        if name == "Task":
            return self._made(values)
        record = next((one for one in self.objects[name] if one.get("Id" if key == "id" else key) == given[key]), None)
        wrong = [field for field in values if not self._is_own(name, field)]
        if record is None:
            return _refused("ENTITY_IS_DELETED" if method == "PATCH" else "NOT_FOUND", "no such record")
        if wrong:
            return _refused("INVALID_FIELD", f"No such column '{wrong[0]}' on sobject of type {name}")
        if record["Id"] in self.locked:
            return _refused("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record")
        self.change(name, record["Id"], **values)
        return {"id": record["Id"], "success": True, "errors": [], "created": False}

    def _made(self, values: Mapping[str, Any]) -> Record:
        """A new task."""
        if values["OwnerId"] not in {user["Id"] for user in self.objects["User"]}:
            return _refused("INVALID_CROSS_REFERENCE_KEY", "Owner ID: owner cannot be blank")
        task_id = f"00T{len(self.objects.setdefault('Task', [])):015}"
        self.add("Task", Id=task_id, **values)
        return {"id": task_id, "success": True, "errors": []}


def _refused(code: str, message: str) -> Record:
    return {"success": False, "errors": [{"statusCode": code, "message": message, "fields": []}]}


def build(tables: Mapping[str, pa.Table]) -> WritableSalesforce:
    """An organisation that has the records of a company."""
    return WritableSalesforce(objects_of(as_vendor_has_them(tables)))
