"""Reading QuickBooks Online: queries page by page, or what changed since a time."""

from __future__ import annotations

import datetime
import tempfile
from array import array
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import IO, Any
from urllib.parse import quote

import numpy as np

from openspm.errors import SourceRefused, SourceUnreachable
from openspm.sources.quickbooks.entities import CUSTOM, FIELDS, HOME_CURRENCY, INSIDE
from openspm.sources.quickbooks.records import (
    answers_of,
    custom_fields,
    flat_record,
    home_currency,
)
from openspm.sources.web.cursors import ChangesUnknown
from openspm.sources.web.pages import Page
from openspm.sources.web.parallel import in_parallel
from openspm.sources.web.session import Answer, NotAccepted, WebSession

PAGE_RECORDS = 1000
SHOWN_RECORDS = 20
MOST_READINGS = 3
# QuickBooks tells changes of the last 30 days, and at most 1,000 of them.
KEPT_DAYS = 29
MOST_CHANGES = 1000


class _Moved(Exception):  # noqa: N818 - the name says what happened
    """Records came or went while pages were read; the entity has to be read from its beginning."""


class QuickbooksClient:
    """A company of QuickBooks Online, let in."""

    def __init__(
        self, session: WebSession, realm_id: str, minor_version: int, workers: int, look_back: int,
        named: Collection[str],
    ) -> None:  # fmt: skip
        """Take what is asked with.

        Args:
            session: asks QuickBooks.
            realm_id: the company.
            minor_version: of the API.
            workers: how many requests may be under way at once.
            look_back: how many seconds before a mark changes are read again.
            named: fields that the company names.
        """
        self.session = session
        self.workers = workers
        self.look_back = datetime.timedelta(seconds=look_back)
        self.named = named
        self._root = f"/v3/company/{realm_id}"
        self._version = f"minorversion={minor_version}"
        self._preferences: Answer | None = None

    def _ask(self, path: str) -> Answer:
        return self.session.send("GET", f"{self._root}/{path}&{self._version}", headers={"Accept": "application/json"})

    def _query(self, text: str) -> Answer:
        return self._ask(f"query?query={quote(text, safe='')}")

    def preferences(self) -> Answer:
        """What the company set: its currency and its own fields. Asked once.

        Raises:
            SourceRefused: the user who let us in may not read this company.
        """
        if self._preferences is None:
            try:
                self._preferences = self._query("select * from Preferences")
            except NotAccepted as error:
                if error.answer.status != 403:
                    raise
                raise SourceRefused(
                    f"The {self.session.subject} does not let us read this company ({error.message})",
                    where=error.where or "",
                    next_step="Authorise with the scope com.intuit.quickbooks.accounting for this `realm_id`.",
                ) from None
        return self._preferences

    def visible(self, objects: Sequence[str]) -> Mapping[str, Collection[str]]:
        """The fields of each entity that we may read.

        Some fields are always there, others where the newest records have them. A field that a company names is there
        if what it is part of is; a custom field is there if the company's preferences name it.
        """
        found = answers_of(self.preferences().json())[0].get("Preferences") or [{}]
        worked_out = [HOME_CURRENCY] if home_currency(found[0]) else []
        custom = [f"{CUSTOM}{name}" for name in custom_fields(found[0])]
        roots = [name for name in objects if name not in INSIDE]
        shown: dict[str, tuple[str, ...]] = {}
        for name, answer in zip(roots, in_parallel(self._newest, roots, self.workers), strict=True):
            if answer is not None:
                records = [flat_record(record, None) for record in answers_of(answer.json())[0].get(name, ())]
                fields = dict.fromkeys([*FIELDS[name], *worked_out, *custom])
                fields |= dict.fromkeys(field for record in records for field in record
                                        if field != HOME_CURRENCY and not field.startswith("CustomField"))  # fmt: skip
                tops = {field.partition(".")[0] for field in fields} - {CUSTOM.rstrip(".")}
                fields |= dict.fromkeys(field for field in self.named if field.partition(".")[0] in tops)
                shown[name] = tuple(fields)
        return shown | {
            name: (*FIELDS[name], *worked_out) for name, root in INSIDE.items() if root in shown and name in objects
        }

    def _newest(self, name: str) -> Answer | None:
        """The newest records of an entity; None where we may not read it."""
        try:
            return self._query(
                f"select * from {name} orderby MetaData.LastUpdatedTime desc startposition 1 maxresults {SHOWN_RECORDS}"
            )
        except NotAccepted as error:
            if error.answer.status == 403 or b'"5020"' in error.answer.body:
                return None
            raise

    def read(self, object_name: str, fields: Sequence[str], since: str | None) -> Iterator[Page]:
        """The preferences, then all records, or those that changed since a mark."""
        del fields
        pages = self._changes(object_name, since) if since is not None else self._all(object_name)
        # The first answer is there before anything is given: it may say that changes are not known.
        first = next(pages, None)
        yield Page(self.preferences())
        if first is not None:
            yield Page(first)
        yield from map(Page, pages)

    def _changes(self, name: str, since: str) -> Iterator[Answer]:
        """What changed since a mark, deleted records too.

        Raises:
            ChangesUnknown: there may be more than we are told.
        """
        begin = datetime.datetime.fromisoformat(since) - self.look_back
        now = datetime.datetime.fromisoformat(self.preferences().json()["time"])
        begin = max(begin, now - datetime.timedelta(days=KEPT_DAYS))
        moment = quote(begin.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), safe="")
        answer = self._ask(f"cdc?entities={name}&changedSince={moment}")
        if sum(len(part.get(name, ())) for part in answers_of(answer.json())) >= MOST_CHANGES:
            raise ChangesUnknown
        yield answer

    def _all(self, name: str) -> Iterator[Answer]:
        """All records of an entity, counted."""
        # A customer who is no longer active is left out unless it is asked for.
        where = " where Active in (true, false)" if name == "Customer" else ""
        for _ in range(MOST_READINGS):
            with tempfile.TemporaryFile() as spool:
                try:
                    count = self._spool(name, where, spool)
                except _Moved:
                    continue
                spool.seek(0)
                for _ in range(count):
                    yield _read_answer(spool)
                return
        raise SourceUnreachable(
            f"The {name} records of the {self.session.subject} do not hold together: records came, went or were left "
            f"out while their pages were read, in {MOST_READINGS} readings",
            where=self.session.base_url,
            next_step="Run again later; nothing of the source has landed, and what was published stays.",
        )

    def _spool(self, name: str, where: str, spool: IO[bytes]) -> int:
        """Read pages that overlap by one record into a file; gives their number.

        Raises:
            _Moved: they do not follow each other, or are not as many records as there are.
        """
        before = self._count(name, where)
        if before == 0:
            return 0
        step = PAGE_RECORDS - 1
        starts = [1 + step * number for number in range(max(1, -(-(before - 1) // step)))]
        # Hashes in place of ids, so that memory hardly grows with the records.
        ids = array("q")
        last: str | None = None
        pages = 0
        more: list[int] = starts
        while more:
            for answer in in_parallel(
                lambda start: self._query(
                    f"select * from {name}{where} orderby Id startposition {start} maxresults {PAGE_RECORDS}"
                ),
                more,
                self.workers,
            ):
                found = [record["Id"] for record in answers_of(answer.json())[0].get(name, ())]
                if last is not None and (not found or found[0] != last):
                    raise _Moved
                ids.extend(map(hash, found))
                last = found[-1] if found else None
                is_full = len(found) == PAGE_RECORDS
                _write_answer(spool, answer)
                pages += 1
            # Records were added behind the last page that was foreseen.
            more = [1 + step * pages] if is_full else []
        if len(np.unique(np.frombuffer(ids, np.int64))) not in {before, self._count(name, where)}:
            raise _Moved
        return pages

    def _count(self, name: str, where: str) -> int:
        """How many records there are."""
        body: Any = self._query(f"select count(*) from {name}{where}").json()
        return int(body["QueryResponse"].get("totalCount", 0))

    def close(self) -> None:
        """Give the connections back."""
        self.session.close()


def _write_answer(spool: IO[bytes], answer: Answer) -> None:
    """Put what was asked and the body behind what is there."""
    for part in (answer.request.encode(), answer.body):
        spool.write(len(part).to_bytes(8, "big") + part)


def _read_answer(spool: IO[bytes]) -> Answer:
    """The next answer of a file."""
    asked, body = (spool.read(int.from_bytes(spool.read(8), "big")) for _ in range(2))
    return Answer(200, {}, body, asked.decode())
