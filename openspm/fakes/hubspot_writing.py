"""A HubSpot portal as it answers an app that writes: batches by a property, tasks, and their associations."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import pyarrow as pa

from openspm.fakes.hubspot import NEVER
from openspm.fakes.hubspot import build as build_portal
from openspm.fakes.hubspot_portal import CRM, LIST_LIMIT, Portal, Record
from openspm.fakes.server import FakeAnswer, FakeRequest

TASK_ID = 60_000_000_001
LINK = re.compile(r"/crm/v4/objects/tasks/(\d+)/associations/default/(\w+)/(\w+)")


@dataclass
class WritablePortal(Portal):
    """A portal that can be written to.

    Attributes:
        has_any_property: whether every property that is written is taken for one that the company has made.
        numbers: properties that take numbers only, as `deals.win_probability`; a wrong one refuses its whole batch.
    """

    has_any_property: bool = True
    numbers: set[str] = field(default_factory=set)

    def _answer(self, request: FakeRequest) -> FakeAnswer:
        found = re.fullmatch(f"{CRM}/objects/(\\w+)(/batch/(?:read|update|upsert))?", request.path)
        link = LINK.fullmatch(request.path)
        if link is not None:
            return self._linked(*link.groups())
        if found is None or request.method != "POST":
            return super()._answer(request)
        name, action = found.groups()
        if action is None:
            return self._made(name, request.json()["properties"])
        asked = request.json()
        if action == "/batch/read":
            return self._found(name, asked) if "idProperty" in asked else super()._answer(request)
        return self._seen(name) or self._changed(name, asked["inputs"], is_upsert=action.endswith("upsert"))

    def _by(self, name: str, id_property: str | None, key: str) -> Record | None:
        """The record that a key means."""
        for record in self._records(name):
            if (record["properties"].get(id_property) if id_property else record["id"]) == key:
                return record
        return None

    def _found(self, name: str, asked: Record) -> FakeAnswer:
        """Records by a property."""
        found = [self._by(name, asked["idProperty"], entry["id"]) for entry in asked["inputs"]]
        results = [self._shaped(name, record, asked["properties"], []) for record in found if record is not None]
        return FakeAnswer.of_json({"status": "COMPLETE", "results": results})

    def _changed(self, name: str, inputs: list[Record], is_upsert: bool) -> FakeAnswer:
        """A batch; one value that does not fit refuses all of it."""
        if len(inputs) > LIST_LIMIT:
            return _refusal("VALIDATION_ERROR", "too many inputs")
        for entry in inputs:
            for key, value in entry["properties"].items():
                if not self.has_any_property and key not in self.properties.get(name, {}):
                    return _refusal("VALIDATION_ERROR", f'Property "{key}" does not exist')
                if f"{name}.{key}" in self.numbers and not re.fullmatch(r"-?[0-9.]*", value):
                    return _refusal("VALIDATION_ERROR", f"{value} was not a valid number.")
        results, gone = [], []
        for entry in inputs:
            record = self._by(name, entry.get("idProperty"), entry["id"])
            if record is None:
                gone.append(entry["id"])
                continue
            changed: Mapping[str, Any] = {key: value or None for key, value in entry["properties"].items()}
            self.put(name, record["id"], NEVER, changed)
            shaped = self._shaped(name, record, list(changed), [])
            trace = {"objectWriteTraceId": entry["objectWriteTraceId"], "new": False} if is_upsert else {}
            results.append({**shaped, **trace})
        body: Record = {"status": "COMPLETE", "results": results}
        if gone:
            error = {"category": "OBJECT_NOT_FOUND", "message": "Could not get some objects", "context": {"ids": gone}}
            body |= {"numErrors": 1, "errors": [error]}
        return FakeAnswer.of_json(body, 207 if gone else 200)

    def _made(self, name: str, properties: Record) -> FakeAnswer:
        """A new record."""
        if properties["hubspot_owner_id"] not in {owner["id"] for owner in self.owners}:
            return _refusal("VALIDATION_ERROR", "hubspot_owner_id was not one of the allowed options")
        record_id = str(TASK_ID + len(self.objects.get(name, {})))
        self.put(name, record_id, NEVER, properties)
        return FakeAnswer.of_json(self._shaped(name, self.objects[name][int(record_id)], [], []), 201)

    def _linked(self, task_id: str, target: str, record_id: str) -> FakeAnswer:
        """A task tied to a record."""
        if not record_id.isdigit() or int(record_id) not in self.objects.get(target, {}):
            return _refusal("OBJECT_NOT_FOUND", "No such record", 404)
        self.associate(("tasks", task_id), (target, record_id))
        return FakeAnswer.of_json({"status": "COMPLETE", "results": []})


def _refusal(category: str, message: str, status: int = 400) -> FakeAnswer:
    return FakeAnswer.of_json({"status": "error", "category": category, "message": message}, status)


def build(tables: Mapping[str, pa.Table]) -> WritablePortal:
    """A portal that has the records of a company."""
    portal = build_portal(tables)
    return WritablePortal(
        **{one.name: getattr(portal, one.name) for one in fields(Portal) if not one.name.startswith("_")}
    )
