"""From archived pages to records: what pages before a record say of it is put beside its own properties."""

from __future__ import annotations

import datetime
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from openspm.sources.hubspot.objects import (
    ACCOUNT_FIELDS,
    ACTIVITY_TYPE,
    ASSOCIATED_FIELDS,
    CHANGE_OWNER_FIELD,
    DEAL_STAGES,
    KEY,
    MERGED,
    OBJECTS,
    OWNERS,
    HubSpotObject,
)
from openspm.sources.web.cursors import stamp_order
from openspm.sources.web.pages import Record

ASSOCIATIONS = re.compile(r"/associations/[^/]+/([^/]+)/batch/read$")
PROPERTIES = re.compile(r"/properties/[^/]+$")
PIPELINES = re.compile(r"/pipelines/[^/]+$")
OWNER_LIST = re.compile(r"/owners$")
TEAMS = "/settings/v3/users/teams"
ACCOUNT = "/account-info/v3/details"
USERS = re.compile(r"/objects/users$")
PRIMARY = "Primary"
DEMO = "demo"


@dataclass
class Told:
    """What pages said so far that records are made with.

    Attributes:
        wanted: the fields that records shall have; None for all.
        labels: for each property its internal values and what people see in place of them.
        account: settings of the portal.
        associated: for each object the one id that a record is associated with, for the records that follow.
        is_between: whether a page of records came since the last associations.
        owner_of_user: owner by the id of the user.
        user_fields: properties of users by the id of the user.
        teams: id and name of a user's main team.
    """

    wanted: Collection[str] | None = None
    labels: dict[str, dict[str, str]] = field(default_factory=dict)
    account: Record = field(default_factory=dict)
    associated: dict[str, dict[str, str]] = field(default_factory=dict)
    is_between: bool = False
    owner_of_user: dict[str, str] = field(default_factory=dict)
    user_fields: dict[str, Record] = field(default_factory=dict)
    teams: dict[str, tuple[str, str]] = field(default_factory=dict)


def records_of(object_name: str, pages: Iterator[tuple[str, Any]], wanted: Collection[str] | None) -> Iterator[Record]:
    """The records of an object, in the order of its pages; owners, whose lists are read twice, once each at the end."""
    told = Told(frozenset(wanted) if wanted is not None else None)
    owners: dict[str, Record] = {}
    for asked, body in pages:
        path = asked.split(" ", 1)[1].partition("?")[0]
        association = ASSOCIATIONS.search(path)
        if association is not None:
            _note_associations(told, association[1], body)
        elif PROPERTIES.search(path):
            _note_labels(told, body)
        elif PIPELINES.search(path):
            _note_pipelines(told, body)
        elif path.endswith(ACCOUNT):
            told.account = {name: body.get(name.removeprefix("account.")) for name in ACCOUNT_FIELDS}
        elif path.endswith(TEAMS):
            for team in body["results"]:
                told.teams.update((str(user), (team["id"], team["name"])) for user in team.get("userIds") or ())
        elif USERS.search(path):
            for record in body["results"]:
                properties = record["properties"]
                told.user_fields[str(properties.get("hs_internal_user_id"))] = properties
        elif OWNER_LIST.search(path):
            for owner in body["results"]:
                if user := _user_id(owner):
                    told.owner_of_user[user] = str(owner["id"])
                owners[str(owner["id"])] = _owner(told, owner)
        else:
            told.is_between = True
            for record in body["results"]:
                if object_name == DEAL_STAGES:
                    yield from _changes(told, OBJECTS["deals"], record)
                else:
                    yield from _plain(told, OBJECTS[object_name], record)
    if object_name == OWNERS:
        yield from owners.values()


def _note_associations(told: Told, target: str, body: Mapping[str, Any]) -> None:
    """Remember what the records of the following pages are associated with."""
    if told.is_between:
        told.associated.clear()
        told.is_between = False
    ones = told.associated.setdefault(ASSOCIATED_FIELDS[target], {})
    for result in body["results"]:
        one = _one_of(result["to"])
        if result.get("paging") or result["from"]["id"] in ones:
            # One of several, told over several answers: only a primary one is sure.
            one = _primary_of(result["to"]) or ones.get(str(result["from"]["id"]), "")
        ones[str(result["from"]["id"])] = one


def _one_of(associated: list[Mapping[str, Any]]) -> str:
    """The primary association, or the only one; nothing where there are several, as none is known to be meant."""
    primary = _primary_of(associated)
    if primary or len({str(other["toObjectId"]) for other in associated}) != 1:
        return primary
    return str(associated[0]["toObjectId"])


def _primary_of(associated: list[Mapping[str, Any]]) -> str:
    """The association that HubSpot calls primary."""
    for other in associated:
        if any(kind.get("label") == PRIMARY for kind in other.get("associationTypes") or ()):
            return str(other["toObjectId"])
    return ""


def _note_labels(told: Told, body: Mapping[str, Any]) -> None:
    """Remember what people see in place of the values of a property."""
    for entry in body["results"]:
        options = {str(option["value"]): str(option["label"]) for option in entry.get("options") or ()}
        if options:
            told.labels.setdefault(str(entry["name"]), {}).update(options)


def _note_pipelines(told: Told, body: Mapping[str, Any]) -> None:
    """Remember the names of pipelines and stages, for deals and leads alike."""
    pipelines: dict[str, str] = {}
    stages: dict[str, str] = {}
    for pipeline in body["results"]:
        pipelines[str(pipeline["id"])] = str(pipeline["label"])
        stages.update((str(stage["id"]), str(stage["label"])) for stage in pipeline["stages"])
    told.labels.update(pipeline=pipelines, hs_pipeline=pipelines, dealstage=stages, hs_pipeline_stage=stages)


def _user_id(owner: Mapping[str, Any]) -> str:
    """The id of an owner's user; HubSpot keeps it apart once the owner is archived."""
    return str(owner.get("userId") or owner.get("userIdIncludingInactive") or "")


def _owner(told: Told, owner: Mapping[str, Any]) -> Record:
    """An owner with its team and its user's properties."""
    record: Record = {name: value for name, value in owner.items() if name != "teams"}
    own = next((team for team in owner.get("teams") or () if team.get("primary")), None)
    user = _user_id(owner)
    team = (own["id"], own["name"]) if own else told.teams.get(user)
    if team is not None:
        record["team.id"], record["team.name"] = team
    record.update((f"user.{name}", value) for name, value in told.user_fields.get(user, {}).items())
    return record


def _beside(told: Told, item: HubSpotObject, record_id: str, properties: Record, is_archived: bool) -> Record:
    """Properties with everything that other pages said of them."""
    out = {**properties, **told.account, "archived": is_archived}
    for name, value in properties.items():
        label = f"{name}.label"
        if told.wanted is None or label in told.wanted or name == ACTIVITY_TYPE:
            out[label] = told.labels.get(name, {}).get(value or "", value)
    for name, ones in told.associated.items():
        out[name] = ones.get(record_id)
    if item.engagement is not None:
        kind = str(out.get(f"{ACTIVITY_TYPE}.label") or "").lower()
        out["activity.kind"] = DEMO if kind == DEMO else item.engagement
    return out


def _plain(told: Told, item: HubSpotObject, record: Mapping[str, Any]) -> Iterator[Record]:
    """A record, and those that were merged into it: they are in no list any more."""
    record_id = str(record["id"])
    properties = {**record["properties"], KEY: record_id}
    yield _beside(told, item, record_id, properties, bool(record.get("archived")))
    for merged in str(properties.get(MERGED) or "").split(";"):
        if merged and merged != record_id:
            yield {KEY: merged, item.stamp: properties.get(item.stamp), "archived": True}


def _changes(told: Told, item: HubSpotObject, record: Mapping[str, Any]) -> Iterator[Record]:
    """A record for each past value of the first property, with what the others were then."""
    record_id = str(record["id"])
    past = record.get("propertiesWithHistory") or {}
    versions = {
        name: sorted(past.get(name) or (), key=lambda version: as_milliseconds(str(version["timestamp"])))
        for name in item.history
    }
    for change in versions[item.history[0]]:
        at = as_milliseconds(str(change["timestamp"]))
        properties = {**record["properties"], KEY: record_id, item.history[0]: change["value"]}
        for name in item.history[1:]:
            properties[name] = next(
                (v["value"] for v in reversed(versions[name]) if as_milliseconds(str(v["timestamp"])) <= at), None
            )
        user = str(change.get("updatedByUserId") or "")
        changed = {
            **_beside(told, item, record_id, properties, bool(record.get("archived"))),
            "change.id": f"{record_id}-{at}",
            "change.at": str(change["timestamp"]),
            "change.user_id": user,
        }
        if told.owner_of_user:
            changed[CHANGE_OWNER_FIELD] = told.owner_of_user.get(user)
        yield changed


def as_milliseconds(moment: str) -> int:
    """A time of HubSpot, text in ISO 8601 or milliseconds, as milliseconds."""
    if moment.isdigit():
        return int(moment)
    return int(stamp_order(datetime.datetime.fromisoformat(moment).isoformat())[0]) // 1000
