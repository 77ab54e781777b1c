"""What is read of each object: all of it, or what changed since somewhat before the last change that was seen.

What is remembered is the cursor of a table's newest batch, so it moves only when the rows have landed. A mark is a
value of the vendor's own field, by the vendor's own clock: ours may be wrong.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass

from openspm.sources import ExtractRequest


class ChangesUnknown(Exception):  # noqa: N818 - the name says what happened
    """The vendor does not tell all that changed since a mark; the object has to be read in full."""


@dataclass(frozen=True)
class Cursor:
    """What the last extraction of a table left.

    Attributes:
        marks: for each object the highest stamp seen; None where it had no record.
        mapping_sha256: hash of the mapping that the records went through.
        read_at: when the table was last read, ISO 8601.
        full_at: when all records were last read, ISO 8601.
    """

    marks: dict[str, str | None]
    mapping_sha256: str
    read_at: str
    full_at: str

    def text(self) -> str:
        """The cursor as it is kept with a batch."""
        return json.dumps(asdict(self), sort_keys=True)


def read_cursor(text: str | None) -> Cursor | None:
    """A cursor that an earlier extraction left; one of another form is as good as none."""
    if text is None:
        return None
    try:
        cursor = Cursor(**json.loads(text))
        datetime.datetime.fromisoformat(cursor.read_at)
        datetime.datetime.fromisoformat(cursor.full_at)
        return cursor if isinstance(cursor.marks, dict) else None
    except (ValueError, TypeError):
        return None


def objects_to_compare(
    tables: Mapping[str, tuple[str, Sequence[str]]],
    request: ExtractRequest,
    full_compare_days: int,
    most_gap_days: int | None,
) -> set[str]:
    """The objects of which all records have to be read.

    Args:
        tables: for each table the hash of its mapping and the objects that it is made of.
        request: the cursors, the time, and whether the run asks for it.
        full_compare_days: after so many days a table is read in full.
        most_gap_days: after so many days without a night, the vendor does not know any more what was deleted.
    """
    now = request.extracted_at or datetime.datetime.now(datetime.UTC)
    compared: set[str] = set()
    for table, (mapping_sha256, objects) in tables.items():
        cursor = read_cursor(request.cursors.get(table))
        if (
            cursor is None
            or request.settings.full_compare
            or cursor.mapping_sha256 != mapping_sha256
            or _days_since(cursor.full_at, now) >= full_compare_days
            or (most_gap_days is not None and _days_since(cursor.read_at, now) > most_gap_days)
        ):
            compared.update(objects)
    return compared


def objects_without_mark(tables: Mapping[str, Sequence[str]], request: ExtractRequest) -> set[str]:
    """The objects that had no record when they were last read: all there is of them is new."""
    known = [(read_cursor(request.cursors.get(table)), objects) for table, objects in tables.items()]
    return {name for cursor, objects in known if cursor for name in objects if cursor.marks.get(name) is None}


def read_in_full(compared: Collection[str], tables: Mapping[str, Sequence[str]]) -> set[str]:
    """The objects to read in full because some are: all of a table's, else nobody would know what it lost."""
    names = set(compared)
    while more := {name for objects in tables.values() if names & set(objects) for name in objects} - names:
        names |= more
    return names


def _days_since(moment: str, now: datetime.datetime) -> int:
    """Whole calendar days between a time and now."""
    return (now.date() - datetime.datetime.fromisoformat(moment).date()).days


def earliest_mark(name: str, tables: Mapping[str, Sequence[str]], request: ExtractRequest) -> str:
    """The mark from which an object is read for all tables that are made of it; each of them has one."""
    marks = []
    for table, objects in tables.items():
        cursor = read_cursor(request.cursors.get(table))
        mark = cursor.marks.get(name) if cursor is not None and name in objects else None
        if mark is not None:
            marks.append(mark)
    return min(marks, key=stamp_order)


def stamp_order(stamp: str) -> tuple[int, float | str]:
    """Orders stamps of one field: whole numbers, times in ISO 8601, or other texts as texts."""
    if stamp.isdigit():
        return int(stamp), ""
    try:
        moment = datetime.datetime.fromisoformat(stamp)
    except ValueError:
        return 0, stamp
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.UTC)
    return int(moment.timestamp() * 1_000_000), ""


class HighestStamp:
    """The highest of many stamps.

    Attributes:
        stamp: the highest one so far; None before the first.
    """

    def __init__(self, stamp: str | None) -> None:
        self.stamp = stamp
        self._order = stamp_order(stamp) if stamp else None

    def see(self, stamp: str | None) -> None:
        """Take one more."""
        if stamp and stamp != self.stamp:
            order = stamp_order(stamp)
            if self._order is None or order > self._order:
                self.stamp, self._order = stamp, order
