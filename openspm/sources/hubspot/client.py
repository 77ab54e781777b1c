"""Requests to HubSpot: what we may see, searches at their own pace, and what its refusals mean."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from openspm.errors import SourceRefused
from openspm.sources.hubspot.objects import (
    ACCOUNT_FIELDS,
    ACTIVITY_TYPE,
    ASSOCIATED_FIELDS,
    CHANGE_FIELDS,
    CHANGE_OWNER_FIELD,
    DEAL_STAGES,
    KEY,
    MERGED,
    OBJECTS,
    OWNER_FIELDS,
    OWNERS,
    TEAM_FIELDS,
    HubSpotObject,
)
from openspm.sources.hubspot.reading import Reading, read_owners
from openspm.sources.hubspot.settings import HubSpotSourceSettings
from openspm.sources.web.pages import Page
from openspm.sources.web.parallel import in_parallel
from openspm.sources.web.session import Answer, NotAccepted, Patience, WebSession

LABEL_SUFFIX = ".label"
USER_PREFIX = "user."


class Pace:
    """Lets one caller through at a time, at least so many seconds after the last."""

    def __init__(self, seconds: float, patience: Patience) -> None:
        self._seconds = seconds
        self._patience = patience
        self._next = 0.0
        self._waiting = threading.Lock()

    def keep(self) -> None:
        """Wait for our turn."""
        with self._waiting:
            early = self._next - self._patience.monotonic()
            if early > 0:
                self._patience.wait(early)
            self._next = self._patience.monotonic() + self._seconds


class HubSpotClient:
    """A portal, asked with a token."""

    def __init__(self, session: WebSession, settings: HubSpotSourceSettings, derived: Collection[str]) -> None:
        """Take how it is asked.

        Args:
            session: requests with the token.
            settings: the source's.
            derived: the fields that mappings read and HubSpot has not itself, such as `industry.label`.
        """
        self.session = session
        self.settings = settings
        self._derived = derived
        self._searches = Pace(1 / settings.searches_per_second, session.patience)
        self._properties: dict[str, Answer] = {}
        self._pipelines: dict[str, Answer] = {}
        self._account: Answer | None = None
        self._has_owners = False
        self._owner_pages: list[Page] | None = None
        self._asking_owners = threading.Lock()

    def close(self) -> None:
        """Give the connections back."""
        self.session.close()

    def visible(self, objects: Sequence[str]) -> Mapping[str, Collection[str]]:
        """The properties of each object that the token may read, and what is derived from them.

        Raises:
            SourceRefused: the token is not accepted, or has none of the scopes.
            SourceUnreachable: HubSpot does not answer.
        """
        self._account = self.optional("/account-info/v3/details")
        names = {name: OBJECTS[name] for name in objects if name in OBJECTS}
        asked = in_parallel(self._describe, names.values(), self.settings.parallel_requests)
        self._properties = {name: answer for name, answer in zip(names, asked, strict=True) if answer is not None}
        for name, item in names.items():
            if item.stages is not None and name in self._properties:
                pipelines = self.optional(f"{self.settings.crm_path}/pipelines/{name}")
                if pipelines is not None:
                    self._pipelines[name] = pipelines
        owners = self.optional(f"{self.settings.crm_path}/owners", {"limit": "1"})
        self._has_owners = owners is not None
        visible: dict[str, Collection[str]] = {}
        for name in objects:
            if name == OWNERS and self._has_owners:
                visible[name] = self._owner_fields()
            elif name in self._properties:
                visible[name] = self._fields(OBJECTS[name], self._named(name))
            elif name == DEAL_STAGES and "deals" in self._properties:
                changes = self._change_fields(OBJECTS["deals"])
                visible |= {name: changes} if changes else {}
        if not visible:
            raise SourceRefused(
                f"The {self.session.subject} shows us nothing: the private app has none of the scopes",
                where=self.session.base_url,
                next_step="Give the private app the scopes that the README of the kind names, such as "
                "crm.objects.deals.read.",
            )
        return visible

    def stage_names(self, object_name: str) -> str:
        """A hash of the names of an object's pipelines and stages; empty where it has none."""
        if object_name not in self._pipelines:
            return ""
        pipelines = self._pipelines[object_name].json()["results"]
        names = [
            [entry["id"], entry["label"], sorted([stage["id"], stage["label"]] for stage in entry["stages"])]
            for entry in pipelines
        ]
        return hashlib.sha256(json.dumps(sorted(names)).encode()).hexdigest()

    def _describe(self, item: HubSpotObject) -> Answer | None:
        """The properties of an object that we may read; scopes of its schema and of its records are two things."""
        answer = self.optional(f"{self.settings.crm_path}/properties/{item.api_name}", None, item.is_optional)
        if answer is None:
            return None
        records = self.optional(f"{self.settings.crm_path}/objects/{item.api_name}", {"limit": "1"}, item.is_optional)
        return None if records is None else answer

    def _named(self, name: str) -> list[str]:
        """The properties of an object."""
        return [str(entry["name"]) for entry in self._properties[name].json()["results"]]

    def _fields(self, item: HubSpotObject, named: list[str]) -> list[str]:
        """Everything that a record of an object can have."""
        staged = item.stages if item.stages is not None and item.api_name not in self._pipelines else ()
        labels = [f"{name}{LABEL_SUFFIX}" for name in named if name not in staged]
        named = [*named, *(name for name in labels if name in self._derived)]
        named += [ASSOCIATED_FIELDS[other] for other in item.associated if other in self._properties]
        named += ["activity.kind"] if item.engagement else []
        named += ACCOUNT_FIELDS if self._account is not None else []
        return [*named, "archived"]

    def _change_fields(self, deals: HubSpotObject) -> list[str]:
        """Everything that a change of a deal's stage can have; nothing where stages may not be seen."""
        wanted = {KEY, deals.stamp, *deals.history, *(deals.stages or ())}
        named = [name for name in self._named(deals.api_name) if name in wanted]
        if deals.history[0] not in named:
            return []
        fields = self._fields(dataclasses.replace(deals, associated=()), named)
        return [*fields, *CHANGE_FIELDS, *((CHANGE_OWNER_FIELD,) if self._has_owners else ())]

    def _owner_fields(self) -> list[str]:
        """What an owner can have: also its team, and the properties of its user that mappings read."""
        fields = [*OWNER_FIELDS, *TEAM_FIELDS]
        if any(name.startswith(USER_PREFIX) for name in self._derived):
            described = self.optional(f"{self.settings.crm_path}/properties/users", None, may_lack=True)
            for entry in described.json()["results"] if described is not None else ():
                if f"{USER_PREFIX}{entry['name']}" in self._derived:
                    fields.append(f"{USER_PREFIX}{entry['name']}")
        return fields

    def read(self, object_name: str, fields: Sequence[str], since: str | None) -> Iterator[Page]:
        """The pages of an object, what explains them before them.

        Raises:
            SourceRefused, SourceUnreachable: as for every request, or when pages do not fit together.
        """
        if object_name == OWNERS:
            yield from self.owners([name.removeprefix(USER_PREFIX) for name in fields if name.startswith(USER_PREFIX)])
            return
        item = OBJECTS[object_name]
        described = set(self._named(object_name))
        has_changes = described & set(item.history[:1]) and "opportunity_stages" not in self.settings.leave_out
        history = [name for name in item.history if name in described] if has_changes else []
        has_kinds = item.engagement is not None and ACTIVITY_TYPE in described
        labelled = {name.removesuffix(LABEL_SUFFIX) for name in fields if name.endswith(LABEL_SUFFIX)}
        if has_kinds or labelled - set(item.stages or ()):
            yield Page(self._properties[object_name])
        if object_name in self._pipelines and (history or labelled & set(item.stages or ())):
            yield Page(self._pipelines[object_name])
        if self._account is not None and (history or not set(ACCOUNT_FIELDS).isdisjoint(fields)):
            yield Page(self._account)
        if history and self._has_owners:
            yield from self.owners()
        kept = (*history, *(item.stages or ())) if history else ()
        needed = (*fields, *sorted(labelled), *kept, KEY, MERGED, *((ACTIVITY_TYPE,) if has_kinds else ()))
        properties = tuple(dict.fromkeys(name for name in needed if name in described))
        targets = tuple(name for name in item.associated if ASSOCIATED_FIELDS[name] in fields)
        yield from Reading(self, item, properties, targets, history).pages(since)

    def owners(self, user_properties: Sequence[str] = ()) -> list[Page]:
        """The pages of all owners, asked for once; before them those of their users, where properties are wanted."""
        with self._asking_owners:
            if self._owner_pages is None:
                self._owner_pages = list(read_owners(self))
        if not user_properties:
            return self._owner_pages
        users = HubSpotObject("users")
        reading = Reading(self, users, (KEY, "hs_internal_user_id", *user_properties))
        return [*reading.listed(is_archived=False), *self._owner_pages]

    def optional(self, path: str, params: Mapping[str, str] | None = None, may_lack: bool = False) -> Answer | None:
        """An answer, or None where the token lacks the scope, or the portal the thing.

        Args:
            path: below the address of the API.
            params: the query.
            may_lack: whether a portal may not have it at all.
        """
        try:
            return self.session.get(path, params)
        except NotAccepted as refusal:
            if refusal.answer.status == 403 and said(refusal.answer).get("category") == "MISSING_SCOPES":
                return None
            if may_lack and refusal.answer.status in (400, 404):
                return None
            raise

    def search(self, item: HubSpotObject, body: Mapping[str, Any]) -> Answer:
        """Search, when it is our turn."""
        self._searches.keep()
        return self.session.post(f"{self.settings.crm_path}/objects/{quote(item.api_name)}/search", json_body=body)


def said(answer: Answer) -> Mapping[str, Any]:
    """An error's body; empty where it is no object of JSON."""
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def daily_limit(answer: Answer) -> str | None:
    """What a 429 says that no wait of a night mends."""
    if answer.status == 429 and said(answer).get("policyName") == "DAILY":
        return "has no requests left today: the daily limit of the portal is used up"
    return None
