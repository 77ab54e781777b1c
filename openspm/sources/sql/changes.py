"""Which rows of an incremental table are read: all of them, or those from somewhat before the last value seen.

What is remembered is the cursor of the table's newest batch, so it moves only when the rows have landed.
"""

from __future__ import annotations

import datetime
import json
import math
import re
from dataclasses import asdict, dataclass

from openspm.errors import OpenspmError
from openspm.sources import ExtractRequest
from openspm.sources.sql.settings import IncrementalSettings

INTEGER = re.compile(r"^-?[0-9]+$")


@dataclass(frozen=True)
class Cursor:
    """What the last extraction of a table left.

    Attributes:
        value: highest value of the column by which changes are found; None where the table had no rows.
        column: that column.
        mapping_sha256: hash of the mapping that the rows went through.
        full_at: when the table was last read in full, ISO 8601.
    """

    value: str | None
    column: str
    mapping_sha256: str
    full_at: str

    def text(self) -> str:
        """The cursor as it is kept with a batch."""
        return json.dumps(asdict(self))


def next_cursor(
    table: str,
    settings: IncrementalSettings,
    mapping_sha256: str,
    highest: str | None,
    full_compare_days: int,
    request: ExtractRequest,
) -> tuple[Cursor, str | None]:
    """The cursor after this extraction, and the value from which rows are read; None for all of them.

    A table is read in full the first time, when its mapping or column changed, after `full_compare_days`, and when the
    run asks for it: only so are records found that were deleted.
    """
    now = request.extracted_at or datetime.datetime.now(datetime.UTC)
    last = _read(request.cursors.get(table))
    is_known = last is not None and (last.column, last.mapping_sha256) == (settings.column, mapping_sha256)
    if last is None or not is_known or last.value is None or request.settings.full_compare:
        return Cursor(highest, settings.column, mapping_sha256, now.isoformat()), None
    if (now.date() - datetime.datetime.fromisoformat(last.full_at).date()).days >= full_compare_days:
        return Cursor(highest, settings.column, mapping_sha256, now.isoformat()), None
    since = looked_back(last.value, settings.look_back, f"table {table}, column {settings.column}")
    return Cursor(highest or last.value, settings.column, mapping_sha256, last.full_at), since


def _read(text: str | None) -> Cursor | None:
    """A cursor that an earlier extraction left; one of another form is as good as none."""
    if text is None:
        return None
    try:
        return Cursor(**json.loads(text))
    except (ValueError, TypeError):
        return None


def looked_back(value: str, look_back: int, where: str) -> str:
    """A value before another one, in the form that the database gave it.

    Args:
        value: a whole number, a date or a time.
        look_back: how far: units of a number, seconds of a time, whole days that hold as many seconds for a date.
        where: the table and column, for the error.

    Raises:
        OpenspmError: neither of them.
    """
    if INTEGER.match(value):
        return str(int(value) - look_back)
    try:
        if len(value) == len("2026-03-31"):
            days = math.ceil(look_back / datetime.timedelta(days=1).total_seconds())
            return (datetime.date.fromisoformat(value) - datetime.timedelta(days=days)).isoformat()
        moment = datetime.datetime.fromisoformat(value) - datetime.timedelta(seconds=look_back)
        text = moment.isoformat(value[10])
        return re.sub(r"\+00:00$", "Z", text) if value.endswith("Z") else text
    except (ValueError, OverflowError):
        raise OpenspmError(
            "Changes cannot be found by a column whose values are neither whole numbers nor dates nor times",
            where=where,
            next_step="Name another column under `incremental` in company.yml, or remove the table from it.",
        ) from None
