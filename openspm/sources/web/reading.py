"""Reading the objects of an extraction, several at once: their pages into the archive, and the highest stamp."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from openspm.sources import RawFile
from openspm.sources.web.cursors import ChangesUnknown, HighestStamp, earliest_mark, read_in_full
from openspm.sources.web.extraction import Extraction, ObjectRead, open_read
from openspm.sources.web.pages import CSV_SUFFIX, Page, archive_pages
from openspm.sources.web.parallel import in_parallel
from openspm.sources.web.row_files import keep_rows


class Client(Protocol):
    """A vendor's client, let in."""

    def visible(self, objects: Sequence[str]) -> Mapping[str, Collection[str]]:
        """The fields of each object that we may see; an object that we may not see, or that is not there, is absent.

        Raises:
            SourceRefused, SourceUnreachable: as for every request.
        """
        ...

    def read(self, object_name: str, fields: Sequence[str], since: str | None) -> Iterator[Page]:
        """The pages of an object, complete or not at all.

        Args:
            object_name: one of the visible objects.
            fields: the fields wanted, all of them visible.
            since: only records whose stamp is at or after this mark, less the look-back; None for all of them. Deleted
                records belong to both, where the vendor tells them. Of an object that is looked up, the records that
                tell about records whose stamp is so.

        Raises:
            SourceRefused, SourceUnreachable: as for every request, or when pages do not fit together.
            ChangesUnknown: it has to be read in full; only where `since` is given, and before the first page.
        """
        ...

    def close(self) -> None:
        """Give connections back."""
        ...


def read_all(client: Client, extraction: Extraction, workers: int) -> None:
    """Read every object that was planned, and what is looked up for it.

    Where the vendor cannot tell what changed, an object is read in full, and with it those that share a table.

    Args:
        client: asks the vendor.
        extraction: takes what was read.
        workers: how many objects are read at once; how many requests may be under way is the session's business.
    """
    plan, read = extraction.plan, extraction.read
    names = tuple(dict.fromkeys(name for roots in plan.roots.values() for name in roots))
    while missing := [name for name in names if name not in read or (name in plan.compared and not read[name].is_full)]:
        unknown: set[str] = set()
        found = in_parallel(lambda name: _read(client, name, extraction), missing, workers)
        for name, one in zip(missing, found, strict=True):
            if one is None:
                unknown.add(name)
            else:
                read[name] = one
        plan.compared.update(read_in_full(unknown, plan.roots))
    told_about = {name: about for made in plan.tables.values() for name, about in made.look_ups.items()}
    wanted = {name: read[about].since for name, about in told_about.items() if name not in read}
    told = in_parallel(lambda name: _look_up(client, name, wanted[name], extraction), wanted, workers)
    read.update(zip(wanted, told, strict=True))


def _look_up(client: Client, name: str, since: str | None, extraction: Extraction) -> ObjectRead:
    """Read what is looked up for the records of another object."""
    files, rows = _archive(client, name, since, extraction, lambda *_: None)
    return ObjectRead(files, since is None, None, since, rows)


def _read(client: Client, name: str, extraction: Extraction) -> ObjectRead | None:
    """Read an object, and note the highest stamp; None where its changes cannot be told."""
    plan = extraction.plan
    is_full = name in plan.compared
    before = None if is_full else earliest_mark(name, plan.roots, extraction.request)
    highest = HighestStamp(before)
    stamp = plan.mapping.objects[name].stamp
    has_stamp = stamp is not None and stamp in plan.fields[name]

    def note(of: str, batch: pa.RecordBatch) -> None:
        if has_stamp and of == name:
            for text in pc.unique(batch.column(stamp)).to_pylist():
                highest.see(text)

    try:
        files, rows = _archive(client, name, before, extraction, note)
    except ChangesUnknown:
        return None
    in_csv = tuple(raw for raw in files if raw.name.endswith(CSV_SUFFIX))
    if has_stamp and in_csv:
        for opened in open_read(extraction, name, ObjectRead(in_csv, is_full, None, None), (str(stamp),)):
            for batch in opened.batches():
                note(name, batch)
    return ObjectRead(files, is_full, highest.stamp, before, rows)


def _archive(
    client: Client,
    name: str,
    since: str | None,
    extraction: Extraction,
    look_at: Callable[[str, pa.RecordBatch], None],
) -> tuple[tuple[RawFile, ...], dict[str, Path]]:
    """Archive the pages of an object; gives them, and the rows of the records that they hold."""
    plan, scratch = extraction.plan, extraction.scratch
    wanted = {one: fields for one, fields in plan.fields.items() if plan.mapping.roots((one,))[0] == name}
    rows: dict[str, Path] = {}

    def keep(written: Iterator[tuple[str, Any]]) -> None:
        rows.update(keep_rows(written, wanted, extraction.read_records, scratch, look_at))

    pages = client.read(name, plan.fields[name], since)
    return archive_pages(extraction.state, scratch, name, pages, keep), rows
