"""Reading Stripe's objects: all of them, or those that its events name."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from openspm.sources.stripe.lists import PAGE_RECORDS, StripeLists, listed
from openspm.sources.stripe.objects import INSIDE, OBJECTS, StripeObject
from openspm.sources.stripe.records import EVENTS_PATH, has_more_lines
from openspm.sources.web.pages import Page, flat
from openspm.sources.web.parallel import in_parallel
from openspm.sources.web.session import Answer, NotAccepted

METADATA = "metadata."
CHANGED = "changed"
# The objects whose metadata holds ids of the CRM.
WITH_IDS = ("Customer", "Invoice")


class StripeClient:
    """An account of Stripe, let in."""

    def __init__(self, lists: StripeLists, named: Collection[str], metadata: Collection[str], look_back: int) -> None:
        """Take what is asked with.

        Args:
            lists: asks Stripe.
            named: fields that the company names.
            metadata: metadata of customers and invoices in which it keeps ids.
            look_back: how many seconds before a mark events are read again.
        """
        self.lists = lists
        self.named = named
        self.metadata = metadata
        self.look_back = look_back
        self.newest: dict[str, tuple[Mapping[str, object], ...]] = {}

    def visible(self, objects: Sequence[str]) -> Mapping[str, Collection[str]]:
        """The fields of each object whose list we may read; without the right to events nothing tells changes."""
        roots = [name for name in objects if name in OBJECTS]
        paths = [EVENTS_PATH, *(OBJECTS[name].path for name in roots)]
        events, *answers = in_parallel(self._first_page, paths, self.lists.workers)
        shown: dict[str, tuple[str, ...]] = {}
        for name, answer in zip(roots, answers, strict=True):
            if answer is not None:
                shown[name] = self._fields(name, answer)
        shown |= {name: fields for name, (root, fields) in INSIDE.items() if root in shown and name in objects}
        if events is None:
            return {name: tuple(field for field in fields if field != CHANGED) for name, fields in shown.items()}
        return shown

    def _first_page(self, path: str) -> Answer | None:
        """The newest records of a list; None where our key may not read it."""
        try:
            return self.lists.ask(path, (("limit", str(PAGE_RECORDS)),))
        except NotAccepted as error:
            if error.answer.status == 403:
                return None
            raise

    def _fields(self, name: str, answer: Answer) -> tuple[str, ...]:
        """The fields of an object: those that are always there, those that the newest records have, those named.

        A field that a company names is there if what it is part of is: it may be empty in all the newest records.
        """
        records = [flat(record) for record in answer.json()["data"]]
        self.newest[name] = tuple(records)
        found = dict.fromkeys(OBJECTS[name].fields)
        found |= dict.fromkeys(self.metadata if name in WITH_IDS else ())
        found |= dict.fromkeys(
            field for record in records for field in record if field != "object" and not field.startswith(METADATA)
        )
        tops = {field.partition(".")[0] for field in found}
        found |= dict.fromkeys(
            field for field in self.named
            if field.startswith(METADATA) or not records or field.partition(".")[0] in tops
        )  # fmt: skip
        return tuple(found)

    def read(self, object_name: str, fields: Sequence[str], since: str | None) -> Iterator[Page]:
        """The newest event, then all records; or the events since a mark, then each record that they name."""
        spec = OBJECTS[object_name]
        if since is None:
            if CHANGED in fields:
                yield Page(self.lists.ask(EVENTS_PATH, (("limit", "1"),)))
            for answer in self.lists.windowed(spec.path, listed("expand", (f"data.{name}" for name in spec.expand))):
                yield from self._with_lines(answer)
            return
        types = listed("types", spec.events)
        changed: dict[str, None] = {}
        refunded: dict[str, None] = {}
        for events in self.lists.windowed(EVENTS_PATH, types, floor=int(since) - self.look_back):
            yield Page(events)
            for event in events.json()["data"]:
                about = event["data"]["object"]
                if about["object"] == spec.type:
                    changed[about["id"]] = None
                elif event["type"] == "charge.refunded":
                    refunded[about["id"]] = None
        yield from self._named(spec, tuple(changed))
        for charge in refunded:
            query = (("charge", charge), *listed("expand", (f"data.{name}" for name in spec.expand)))
            yield from map(Page, self.lists.pages(spec.path, query))

    def _named(self, spec: StripeObject, ids: Sequence[str]) -> Iterator[Page]:
        """Records as they are now; an event tells what was, in the version of the account."""
        for answer in in_parallel(lambda name: self.lists.one(spec.path, name, spec.expand), ids, self.lists.workers):
            if answer is not None:
                yield from self._with_lines(answer)

    def _with_lines(self, answer: Answer) -> Iterator[Page]:
        """A page, and the lines of its invoices that have more than are shown with them."""
        yield Page(answer)
        body = answer.json()
        records = body["data"] if body["object"] == "list" else [body]
        paths = [f"/v1/invoices/{record['id']}/lines" for record in records if has_more_lines(record)]
        for pages in in_parallel(lambda path: list(self.lists.pages(path)), paths, self.lists.workers):
            yield from map(Page, pages)

    def close(self) -> None:
        """Give the connections back."""
        self.lists.session.close()
