"""A HubSpot portal in memory: lists, searches, batches, associations, owners, and their refusals."""

from __future__ import annotations

import bisect
import datetime
import functools
import json
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from openspm.fakes.server import FakeAnswer, FakeRequest, page_of

CRM = "/crm/v3"
ASSOCIATIONS = "/crm/v4/associations"
LIST_LIMIT = 100
HISTORY_LIMIT = 50
SEARCH_LIMIT = 200
SEARCH_CAP = 10_000
PRIMARY = {"category": "HUBSPOT_DEFINED", "typeId": 5, "label": "Primary"}
UNLABELLED = {"category": "HUBSPOT_DEFINED", "typeId": 341, "label": None}
HISTORY = ("dealstage", "amount", "closedate", "deal_currency_code")
TOKEN = "pat-eu1-00000000-0000-0000-0000-000000000000"  # noqa: S105 - it opens nothing but this fake
COMPARISONS = {
    "GTE": lambda one, other: one >= other,
    "GT": lambda one, other: one > other,
    "LTE": lambda one, other: one <= other,
    "LT": lambda one, other: one < other,
    "EQ": lambda one, other: one == other,
}

_OWNED = ("hs_object_id", "hs_lastmodifieddate", "hs_merged_object_ids", "hubspot_owner_id")
_ENGAGEMENT = (*_OWNED, "hs_timestamp", "hs_createdate")
# What every portal has, whether or not a record uses it.
STANDARD = {
    "companies": (
        *_OWNED, "name", "domain", "industry", "hs_country_code", "numberofemployees", "annualrevenue",
        "hs_parent_company_id", "createdate",
    ),
    "contacts": (
        "hs_object_id", "lastmodifieddate", "hs_merged_object_ids", "hubspot_owner_id", "associatedcompanyid",
        "firstname", "lastname", "email", "phone", "jobtitle", "createdate",
    ),
    "leads": (
        *_OWNED, "hs_lead_name", "hs_associated_contact_firstname", "hs_associated_contact_lastname",
        "hs_associated_company_name", "hs_associated_contact_email", "hs_lead_source", "hs_pipeline",
        "hs_pipeline_stage", "hs_createdate",
    ),
    "deals": (
        *_OWNED, "dealname", "dealtype", "pipeline", "dealstage", "amount", "deal_currency_code", "closedate",
        "createdate", "hs_analytics_source", "closed_lost_reason",
    ),
    "line_items": (
        *_OWNED, "hs_product_id", "quantity", "price", "hs_discount_percentage", "amount",
        "hs_line_item_currency_code",
    ),
    "products": (*_OWNED, "name", "price", "hs_cost_of_goods_sold", "hs_product_type"),
    "calls": (*_ENGAGEMENT, "hs_call_duration", "hs_call_disposition", "hs_activity_type"),
    "emails": (*_ENGAGEMENT, "hs_email_status"),
    "meetings": (
        *_ENGAGEMENT, "hs_meeting_start_time", "hs_meeting_end_time", "hs_meeting_outcome", "hs_activity_type",
    ),
    "tasks": (*_ENGAGEMENT, "hs_task_status", "hs_task_completion_date"),
    "notes": (*_ENGAGEMENT, "hs_note_body"),
    "users": ("hs_object_id", "hs_lastmodifieddate", "hs_internal_user_id"),
}  # fmt: skip

Record = dict[str, Any]


@functools.cache
def milliseconds(text: str) -> int:
    """A number, or a time in ISO 8601, as the search compares it."""
    if text.isdigit():
        return int(text)
    moment = datetime.datetime.fromisoformat(text)
    return int(moment.timestamp()) * 1000 + moment.microsecond // 1000


def stamp_of(api_name: str) -> str:
    """The property that grows with every change."""
    return "lastmodifieddate" if api_name == "contacts" else "hs_lastmodifieddate"


@dataclass
class Portal:
    """A portal.

    Attributes:
        objects: for each object its records by id.
        properties: for each object its properties, with the labels of their values.
        associated: for each pair of objects the ids that a record is associated with, the primary one first.
        pipelines: for each object its pipelines.
        owners: owners as the API gives them.
        teams: teams likewise.
        missing: objects, or `owners`, `teams`, `account`, for which the token lacks the scope.
        hidden: properties that the token may not see, as `deals.amount`.
        secondly_every: every so many-th search is answered with 429.
        daily_left: requests that are left of the day; None for any number.
        most_records: most records of a page, where a test wants more pages.
        most_associated: most associations of a record in one answer.
        hidden_count: records that a search counts and nobody finds.
        lines: of the block of company.yml.
    """

    objects: dict[str, dict[int, Record]] = field(default_factory=dict)
    properties: dict[str, dict[str, dict[str, str]]] = field(
        default_factory=lambda: {name: {entry: {} for entry in entries} for name, entries in STANDARD.items()}
    )
    associated: dict[tuple[str, str], dict[str, list[str]]] = field(default_factory=dict)
    pipelines: dict[str, list[Record]] = field(default_factory=dict)
    owners: list[Record] = field(default_factory=list)
    teams: list[Record] = field(default_factory=list)
    missing: set[str] = field(default_factory=set)
    hidden: set[str] = field(default_factory=set)
    secondly_every: int = 0
    daily_left: int | None = None
    most_records: int = SEARCH_LIMIT
    most_associated: int = 500
    hidden_count: int = 0
    token: str = TOKEN
    lines: dict[str, str] = field(default_factory=dict)
    _search_count: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def settings(self, url: str) -> Mapping[str, str]:
        """Lines of the block of company.yml."""
        return {"url": url, **self.lines}

    def secrets(self) -> Mapping[str, str]:
        """The token."""
        return {"token": self.token}

    def put(self, api_name: str, record_id: str, at: str, properties: Mapping[str, str | None], user: str = "") -> None:
        """Make or change a record.

        Args:
            api_name: the object.
            record_id: its id.
            at: when, which becomes its stamp.
            properties: the properties that change.
            user: id of the user who does it.
        """
        records = self.objects.setdefault(api_name, {})
        record = records.setdefault(
            int(record_id),
            {"id": record_id, "properties": {}, "history": {}, "createdAt": at, "archived": False},
        )
        for name, value in properties.items():
            known = self.properties.setdefault(api_name, {})
            known.setdefault(name, {})
            if api_name == "deals" and name in HISTORY and record["properties"].get(name, "") != value:
                version = {"value": value or "", "timestamp": at, "sourceType": "CRM_UI", "updatedByUserId": user}
                record["history"].setdefault(name, []).insert(0, version)
            record["properties"][name] = value
        record["properties"] |= {"hs_object_id": record_id, stamp_of(api_name): at}
        record["updatedAt"] = at

    def associate(self, one: tuple[str, str], other: tuple[str, str], is_primary: bool = True) -> None:
        """Associate two records, each an object and an id, in both directions."""
        for (api_name, record_id), (target, target_id) in ((one, other), (other, one)):
            ids = self.associated.setdefault((api_name, target), {}).setdefault(record_id, [])
            if target_id not in ids:
                ids.insert(0 if is_primary else len(ids), target_id)

    def archive(self, api_name: str, record_id: str, at: str) -> None:
        """Delete a record; its stamp stays."""
        self.objects[api_name][int(record_id)] |= {"archived": True, "archivedAt": at}

    def restore(self, api_name: str, record_id: str, at: str) -> None:
        """Bring it back."""
        del self.objects[api_name][int(record_id)]["archivedAt"]
        self.objects[api_name][int(record_id)]["archived"] = False
        self.put(api_name, record_id, at, {})

    def merge(self, api_name: str, record_id: str, merged_id: str, at: str) -> None:
        """Merge a record into another one; it is in no list any more."""
        del self.objects[api_name][int(merged_id)]
        self.put(api_name, record_id, at, {"hs_merged_object_ids": merged_id})

    def answer(self, request: FakeRequest) -> FakeAnswer:
        """What HubSpot says to a request."""
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return _refusal(401, "INVALID_AUTHENTICATION", "Authentication credentials not found.")
        with self._lock:
            limited = self._limited(request)
            return limited or self._answer(request)

    def _limited(self, request: FakeRequest) -> FakeAnswer | None:
        """The refusals of requests that are too many."""
        policy = ""
        if self.daily_left is not None:
            self.daily_left -= 1
            policy = "DAILY" if self.daily_left < 0 else ""
        if request.path.endswith("/search"):
            self._search_count += 1
            if self.secondly_every and self._search_count % self.secondly_every == 0:
                policy = policy or "SECONDLY"
        if not policy:
            return None
        body = {"status": "error", "message": f"You have reached your {policy.lower()} limit.", "policyName": policy}
        return FakeAnswer.of_json({**body, "errorType": "RATE_LIMIT", "category": "RATE_LIMITS"}, 429)

    def _answer(self, request: FakeRequest) -> FakeAnswer:
        """Find what is asked for."""
        path = request.path
        if path == "/account-info/v3/details":
            return self._seen("account") or FakeAnswer.of_json(
                {"portalId": 1, "timeZone": "Europe/Berlin", "companyCurrency": "EUR", "accountType": "STANDARD"}
            )
        if path == "/settings/v3/users/teams":
            return self._seen("teams") or FakeAnswer.of_json({"results": self.teams})
        if path == f"{CRM}/owners":
            return self._seen("owners") or self._owners(request)
        if found := re.fullmatch(f"{ASSOCIATIONS}/(\\w+)/(\\w+)/batch/read", path):
            return self._seen(found[1], found[2]) or self._associations(found[1], found[2], request)
        found = re.fullmatch(f"{CRM}/(objects|properties|pipelines)/(\\w+)(/search|/batch/read)?", path)
        if found is None:
            return _refusal(404, "OBJECT_NOT_FOUND", "resource not found")
        kind, name, action = found.groups()
        refused = self._seen(name)
        if refused is not None:
            return refused
        if kind == "properties":
            return FakeAnswer.of_json({"results": [self._property(name, entry) for entry in self._shown(name)]})
        if kind == "pipelines":
            return FakeAnswer.of_json({"results": self.pipelines.get(name, [])})
        if action == "/search":
            return self._search(name, request)
        return self._batch(name, request) if action else self._list(name, request)

    def _seen(self, *names: str) -> FakeAnswer | None:
        """The refusal of what the token lacks a scope for."""
        missing = [name for name in names if name in self.missing]
        if not missing:
            return None
        scopes = [f"crm.objects.{name}.read" for name in missing]
        error = {"message": "Scopes are required.", "context": {"requiredGranularScopes": scopes}}
        return _refusal(403, "MISSING_SCOPES", "This app hasn't been granted all required scopes.", [error])

    def _shown(self, name: str) -> list[str]:
        """The properties of an object that may be seen."""
        return [entry for entry in self.properties.get(name, {}) if f"{name}.{entry}" not in self.hidden]

    def _property(self, name: str, entry: str) -> Record:
        options = [{"value": value, "label": label} for value, label in self.properties[name][entry].items()]
        return {"name": entry, "label": entry, "type": "enumeration" if options else "string", "options": options}

    def _records(self, name: str, is_archived: bool = False) -> list[Record]:
        """The records of an object by their ids."""
        records = self.objects.get(name, {})
        return [records[key] for key in sorted(records) if records[key]["archived"] is is_archived]

    def _shaped(self, name: str, record: Record, properties: list[str], history: list[str]) -> Record:
        """A record as an answer has it."""
        shown = set(self._shown(name))
        stamp = stamp_of(name)
        wanted = {"hs_object_id", stamp, *properties} & shown
        shaped = {
            key: record[key] for key in ("id", "createdAt", "updatedAt", "archived", "archivedAt") if key in record
        }
        shaped["properties"] = {entry: record["properties"].get(entry) for entry in sorted(wanted)}
        if history:
            shaped["propertiesWithHistory"] = {entry: record["history"].get(entry, []) for entry in history}
        return shaped

    def _list(self, name: str, request: FakeRequest) -> FakeAnswer:
        """A page of a list; `after` is the id at which it begins."""
        history = [entry for entry in request.query.get("propertiesWithHistory", "").split(",") if entry]
        most = min(HISTORY_LIMIT if history else LIST_LIMIT, self.most_records)
        records = self._records(name, request.query.get("archived") == "true")
        after = int(request.query.get("after", "0"))
        start = bisect.bisect_left(records, after, key=lambda record: int(record["id"]))
        page, following = page_of(records, start, min(int(request.query.get("limit", "10")), most), request.fault)
        properties = request.query.get("properties", "").split(",")
        body: Record = {"results": [self._shaped(name, record, properties, history) for record in page]}
        if following is not None:
            body["paging"] = {"next": {"after": records[following]["id"]}}
        return FakeAnswer.of_json(body)

    def _search(self, name: str, request: FakeRequest) -> FakeAnswer:
        """A page of what a search finds."""
        asked = request.json()
        filters = [entry for group in asked.get("filterGroups") or () for entry in group["filters"]]
        found = self._records(name)
        for entry in filters:
            # Records are in the order of their ids.
            if (entry["propertyName"], entry["operator"]) == ("hs_object_id", "GT"):
                found = found[bisect.bisect_right(found, int(entry["value"]), key=lambda record: int(record["id"])) :]
        found = [record for record in found if all(_fits(record, entry) for entry in filters)]
        for entry in asked.get("sorts") or ():
            if (entry["propertyName"], entry["direction"]) != ("hs_object_id", "ASCENDING"):
                found.sort(
                    key=lambda record: milliseconds(record["properties"][entry["propertyName"]]),
                    reverse=entry["direction"] == "DESCENDING",
                )
        start, size = int(asked.get("after") or 0), min(int(asked.get("limit", 10)), SEARCH_LIMIT)
        if start + size > SEARCH_CAP:
            return _refusal(400, "VALIDATION_ERROR", "paging past 10,000 results is not supported")
        # A search by ids has no pages before and after: a page that is left out is its first one.
        size = min(size, self.most_records)
        begins = start + size if request.fault == "skipped_page" and len(found) > size else start
        if request.fault in ("duplicated_page", "cursor_loop"):
            found = self._records(name)
        page, following = page_of(found, begins, size)
        body: Record = {
            "total": len(found) + self.hidden_count,
            "results": [self._shaped(name, record, asked.get("properties") or [], []) for record in page],
        }
        if following is not None:
            body["paging"] = {"next": {"after": str(following)}}
        return FakeAnswer.of_json(body)

    def _batch(self, name: str, request: FakeRequest) -> FakeAnswer:
        """Records by their ids."""
        asked = request.json()
        history = asked.get("propertiesWithHistory") or []
        if len(asked["inputs"]) > (HISTORY_LIMIT if history else LIST_LIMIT):
            return _refusal(400, "VALIDATION_ERROR", "too many inputs")
        records = self.objects.get(name, {})
        ids = [int(entry["id"]) for entry in asked["inputs"]]
        found = [records[key] for key in ids if key in records and not records[key]["archived"]]
        results = [self._shaped(name, record, asked.get("properties") or [], history) for record in found]
        gone = {"category": "OBJECT_NOT_FOUND", "message": "Could not get some objects", "status": "error"}
        errors = [gone] if len(found) < len(ids) else []
        body = {"status": "COMPLETE", "results": results, **({"numErrors": 1, "errors": errors} if errors else {})}
        return FakeAnswer.of_json(body, 207 if errors else 200)

    def _associations(self, name: str, target: str, request: FakeRequest) -> FakeAnswer:
        """The associations of some records; one that has none is an error of its own."""
        inputs = request.json()["inputs"]
        if len(inputs) > 1000:
            return _refusal(400, "VALIDATION_ERROR", "too many inputs")
        known = self.associated.get((name, target), {})
        results, errors = [], []
        for entry in inputs:
            ids = known.get(entry["id"], [])
            if not ids:
                message = f"No {target} is associated with {name} {entry['id']}."
                sub = "crm.associations.NO_ASSOCIATIONS_FOUND"
                errors.append({"category": "OBJECT_NOT_FOUND", "subCategory": sub, "message": message})
                continue
            start = int(entry.get("after") or 0)
            some = ids[start : start + self.most_associated]
            result: Record = {"from": {"id": entry["id"]}, "to": [self._link(name, target, ids, one) for one in some]}
            if start + self.most_associated < len(ids):
                result["paging"] = {"next": {"after": str(start + self.most_associated)}}
            results.append(result)
        body = {
            "status": "COMPLETE",
            "results": results,
            **({"numErrors": len(errors), "errors": errors} if errors else {}),
        }
        return FakeAnswer.of_json(body, 207 if errors else 200)

    def _link(self, name: str, target: str, ids: list[str], one: str) -> Record:
        """An association; deals, contacts and leads have a primary company."""
        is_primary = target == "companies" and name in ("deals", "contacts", "leads") and one == ids[0]
        return {"toObjectId": int(one), "associationTypes": [UNLABELLED, *([PRIMARY] if is_primary else [])]}

    def _owners(self, request: FakeRequest) -> FakeAnswer:
        """A page of owners."""
        is_archived = request.query.get("archived") == "true"
        owners = [owner for owner in self.owners if owner["archived"] is is_archived]
        size = min(int(request.query.get("limit", "100")), self.most_records)
        page, following = page_of(owners, int(request.query.get("after", "0")), size, request.fault)
        body: Record = {"results": page}
        if following is not None:
            body["paging"] = {"next": {"after": str(following)}}
        return FakeAnswer.of_json(body)


def _fits(record: Record, entry: Mapping[str, str]) -> bool:
    """Whether a record passes a filter of a search."""
    value = record["properties"].get(entry["propertyName"])
    return value is not None and bool(COMPARISONS[entry["operator"]](milliseconds(value), milliseconds(entry["value"])))


def _refusal(status: int, category: str, message: str, errors: list[Record] | None = None) -> FakeAnswer:
    """An error as HubSpot words it."""
    body = {"status": "error", "message": message, "category": category, "errors": errors or []}
    return FakeAnswer(status, json.dumps(body).encode())
