"""HubSpot as a CRM that is written to: batches of 100 records, and tasks with what they are about."""

from __future__ import annotations

import datetime
import zoneinfo
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from openspm.errors import SourceRefused, SourceUnreachable
from openspm.followups.actions import DueAction
from openspm.sources.hubspot.client import daily_limit, said
from openspm.sources.hubspot.settings import HubSpotSourceSettings
from openspm.sources.hubspot.source import URL
from openspm.sources.web.credentials import FixedToken, needed_secret
from openspm.sources.web.session import NotAccepted, Patience, WebSession
from openspm.sync.writer import WHAT_STAYS, Change, Value, WriteResult, task_subject, task_text

BATCH_RECORDS = 100
# Below this path a record is associated by HubSpot's own label, whatever the number of that is.
ASSOCIATED_PATH = "/crm/v4/objects"
TASK_TYPES = {"call": "CALL", "email": "EMAIL", "meeting": "TODO", "update": "TODO"}
PRIORITIES = {"high": "HIGH", "medium": "MEDIUM", "low": "LOW"}
USUAL_HOUR = 9


class HubSpotWriter:
    """A portal, asked with the token of an app that may write."""

    batch_size = BATCH_RECORDS

    def __init__(self, session: WebSession, crm_path: str, timezone_name: str) -> None:
        """Take how it is asked; nothing is sent.

        Args:
            session: requests with the token.
            crm_path: what objects are below.
            timezone_name: the company's zone, in which tasks are due.
        """
        self._session = session
        self._objects = f"{crm_path}/objects"
        self._zone = zoneinfo.ZoneInfo(timezone_name)

    def read(
        self, object_name: str, external_id: str | None, keys: Sequence[str], fields: Collection[str]
    ) -> Mapping[str, Mapping[str, str | None]]:
        """What records show."""
        shown: dict[str, dict[str, str | None]] = {}
        properties = list(dict.fromkeys([*fields, *([external_id] if external_id else ())]))
        for start in range(0, len(keys), BATCH_RECORDS):
            body: dict[str, Any] = {
                "properties": properties,
                "inputs": [{"id": key} for key in keys[start : start + BATCH_RECORDS]],
            }
            if external_id:
                body["idProperty"] = external_id
            answer = self._session.post(f"{self._objects}/{object_name}/batch/read", json_body=body).json()
            for record in answer["results"]:
                values = record["properties"]
                key = str(values[external_id] if external_id else record["id"])
                shown[key] = {name: values.get(name) for name in fields}
        return shown

    def write(self, object_name: str, external_id: str | None, changes: Sequence[Change]) -> list[WriteResult]:
        """Change records by their id, or by a property that holds our key.

        HubSpot refuses a batch as a whole for one wrong value: such a batch is cut in two until the record is found.
        """
        inputs = [
            {
                "id": change.key,
                # HubSpot gives the trace id back, which says whose result it is.
                **({"idProperty": external_id, "objectWriteTraceId": change.key} if external_id else {}),
                "properties": {name: _text(value) for name, value in change.values.items()},
            }
            for change in changes
        ]
        path = f"{self._objects}/{object_name}/batch/{'upsert' if external_id else 'update'}"
        try:
            answer = self._session.post(path, json_body={"inputs": inputs}).json()
        except NotAccepted as error:
            if error.answer.status not in (400, 409) or len(changes) == 1:
                return [WriteResult(change.key, "failed", _reason(error)) for change in changes]
            middle = len(changes) // 2
            first = self.write(object_name, external_id, changes[:middle])
            return first + self.write(object_name, external_id, changes[middle:])
        return _results([change.key for change in changes], external_id, answer)

    def create_tasks(self, actions: Sequence[DueAction]) -> list[WriteResult]:
        """Tasks one by one: an answer to many would not say which is which. The first doubt ends it."""
        results: list[WriteResult] = []
        for action in actions:
            doubtful = any(result.outcome == "intended" for result in results)
            results.append(
                WriteResult(action.action_id, "failed", "not tried, because one before it is uncertain")
                if doubtful
                else self._create_task(action)
            )
        return results

    def close(self) -> None:
        """Give the connections back."""
        self._session.close()

    def _create_task(self, action: DueAction) -> WriteResult:
        """One task, and then what it is about."""
        properties = {
            "hs_task_subject": task_subject(action),
            "hs_task_body": task_text(action),
            "hs_timestamp": self._moment(action),
            "hs_task_status": "NOT_STARTED",
            "hs_task_priority": PRIORITIES[action.priority_code],
            "hs_task_type": TASK_TYPES[action.action_kind_code],
            "hubspot_owner_id": action.user_id,
        }
        path = f"{self._objects}/tasks"
        try:
            answer = self._session.send("POST", path, json_body={"properties": properties}, may_repeat=False).json()
        except NotAccepted as error:
            return WriteResult(action.action_id, "failed", _reason(error))
        except SourceRefused as error:
            return WriteResult(action.action_id, "failed", error.message)
        except SourceUnreachable as error:
            return WriteResult(action.action_id, "intended", error.message)
        task_id = str(answer["id"])
        about = _about(action)
        if about is not None:
            place = (
                f"{ASSOCIATED_PATH}/tasks/{quote(task_id)}/associations/default/{about[0]}/{quote(about[1], safe='')}"
            )
            try:
                self._session.send("PUT", place)
            except SourceUnreachable as error:
                return WriteResult(action.action_id, "sent", f"made, but tied to no record: {error.message}", task_id)
        return WriteResult(action.action_id, "sent", reference=task_id)

    def _moment(self, action: DueAction) -> str:
        """When a task is due, in UTC."""
        hour = USUAL_HOUR if action.suggested_hour_number is None else action.suggested_hour_number
        day = action.suggested_date or action.due_date
        local = datetime.datetime.combine(day, datetime.time(hour), self._zone)
        return f"{local.astimezone(datetime.UTC):%Y-%m-%dT%H:%M:%SZ}"


def open_writer(settings: HubSpotSourceSettings, timezone_name: str) -> HubSpotWriter:
    """Take the token; HubSpot says only later whether it accepts it.

    Raises:
        SourceRefused: the environment has no token.
    """
    token = FixedToken(needed_secret(settings.name, "token", "token of a private app that may write"))
    session = WebSession(
        f"target {settings.name}",
        settings.url or URL,
        Patience.of(settings.answer_seconds, settings.most_tries, settings.deadline_seconds),
        token,
        hopeless=daily_limit,
        what_stays=WHAT_STAYS,
    )
    return HubSpotWriter(session, settings.crm_path, timezone_name)


def _about(action: DueAction) -> tuple[str, str] | None:
    """The kind and id of the record that a task belongs to."""
    if action.record_kind_code == "lead":
        return "leads", action.record_id
    if action.opportunity_id is not None:
        return "deals", action.opportunity_id
    return ("companies", action.account_id) if action.account_id is not None else None


def _text(value: Value) -> str:
    """A value as HubSpot takes it: everything is text, and the empty one empties a property."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal):
        return format(value, "f")
    return value.isoformat() if isinstance(value, datetime.date) else str(value)


def _reason(error: NotAccepted) -> str:
    """What HubSpot says of a refusal."""
    body = said(error.answer)
    return f"{body.get('category', error.answer.status)}: {body.get('message', error.message)}"


def _results(keys: Sequence[str], external_id: str | None, answer: Mapping[str, Any]) -> list[WriteResult]:
    """For each record what an answer to a batch says of it."""
    written = {}
    for record in answer.get("results", ()):
        own = record.get("objectWriteTraceId") or record.get("properties", {}).get(external_id)
        written[str(own if external_id else record.get("id"))] = str(record.get("id") or "")
    refused: dict[str, str] = {}
    unnamed = []
    for error in answer.get("errors", ()):
        reason = f"{error.get('category', 'ERROR')}: {error.get('message', '')}"
        ids = error.get("context", {}).get("ids", ())
        refused.update({str(key): reason for key in ids})
        unnamed += [] if ids else [reason]
    results = []
    for key in keys:
        if key in written:
            results.append(WriteResult(key, "sent", reference=written[key]))
        elif key in refused or unnamed:
            results.append(WriteResult(key, "failed", refused.get(key) or "; ".join(unnamed)))
        else:
            results.append(WriteResult(key, "intended", "HubSpot says nothing of this record"))
    return results
