"""Periods of a calendar: the one that holds a day, and those that another one holds."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

MONTHS_IN = {"month": 1, "quarter": 3, "half": 6, "year": 12}
DAY = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Span:
    """A stretch of days, both ends included; a period has a name."""

    first: datetime.date
    last: datetime.date
    name: str = ""


def span_of(_case: dict[str, Any], kind: str, day: datetime.date) -> Span:
    """The period of a kind that holds a day."""
    length = MONTHS_IN[kind]
    number = (day.month - 1) // length
    first = datetime.date(day.year, number * length + 1, 1)
    following = first.year * 12 + first.month - 1 + length
    last = datetime.date(following // 12, following % 12 + 1, 1) - DAY
    name = {
        "month": f"{day.year}-{day.month:02d}",
        "quarter": f"{day.year}-Q{number + 1}",
        "half": f"{day.year}-H{number + 1}",
        "year": f"{day.year}",
    }[kind]
    return Span(first, last, name)


def parts_of(case: dict[str, Any], kind: str, whole: Span) -> list[Span]:
    """The periods of a kind in a longer one."""
    found = [span_of(case, kind, whole.first)]
    while found[-1].last < whole.last:
        found.append(span_of(case, kind, found[-1].last + DAY))
    return found


def days_of(case: dict[str, Any], kind: str) -> list[Span]:
    """Every period of a kind in the years of the worlds."""
    first = datetime.date(2026, 1, 1)
    return parts_of(case, kind, Span(first, datetime.date(2026, 12, 31)))


def month_number(_case: dict[str, Any], day: datetime.date) -> int:
    """A running number of months."""
    return day.year * 12 + day.month
