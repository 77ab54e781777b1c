"""Lists of Stripe, whole or not at all.

A list comes newest first, page after page, each from a record on that we name. Every page is asked for from the last
but one record of the page before, so it has to begin with the last: what was left out or came twice in between is
noticed and asked for again. A long list is read in windows of `created`, several at once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeAlias
from urllib.parse import quote, urlencode

from openspm.errors import SourceUnreachable
from openspm.sources.web.parallel import in_parallel
from openspm.sources.web.session import Answer, NotAccepted, WebSession

PAGE_RECORDS = 100
# So many pages of a window are one reader's work; the next windows are cut by how dense the last ones were.
WINDOW_PAGES = 10
MOST_READINGS = 3

Query: TypeAlias = tuple[tuple[str, str], ...]


def listed(name: str, values: Iterable[str]) -> Query:
    """The part of a query that holds several values."""
    return tuple((f"{name}[{number}]", value) for number, value in enumerate(values))


class _Changed(Exception):  # noqa: N818 - the name says what happened
    """A record that a page began with is gone; the list has to be read from its beginning."""


class StripeLists:
    """Asks Stripe in the pinned version."""

    def __init__(self, session: WebSession, api_version: str, workers: int) -> None:
        self.session = session
        self.api_version = api_version
        self.workers = workers

    def ask(self, path: str, query: Query = (), wrong_with: Callable[[Answer], str | None] | None = None) -> Answer:
        """One answer."""
        address = f"{path}?{urlencode(query, safe='[]')}" if query else path
        return self.session.send("GET", address, headers={"Stripe-Version": self.api_version}, wrong_with=wrong_with)

    def one(self, path: str, record_id: str, expand: tuple[str, ...] = ()) -> Answer | None:
        """A record as it is now; None where it is gone."""
        try:
            return self.ask(f"{path}/{quote(record_id)}", listed("expand", expand))
        except NotAccepted as error:
            if error.answer.status == 404:
                return None
            raise

    def pages(self, path: str, query: Query = ()) -> Iterator[Answer]:
        """The pages of a list, one after the other."""
        for _ in range(MOST_READINGS):
            pages: list[Answer] = []
            try:
                for page in self._chain(path, query):
                    pages.append(page)
            except _Changed:
                continue
            yield from pages
            return
        raise SourceUnreachable(
            f"The list {path} of the {self.session.subject} does not hold together: "
            f"pages were left out, came twice or never ended, in {MOST_READINGS} readings",
            where=self.session.base_url,
            next_step="Run again later; nothing of the source has landed, and what was published stays.",
        )

    def _chain(self, path: str, query: Query) -> Iterator[Answer]:
        """Pages that overlap by one record.

        Raises:
            _Changed: a page does not begin where the one before ended.
        """
        after: str | None = None
        last: str | None = None
        while True:
            size = ("limit", str(PAGE_RECORDS))
            begin = () if after is None else (("starting_after", after),)
            try:
                answer = self.ask(path, (*query, size, *begin), _begins_with(last))
            except NotAccepted as error:
                if after is not None and error.answer.status in (400, 404):
                    raise _Changed from None
                raise
            except SourceUnreachable as error:
                if last is not None and NO_CHAIN in error.message:
                    raise _Changed from None
                raise
            yield answer
            body = answer.json()
            ids = [record["id"] for record in body["data"]]
            if not body["has_more"]:
                return
            if len(ids) < 2:
                raise _Changed
            after, last = ids[-2], ids[-1]

    def windowed(self, path: str, query: Query = (), floor: int | None = None) -> Iterator[Answer]:
        """The pages of a list that may be long, read in windows of `created`.

        Args:
            path: the list.
            query: what is asked for beside the window.
            floor: the earliest `created` that is wanted; None for all.
        """
        first = self.ask(path, (*query, *_window(floor, None), ("limit", str(PAGE_RECORDS))))
        records = first.json()["data"]
        if not first.json()["has_more"]:
            yield first
            return
        newest, oldest = int(records[0]["created"]), int(records[-1]["created"])
        seconds = max(1, newest - oldest) * WINDOW_PAGES
        end: int | None = None
        below = newest + 1
        while True:
            starts = [below - seconds * number for number in range(self.workers + 1)]
            ends = [end, *starts[1:-1]]
            windows = [_window(start if floor is None else max(start, floor), until)
                       for start, until in zip(starts[1:], ends, strict=True)
                       if floor is None or until is None or until > floor]  # fmt: skip
            count = 0
            for pages in in_parallel(lambda window: list(self.pages(path, (*query, *window))), windows, self.workers):
                for page in pages:
                    count += len(page.json()["data"])
                    yield page
            if floor is not None and starts[-1] <= floor:
                return
            left = self.ask(path, (*query, *_window(floor, starts[-1]), ("limit", "1"))).json()["data"]
            if not left:
                return
            # The next windows begin where there is something again, and are as wide as the last ones were thin.
            end = below = int(left[0]["created"]) + 1
            wanted = PAGE_RECORDS * WINDOW_PAGES * self.workers
            seconds = max(1, min(seconds * 4, seconds * wanted // max(count, 1)))


def _window(start: int | None, end: int | None) -> Query:
    """The part of a query for what was created in a time; without a bound where there is none."""
    bounds = (("created[gte]", start), ("created[lt]", end))
    return tuple((name, str(bound)) for name, bound in bounds if bound is not None)


NO_CHAIN = "sent a page that does not begin where the one before ended"


def _begins_with(last: str | None) -> Callable[[Answer], str | None] | None:
    """Looks whether a page begins with a record."""
    if last is None:
        return None

    def wrong(answer: Answer) -> str | None:
        data: list[dict[str, Any]] = json.loads(answer.body)["data"]
        return None if data and data[0]["id"] == last else NO_CHAIN

    return wrong
