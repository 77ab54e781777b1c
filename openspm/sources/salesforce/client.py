"""What Salesforce is asked: which objects and fields we may see, and the records of each, deleted ones too.

Small answers come page by page over REST; an answer that has more records than the threshold comes from a Bulk job.
"""

from __future__ import annotations

import datetime
from array import array
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from openspm.errors import SourceUnreachable
from openspm.sources.salesforce.bulk import bulk_pages
from openspm.sources.salesforce.refusals import error_code, explained
from openspm.sources.salesforce.settings import SalesforceSourceSettings
from openspm.sources.web.pages import Page
from openspm.sources.web.parallel import in_parallel
from openspm.sources.web.session import Answer, NotAccepted, WebSession

# Fields of these types are made of others, or are no text; Bulk jobs refuse them.
UNREADABLE_TYPES = frozenset({"address", "location", "base64", "complexvalue"})
NOT_FOUND = frozenset({"NOT_FOUND", "INVALID_TYPE"})
# A query that takes too long for REST, which a job may still answer.
TOO_MUCH = frozenset({"QUERY_TIMEOUT", "OPERATION_TOO_LARGE"})


class SalesforceClient:
    """One organisation, logged in to."""

    def __init__(
        self,
        session: WebSession,
        settings: SalesforceSourceSettings,
        stamps: Mapping[str, str | None],
        paths: Mapping[str, Collection[str]],
        look_ups: Mapping[str, tuple[str, str]],
    ) -> None:
        """Take what is wanted; nothing is sent.

        Args:
            session: goes to the organisation's address.
            settings: the source's block.
            stamps: for each object the field that grows with every change.
            paths: for each object that is wanted, the fields of its parents that are wanted: SplitType.IsActive.
            look_ups: for each object that is looked up, its field that names a record, and the object of that.
        """
        self.session = session
        self.has_currencies = False
        self.calculated: dict[str, frozenset[str]] = {}
        self._settings = settings
        self._stamps = stamps
        self._paths = paths
        self._look_ups = look_ups
        self._base = f"services/data/v{settings.api_version}"

    def visible(self, objects: Sequence[str]) -> Mapping[str, Collection[str]]:
        """The fields of each wanted object that we may read, and those of its parents that a mapping names.

        Raises:
            SourceRefused, SourceUnreachable: as for every request.
        """
        listed = {
            str(entry["name"]) for entry in self._ask("sobjects").json()["sobjects"] if entry.get("queryable", True)
        }
        wanted = [name for name in objects if name in self._paths and name in listed]
        described = self._describe(wanted)
        parents = {
            parent
            for name, fields in described.items()
            for relation in _relations(self._paths[name])
            for parent in _parents(fields, relation)
        }
        described |= self._describe([name for name in sorted(parents & listed) if name not in described])
        self.has_currencies = "CurrencyType" in listed or any(
            field["name"] == "CurrencyIsoCode" for fields in described.values() for field in fields
        )
        readable = {name: tuple(_readable(fields)) for name, fields in described.items()}
        self.calculated = {
            name: frozenset(str(field["name"]) for field in fields if field.get("calculated"))
            for name, fields in described.items()
        }
        return {
            name: (*readable[name], *(path for path in self._paths[name] if _shows(path, described[name], readable)))
            for name in wanted
            if name in described
        }

    def corporate_currency(self) -> str | None:
        """The currency that rates are against; None where it cannot be seen."""
        query = "SELECT IsoCode FROM CurrencyType WHERE IsCorporate = true"
        try:
            records = self._ask("query", {"q": query}).json()["records"]
        except NotAccepted:
            return None
        return str(records[0]["IsoCode"]) if len(records) == 1 else None

    def read(self, object_name: str, fields: Sequence[str], since: str | None) -> Iterator[Page]:
        """The pages of an object, complete or not at all.

        Raises:
            SourceRefused, SourceUnreachable: as for every request, or when pages do not fit together.
        """
        query = f"SELECT {','.join(fields)} FROM {object_name}"
        if since is not None and object_name in self._look_ups:
            by, told_about = self._look_ups[object_name]
            query += f" WHERE {by} IN (SELECT Id FROM {told_about} WHERE {self._changed(told_about, since)})"
        elif since is not None:
            query += f" WHERE {self._changed(object_name, since)}"
        try:
            first = self._ask("queryAll", {"q": query})
        except NotAccepted as error:
            pages = bulk_pages(self.session, self._base, query, self._settings) if _is_too_much(error) else None
            if pages is None:
                raise
            yield from pages
            return
        if int(first.json()["totalSize"]) > self._settings.bulk_threshold:
            pages = bulk_pages(self.session, self._base, query, self._settings)
            if pages is not None:
                yield from pages
                return
        yield from self._rest_pages(object_name, first)

    def close(self) -> None:
        """Give the connections back."""
        self.session.close()

    def _rest_pages(self, object_name: str, answer: Answer) -> Iterator[Page]:
        """The first page and those that follow it; their records have to be as many as was said at first."""
        page = answer.json()
        expected = int(page["totalSize"])
        # Hashes in place of ids, so that memory hardly grows with the records.
        ids = array("q")
        asked: set[str] = set()
        while True:
            ids.extend(hash(str(record["Id"])) for record in page["records"])
            yield Page(answer)
            following = page.get("nextRecordsUrl")
            if page.get("done", True) or following is None:
                break
            if following in asked:
                raise self._unfit(f"its pages of {object_name} lead back to one that came already", answer)
            asked.add(following)
            answer = self._ask(str(following))
            page = answer.json()
        count = len(np.unique(np.frombuffer(ids, np.int64)))
        if count != expected:
            raise self._unfit(f"it said that {object_name} has {expected} records, and its pages hold {count}", answer)

    def _describe(self, names: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
        """The fields of objects; one that is not there after all is left out."""

        def describe(name: str) -> list[dict[str, Any]] | None:
            try:
                fields: list[dict[str, Any]] = self._ask(f"sobjects/{name}/describe").json()["fields"]
            except NotAccepted as error:
                if error_code(error) in NOT_FOUND:
                    return None
                raise
            return fields

        answers = in_parallel(describe, names, self._settings.parallel_requests)
        return {name: fields for name, fields in zip(names, answers, strict=True) if fields is not None}

    def _ask(self, path: str, params: Mapping[str, str] | None = None) -> Answer:
        """Send a GET below the address of the version, or to a path of the organisation."""
        with explained(self.session.subject):
            return self.session.get(path if path.startswith("/") else f"{self._base}/{path}", params)

    def _changed(self, object_name: str, since: str) -> str:
        """The condition for what changed since a mark, less the look-back."""
        moment = datetime.datetime.fromisoformat(since).astimezone(datetime.UTC)
        moment -= datetime.timedelta(seconds=self._settings.look_back_seconds)
        text = f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"
        return f"{self._stamps[object_name]} >= {text}"

    def _unfit(self, what: str, answer: Answer) -> SourceUnreachable:
        """Pages that do not fit together."""
        return SourceUnreachable(
            f"The {self.session.subject} does not give its records in full: {what}",
            where=answer.request,
            next_step="Run again; nothing of the source has landed. Records may have been purged while it was read.",
        )


def _is_too_much(error: NotAccepted) -> bool:
    """Whether a query takes too long for an answer over REST."""
    return error_code(error) in TOO_MUCH


def _readable(fields: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The names of fields that can be read as text."""
    for field in fields:
        if field.get("type") not in UNREADABLE_TYPES and not field.get("deprecatedAndHidden"):
            yield str(field["name"])


def _relations(paths: Collection[str]) -> set[str]:
    """The relations that paths begin with."""
    return {path.partition(".")[0] for path in paths}


def _parents(fields: Sequence[Mapping[str, Any]], relation: str) -> list[str]:
    """The objects that a relation leads to."""
    for field in fields:
        if field.get("relationshipName") == relation:
            return [str(name) for name in field.get("referenceTo") or ()]
    return []


def _shows(path: str, fields: Sequence[Mapping[str, Any]], readable: Mapping[str, Collection[str]]) -> bool:
    """Whether a field of a parent can be read: the relation is visible, leads to one object, and that has the field."""
    relation, _, name = path.partition(".")
    parents = _parents(fields, relation)
    return len(parents) == 1 and name in readable.get(parents[0], ())
