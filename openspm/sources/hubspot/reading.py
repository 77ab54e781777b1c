"""How the records of an object are got, complete or not at all.

All of them come from its list, which HubSpot orders by id. What changed comes from its search, which ends at 10,000
results: each search therefore asks for the ids above the highest one that came, so that no result is beyond the cap,
however many records share one time, and a record that changes meanwhile shifts no other. What was archived comes from
the list of archived records. Neither list says how long it is, so both are held against the count of a search.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from openspm.errors import SourceUnreachable
from openspm.sources.hubspot.objects import KEY, HubSpotObject
from openspm.sources.web.cursors import stamp_order
from openspm.sources.web.pages import Page
from openspm.sources.web.parallel import in_parallel
from openspm.sources.web.session import Answer

if TYPE_CHECKING:
    from openspm.sources.hubspot.client import HubSpotClient

LIST_LIMIT = 100
HISTORY_LIMIT = 50
SEARCH_LIMIT = 200
ASSOCIATION_LIMIT = 1000
# The index of the search follows the records after a while.
RECOUNTS = 4
RECOUNT_SECONDS = 5.0
MICROSECONDS = 1_000_000

Item = TypeVar("Item")


class Reading:
    """One reading of an object."""

    def __init__(
        self,
        client: HubSpotClient,
        item: HubSpotObject,
        properties: Sequence[str],
        targets: Sequence[str] = (),
        history: Sequence[str] = (),
    ) -> None:
        """Take what is read.

        Args:
            client: the portal.
            item: the object.
            properties: the properties to ask for.
            targets: the objects whose associations are looked up for each record.
            history: properties whose past values are asked for too.
        """
        self.client = client
        self.item = item
        self.properties = properties
        self.targets = targets
        self.history = history
        self.path = f"{client.settings.crm_path}/objects/{item.api_name}"

    def pages(self, since: str | None) -> Iterator[Page]:
        """The pages of all records, or of those that changed or were archived since a mark, less the look-back."""
        if since is None:
            yield from self._with_associations(self._counted(self.listed(is_archived=False), []))
            return
        ago = self.client.settings.look_back_seconds * MICROSECONDS
        from_microsecond = int(stamp_order(since)[0]) - ago
        changed = self._changed(from_microsecond // 1000)
        yield from self._with_associations(self._histories(changed) if self.history else changed)
        yield from (page for page in self.listed(is_archived=True) if _was_archived(page, from_microsecond))

    def listed(self, is_archived: bool) -> Iterator[Page]:
        """The list of an object.

        Raises:
            SourceUnreachable: the pages lead in a circle.
        """
        params = {
            "limit": str(HISTORY_LIMIT if self.history else LIST_LIMIT),
            "archived": "true" if is_archived else "false",
            "properties": ",".join(self.properties),
        }
        if self.history:
            params["propertiesWithHistory"] = ",".join(self.history)
        yield from followed(self.client, self.path, params)

    def _counted(self, pages: Iterator[Page], filters: list[dict[str, str]]) -> Iterator[Page]:
        """Pages, held against the number of records that a search counts.

        Raises:
            SourceUnreachable: fewer came than there are, again and again.
        """
        if not self.client.settings.compare_counts:
            yield from pages
            return
        before = self._count(filters)
        ids = array("Q")
        for page in pages:
            ids.extend(_ids(page))
            yield page
        self._check(before, ids, filters)

    def _check(self, before: int, ids: array[int], filters: list[dict[str, str]]) -> None:
        """Records that were archived meanwhile explain a difference only if a later count lacks them too.

        Raises:
            SourceUnreachable: they do not.
        """
        expected, came = before, pc.count_distinct(pa.array(ids, pa.uint64())).as_py()
        for _ in range(RECOUNTS):
            if came >= expected:
                return
            self.client.session.patience.wait(RECOUNT_SECONDS)
            expected = self._count(filters)
        if came < expected:
            raise SourceUnreachable(
                f"The {self.client.session.subject} gave {came} {self.item.api_name} and counts {expected}, so a page "
                "was left out",
                where=self.path,
                next_step="Run again; nothing of the source has landed, and what was published stays. Where the two "
                "never agree, set `compare_counts: false`.",
            )

    def _count(self, filters: list[dict[str, str]]) -> int:
        """How many records a search finds."""
        body = {"filterGroups": [{"filters": filters}] if filters else [], "properties": [KEY], "limit": 1}
        return int(self.client.search(self.item, body).json()["total"])

    def _changed(self, from_millisecond: int) -> Iterator[Page]:
        """The pages of the records that changed at or after a time, by their ids.

        Raises:
            SourceUnreachable: pages come again and again, or were left out.
        """
        is_changed = {"propertyName": self.item.stamp, "operator": "GTE", "value": str(from_millisecond)}
        expected: int | None = None
        ids = array("Q")
        highest, repeated = 0, 0
        while True:
            is_next = {"propertyName": KEY, "operator": "GT", "value": str(highest)}
            body = {
                "filterGroups": [{"filters": [is_changed, is_next]}],
                "sorts": [{"propertyName": KEY, "direction": "ASCENDING"}],
                "properties": [KEY, self.item.stamp] if self.history else list(self.properties),
                "limit": SEARCH_LIMIT,
            }
            page = Page(self.client.search(self.item, body))
            answer = page.answer.json()
            expected = int(answer["total"]) if expected is None else expected
            came = _ids(page)
            if came and max(came) <= highest:
                repeated += 1
                if repeated == self.client.settings.most_tries:
                    raise _circle(self.client, self.path)
                continue
            if came:
                ids.extend(came)
                highest = max(came)
                yield page
            if not came or not answer.get("paging"):
                break
        if self.client.settings.compare_counts:
            self._check(expected, ids, [is_changed])

    def _histories(self, found: Iterator[Page]) -> Iterator[Page]:
        """The pages with past values of the records that were found."""
        ids = (record_id for page in found for record_id in _ids(page))
        workers = self.client.settings.parallel_requests
        yield from in_parallel(self._history, _in_pieces(ids, HISTORY_LIMIT), workers)

    def _history(self, ids: Sequence[int]) -> Page:
        """Past values of some records. One that was archived since is named in the answer's errors."""
        body = {
            "properties": list(self.properties),
            "propertiesWithHistory": list(self.history),
            "inputs": [{"id": str(record_id)} for record_id in ids],
        }
        answer = self.client.session.post(f"{self.path}/batch/read", json_body=body)
        if answer.status != 207 and len(answer.json()["results"]) < len(ids):
            raise SourceUnreachable(
                f"The {self.client.session.subject} gave fewer {self.item.api_name} than it was asked for",
                where=answer.request,
                next_step="Run again; nothing of the source has landed, and what was published stays.",
            )
        return Page(answer)

    def _with_associations(self, pages: Iterator[Page]) -> Iterator[Page]:
        """Pages of records in groups, the associations of a group before it."""
        if not self.targets:
            yield from pages
            return
        workers = self.client.settings.parallel_requests
        for group in in_parallel(self._associated, _groups(pages), workers):
            yield from group

    def _associated(self, group: Sequence[Page]) -> list[Page]:
        """The pages of some records behind those of their associations."""
        ids = dict.fromkeys(record_id for page in group for record_id in _ids(page))
        found: list[Page] = []
        for target in self.targets:
            path = f"{self.client.settings.associations_path}/{self.item.api_name}/{target}/batch/read"
            for some in _in_pieces(ids, ASSOCIATION_LIMIT):
                inputs = [{"id": str(record_id)} for record_id in some]
                seen: set[tuple[str, str]] = set()
                while inputs:
                    answer = self.client.session.post(path, json_body={"inputs": inputs})
                    self._check_associations(answer)
                    found.append(Page(answer))
                    inputs = _following(answer)
                    asked = {(entry["id"], entry["after"]) for entry in inputs}
                    if asked & seen:
                        raise _circle(self.client, path)
                    seen |= asked
        return [*found, *group]

    def _check_associations(self, answer: Answer) -> None:
        """A record without associations, or one that is gone, is no error.

        Raises:
            SourceUnreachable: anything else is.
        """
        for error in answer.json().get("errors") or ():
            if error.get("category") != "OBJECT_NOT_FOUND":
                raise SourceUnreachable(
                    f"The {self.client.session.subject} gives no associations ({error.get('message')})",
                    where=answer.request,
                    next_step="Run again later; nothing of the source has landed, and what was published stays.",
                )


def read_owners(client: HubSpotClient) -> Iterator[Page]:
    """Teams, then owners: active, archived, and active again, so that one who is moved meanwhile is in a list.

    The last record of an owner counts.
    """
    teams = client.optional("/settings/v3/users/teams")
    if teams is not None:
        yield Page(teams)
    for is_archived in ("false", "true", "false"):
        path = f"{client.settings.crm_path}/owners"
        yield from followed(client, path, {"limit": str(LIST_LIMIT), "archived": is_archived})


def followed(client: HubSpotClient, path: str, params: dict[str, str]) -> Iterator[Page]:
    """The pages of a list.

    Raises:
        SourceUnreachable: they lead in a circle.
    """
    seen: set[str] = set()
    after: str | None = None
    while True:
        page = Page(client.session.get(path, {**params, **({"after": after} if after else {})}))
        yield page
        after = _after(page.answer.json())
        if after is None:
            return
        if after in seen:
            raise _circle(client, path)
        seen.add(after)


def _after(container: dict[str, Any]) -> str | None:
    """Where the next page begins; None on the last one."""
    after = ((container.get("paging") or {}).get("next") or {}).get("after")
    return str(after) if after else None


def _circle(client: HubSpotClient, path: str) -> SourceUnreachable:
    return SourceUnreachable(
        f"The {client.session.subject} gives the same pages again and again",
        where=path,
        next_step="Run again; nothing of the source has landed, and what was published stays.",
    )


def _ids(page: Page) -> list[int]:
    """The ids of a page's records."""
    return [int(record["id"]) for record in page.answer.json()["results"]]


def _following(answer: Answer) -> list[dict[str, str]]:
    """The inputs of the records that have more associations than an answer holds."""
    following = []
    for result in answer.json()["results"]:
        after = _after(result)
        if after is not None:
            following.append({"id": str(result["from"]["id"]), "after": after})
    return following


def _in_pieces(items: Iterable[Item], size: int) -> Iterator[tuple[Item, ...]]:
    """Items in pieces of so many."""
    left = iter(items)
    while piece := tuple(islice(left, size)):
        yield piece


def _groups(pages: Iterator[Page]) -> Iterator[list[Page]]:
    """Pages whose records together are looked up at once."""
    group: list[Page] = []
    size = 0
    for page in pages:
        count = len(_ids(page))
        if group and size + count > ASSOCIATION_LIMIT:
            yield group
            group, size = [], 0
        group.append(page)
        size += count
    if group:
        yield group


def _was_archived(page: Page, from_microsecond: int) -> bool:
    """Whether a page of archived records has one that was archived at or after a time; else it was read before."""
    moments = (str(record.get("archivedAt") or "") for record in page.answer.json()["results"])
    return any(not moment or stamp_order(moment)[0] >= from_microsecond for moment in moments)
