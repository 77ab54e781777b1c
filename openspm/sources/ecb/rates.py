"""The ECB's table read, and made into rates of the contract.

It has one line a day and one column a currency: units of the currency for one euro, `N/A` where there is none. So it is
from EUR to the currency as it stands; what converts into another currency is a quotient of two columns, half up to
twelve places. A day without a rate has none here: the contract's rates hold until the next one.
"""

from __future__ import annotations

import csv
import datetime
import io
import re
import zipfile
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext

from openspm.errors import OpenspmError

EURO = "EUR"
ABSENT = frozenset({"", "N/A"})
MOST_BYTES = 1 << 26
TWELVE_PLACES = Decimal(1).scaleb(-12)
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
          "November", "December")  # fmt: skip
NUMBER = re.compile(r"^[0-9]{1,15}(\.[0-9]{1,15})?$")


@dataclass(frozen=True)
class RateTable:
    """What a file has.

    Attributes:
        currencies: its currencies in their order.
        days: for each day the texts of its rates, by currency; those that are absent are not there.
    """

    currencies: tuple[str, ...]
    days: Sequence[tuple[datetime.date, dict[str, str]]]


def read_table(content: bytes, where: str) -> RateTable:
    """Read the published CSV, or the zip of it.

    Raises:
        OpenspmError: it is not in the published form; with the line.
    """
    lines = list(csv.reader(io.StringIO(_text(content, where))))
    header = [name.strip() for name in lines[0]] if lines else []
    # Each line of the published file ends with a comma.
    width = len(header) - 1 if header and header[-1] == "" else len(header)
    names = header[1:width]
    if header[:1] != ["Date"] or not names or not all(re.fullmatch("[A-Z]{3}", name) for name in names):
        raise _not_published("its first line is not `Date` and currencies", f"{where}:1")
    if len(set(names)) != len(names):
        raise _not_published("it has a currency twice", f"{where}:1")
    days: list[tuple[datetime.date, dict[str, str]]] = []
    for number, line in enumerate(lines[1:], 2):
        values = [value.strip() for value in line]
        if not any(values):
            continue
        if len(values) != len(header) or any(values[width:]):
            raise _not_published("a line has more or fewer values than the first", f"{where}:{number}")
        texts = {name: text for name, text in zip(names, values[1:width], strict=True) if text not in ABSENT}
        days.append((_day(values[0], f"{where}:{number}"), texts))
    return RateTable(tuple(names), days)


def _text(content: bytes, where: str) -> str:
    """The text of the CSV."""
    if content[:2] == b"PK":
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                entries = archive.infolist()
                if len(entries) != 1 or entries[0].file_size > MOST_BYTES:
                    raise _not_published("the zip does not hold one table", where)
                content = archive.read(entries[0])
        except (zipfile.BadZipFile, OSError, EOFError):
            raise _not_published("the zip is damaged", where) from None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _not_published("it is not UTF-8", where) from None


def _day(text: str, where: str) -> datetime.date:
    """A day as the history (2026-03-31) or the daily file (31 March 2026) writes it."""
    found = re.fullmatch(r"([0-9]{1,2}) ([A-Z][a-z]+) ([0-9]{4})", text)
    try:
        if found and found[2] in MONTHS:
            return datetime.date(int(found[3]), MONTHS.index(found[2]) + 1, int(found[1]))
        return datetime.datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        raise _not_published(f"{text!r} is no day", where) from None


def _not_published(reason: str, where: str) -> OpenspmError:
    return OpenspmError(
        f"This is no table of rates as the ECB publishes them: {reason}",
        where=where,
        next_step="Give eurofxref-hist.csv, its zip, or eurofxref.csv, unchanged.",
    )


def rates(
    table: RateTable, wanted: Collection[str], into: Sequence[str], since: datetime.date
) -> Iterator[tuple[str, str, str, str]]:
    """Rates of the contract: from, to, day, units of `to` for one unit of `from`.

    Args:
        table: the file.
        wanted: currencies beside EUR; all where empty.
        into: currencies that all others are converted into, beside EUR into each as it is published.
        since: the first day wanted.
    """
    for day, texts in table.days:
        if day < since:
            continue
        texts = {name: text for name, text in texts.items() if not wanted or name in wanted}
        for name, text in texts.items():
            yield EURO, name, day.isoformat(), text
        known = {name: Decimal(text) for name, text in texts.items() if NUMBER.match(text) and Decimal(text)}
        units = {EURO: Decimal(1), **known}
        for to in into:
            for name in units if to in units else ():
                if name not in (to, EURO):
                    yield name, to, day.isoformat(), _quotient(units[to], units[name])


def _quotient(one: Decimal, other: Decimal) -> str:
    """A quotient, half up to twelve places, without zeros behind."""
    with localcontext() as context:
        context.prec = 60
        text = format((one / other).quantize(TWELVE_PLACES, ROUND_HALF_UP), "f")
    return text.rstrip("0").rstrip(".")
