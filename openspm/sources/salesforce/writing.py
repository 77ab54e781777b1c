"""Salesforce as a CRM that is written to: SObject Collections, 200 records a request, no record stopping another."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from openspm.errors import SourceRefused, SourceUnreachable
from openspm.followups.actions import DueAction
from openspm.sources.salesforce.login import Login
from openspm.sources.salesforce.refusals import explained
from openspm.sources.salesforce.settings import SalesforceSourceSettings
from openspm.sources.web.credentials import RenewedToken
from openspm.sources.web.session import NotAccepted, Patience, WebSession
from openspm.sync.writer import WHAT_STAYS, Change, Value, WriteResult, task_subject, task_text

BATCH_RECORDS = 200
# Keys of one query: their texts stand in its address, which must not grow too long.
QUERY_KEYS = 100
PRIORITIES = {"high": "High", "medium": "Normal", "low": "Low"}


class SalesforceWriter:
    """An organisation, logged in to as an app that may write."""

    batch_size = BATCH_RECORDS

    def __init__(self, session: WebSession, api_version: str) -> None:
        """Take how it is asked; nothing is sent."""
        self._session = session
        self._base = f"services/data/v{api_version}"

    def read(
        self, object_name: str, external_id: str | None, keys: Sequence[str], fields: Collection[str]
    ) -> Mapping[str, Mapping[str, str | None]]:
        """What records show. A key that several records have is left out: none of them is surely meant."""
        key_field = external_id or "Id"
        columns = ",".join(dict.fromkeys([key_field, *fields]))
        shown: dict[str, dict[str, str | None]] = {}
        repeated = set()
        for start in range(0, len(keys), QUERY_KEYS):
            listed = ",".join(_quoted(key) for key in keys[start : start + QUERY_KEYS])
            query = f"SELECT {columns} FROM {object_name} WHERE {key_field} IN ({listed})"
            for record in self._records(query):
                key = str(record[key_field])
                if key in shown:
                    repeated.add(key)
                shown[key] = {name: _text(record.get(name)) for name in fields}
        return {key: values for key, values in shown.items() if key not in repeated}

    def write(self, object_name: str, external_id: str | None, changes: Sequence[Change]) -> list[WriteResult]:
        """Change records by their id, or by a field that holds our key."""
        path = f"{self._base}/composite/sobjects" + (f"/{object_name}/{external_id}" if external_id else "")
        records = [
            {
                "attributes": {"type": object_name},
                external_id or "id": change.key,
                **{name: _json(value) for name, value in change.values.items()},
            }
            for change in changes
        ]
        return self._collection("PATCH", path, records, [change.key for change in changes], may_repeat=True)

    def create_tasks(self, actions: Sequence[DueAction]) -> list[WriteResult]:
        """Tasks, each with its lead, or with its deal or account."""
        records = [_task(action) for action in actions]
        keys = [action.action_id for action in actions]
        try:
            return self._collection("POST", f"{self._base}/composite/sobjects", records, keys, may_repeat=False)
        except SourceRefused:
            raise
        except SourceUnreachable as error:
            return [WriteResult(key, "intended", error.message) for key in keys]

    def close(self) -> None:
        """Give the connections back."""
        self._session.close()

    def _records(self, query: str) -> list[dict[str, Any]]:
        """All records of a query."""
        records: list[dict[str, Any]] = []
        with explained(self._session.subject):
            page = self._session.get(f"{self._base}/query", {"q": query}).json()
            records += page["records"]
            while page.get("nextRecordsUrl"):
                page = self._session.get(str(page["nextRecordsUrl"])).json()
                records += page["records"]
        return records

    def _collection(
        self, method: str, path: str, records: list[dict[str, Any]], keys: Sequence[str], may_repeat: bool
    ) -> list[WriteResult]:
        """Send records together; each has its own result, in their order."""
        body = {"allOrNone": False, "records": records}
        try:
            answers = self._session.send(method, path, json_body=body, may_repeat=may_repeat).json()
        except NotAccepted as error:
            return [WriteResult(key, "failed", error.message) for key in keys]
        if not isinstance(answers, list) or len(answers) != len(keys):
            return [WriteResult(key, "intended", "Salesforce answers without one result a record") for key in keys]
        return [_result(key, answer) for key, answer in zip(keys, answers, strict=True)]


def open_writer(settings: SalesforceSourceSettings, timezone_name: str) -> SalesforceWriter:
    """Log in.

    Raises:
        SourceRefused: a secret is missing or not accepted.
        SourceUnreachable: Salesforce does not answer.
    """
    del timezone_name
    patience = Patience.of(settings.answer_seconds, settings.most_tries, settings.deadline_seconds)
    login = Login(settings, patience)
    credentials = RenewedToken(login.ask, login.secrets())
    credentials.headers()
    session = WebSession(
        f"target {settings.name}", login.instance_url or "", patience, credentials, what_stays=WHAT_STAYS
    )
    return SalesforceWriter(session, settings.api_version)


def _quoted(text: str) -> str:
    """A text in a query."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _text(value: Any) -> str | None:
    """A field of a record as text."""
    if value is None:
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)


def _json(value: Value) -> Any:
    """A value as JSON has it: days in ISO 8601; numbers as they are, so that they are sent with their digits."""
    return value.isoformat() if isinstance(value, datetime.date) else value


def _task(action: DueAction) -> dict[str, Any]:
    """A task; one of a lead has no other record."""
    record = {
        "attributes": {"type": "Task"},
        "Subject": task_subject(action),
        "Description": task_text(action),
        "ActivityDate": (action.suggested_date or action.due_date).isoformat(),
        "Priority": PRIORITIES[action.priority_code],
        "Status": "Not Started",
        "OwnerId": action.user_id,
    }
    if action.record_kind_code == "lead":
        return {**record, "WhoId": action.record_id}
    about = action.opportunity_id or action.account_id
    return {**record, "WhatId": about} if about else record


def _result(key: str, answer: Mapping[str, Any]) -> WriteResult:
    """What Salesforce says of one record."""
    if answer.get("success") is True:
        return WriteResult(key, "sent", reference=str(answer.get("id") or ""))
    errors = answer.get("errors") or [{}]
    said = "; ".join(f"{error.get('statusCode', 'UNKNOWN')}: {error.get('message', '')}" for error in errors)
    return WriteResult(key, "failed", said)
