"""Periods of the company's calendar: the one that holds a day, and those that another one holds.

Months are those of the calendar, or of a year of whole weeks (`calendar: {weeks: ...}`), which begins after the named
weekday; the last month of a year takes a 53rd week.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from functools import cache
from typing import Any

MONTHS_IN = {"month": 1, "quarter": 3, "half": 6, "year": 12}
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DAY = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Span:
    """A stretch of days, both ends included; a period has a name."""

    first: datetime.date
    last: datetime.date
    name: str = ""


@dataclass(frozen=True)
class Weeks:
    """How a company's years are made of whole weeks."""

    pattern: str
    year_ends_on: str
    year_end: str


def _weeks(case: dict[str, Any]) -> Weeks | None:
    """How the company's years are made of weeks, if they are."""
    found: dict[str, str] | None = case.get("calendar", {}).get("weeks")
    return None if found is None else Weeks(found["pattern"], found["year_ends_on"], found["year_end"])


@cache
def _first_of_month(weeks: Weeks | None, year: int, number: int) -> datetime.date:
    """The first day of a month of a fiscal year, from 0 on; of number 12 that of the next year."""
    if weeks is None:
        return datetime.date(year + number // 12, number % 12 + 1, 1)
    if number == 12:
        return _first_of_month(weeks, year + 1, 0)
    end = datetime.date(year - 1, 12, 31)
    back = (end.weekday() - WEEKDAYS.index(weeks.year_ends_on)) % 7
    if weeks.year_end == "nearest" and back > 3:
        back -= 7
    lengths = [int(count) for count in weeks.pattern.split("-")] * 4
    return end - (back - 1) * DAY + sum(lengths[:number]) * 7 * DAY


def _period(weeks: Weeks | None, kind: str, year: int, month: int) -> Span:
    """The period of a kind that holds a month, counted from 0."""
    length = MONTHS_IN[kind]
    number = month // length
    first = _first_of_month(weeks, year, number * length)
    last = _first_of_month(weeks, year, (number + 1) * length) - DAY
    letter = "" if weeks is None else "P"
    names = {"month": f"-{letter}{number + 1:02d}", "quarter": f"-Q{number + 1}", "half": f"-H{number + 1}", "year": ""}
    return Span(first, last, f"{year}{names[kind]}")


def pay_kind(case: dict[str, Any], plan_id: str) -> str:
    """What kind of period a plan pays for, which is one in all of its versions."""
    return next((plan.get("pay_every", "month") for plan in case["plans"] if plan["plan_id"] == plan_id), "month")


def span_of(case: dict[str, Any], kind: str, day: datetime.date) -> Span:
    """The period of a kind that holds a day."""
    return _span_of(_weeks(case), kind, day)


# Worlds ask for the same few years of days hundreds of thousands of times.
@cache
def _span_of(weeks: Weeks | None, kind: str, day: datetime.date) -> Span:
    year = next(one for one in (day.year + 1, day.year, day.year - 1) if _first_of_month(weeks, one, 0) <= day)
    month = max(one for one in range(12) if _first_of_month(weeks, year, one) <= day)
    return _period(weeks, kind, year, month)


def span_named(case: dict[str, Any], name: str) -> Span:
    """The period of a name."""
    kinds = {"Q": "quarter", "H": "half"}
    kind = kinds.get(name[5:6], "month") if name[4:] else "year"
    number = int(name[5:].lstrip("QHP") or 1)
    return _period(_weeks(case), kind, int(name[:4]), (number - 1) * MONTHS_IN[kind])


def period_of(case: dict[str, Any], kind: str, day: datetime.date) -> str:
    """The name of the period of a kind that holds a day; nothing where that is no period."""
    return "" if kind in ("none", "plan_life") else span_of(case, kind, day).name


def parts_of(case: dict[str, Any], kind: str, whole: Span) -> list[Span]:
    """The periods of a kind in a longer one."""
    found = [span_of(case, kind, whole.first)]
    while found[-1].last < whole.last:
        found.append(span_of(case, kind, found[-1].last + DAY))
    return found


def days_of(case: dict[str, Any], kind: str) -> list[Span]:
    """Every period of a kind in the years of the world."""
    first, last = 2026, int(case.get("calendar", {}).get("last_year", 2026))
    return parts_of(case, kind, Span(_first_of_month(_weeks(case), first, 0), last_day(case, last)))


def last_day(case: dict[str, Any], year: int | None = None) -> datetime.date:
    """The last day of a fiscal year, or of the last one of the world."""
    last = year or int(case.get("calendar", {}).get("last_year", 2026))
    return _first_of_month(_weeks(case), last, 12) - DAY


def month_number(case: dict[str, Any], day: datetime.date) -> int:
    """A running number of months; before a calendar of weeks begins, months are those of the year."""
    weeks = _weeks(case)
    if weeks is None:
        return day.year * 12 + day.month
    first = _first_of_month(weeks, 2026, 0)
    if day < first:
        return 1 - ((first.year - day.year) * 12 + first.month - day.month)
    span = span_of(case, "month", day)
    return (int(span.name[:4]) - 2026) * 12 + int(span.name[-2:])


def begins_a_month(case: dict[str, Any], day: datetime.date) -> bool:
    """Whether a month begins on a day; before a calendar of weeks begins, months are those of the year."""
    weeks = _weeks(case)
    if weeks is not None and day < _first_of_month(weeks, 2026, 0):
        return day.day == 1
    return day == span_of(case, "month", day).first
