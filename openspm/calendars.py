"""Periods of a calendar as rows of the canonical table `calendars`: months, quarters, halves and years.

A fiscal year has twelve months: calendar months, or spans of four and five weeks. Everything longer is made of them.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

KINDS = ("month", "quarter", "half", "year")
MONTHS_IN = {"month": 1, "quarter": 3, "half": 6, "year": 12}
MONTH_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
PATTERNS = ("4-4-5", "4-5-4", "5-4-4")
"""Weeks of the three months of a quarter."""


@dataclass(frozen=True)
class Weeks:
    """How a fiscal year is made of whole weeks.

    Attributes:
        pattern: weeks of the months of each quarter, one of PATTERNS.
        year_ends_on: weekday of every last day, one of WEEKDAYS.
        year_end: `last` such weekday of the month before the fiscal year's first, or the one `nearest` to its end.
    """

    pattern: str
    year_ends_on: str
    year_end: str


def periods_of(
    calendar_id: str,
    fiscal_year_start_month: int,
    first_year: int,
    last_year: int,
    weeks: Weeks | None = None,
    rule_set_id: str = "live",
    period_prefix: str = "",
) -> list[dict[str, str | None]]:
    """Every period of a span of fiscal years.

    A fiscal year has the number of the calendar year of its first month. Calendar months are named by the calendar
    (`2026-04`), months of weeks by their number (`2026-P04`), the others by the fiscal year (`2026-Q1` begins with its
    first month). A 53rd week belongs to the last month of its year.

    Args:
        calendar_id: key of the calendar.
        fiscal_year_start_month: 1 to 12; with weeks the month next to which the year begins.
        first_year: first fiscal year.
        last_year: last fiscal year, included.
        weeks: how the year is made of weeks; None for calendar months.
        rule_set_id: rule set that the calendar belongs to.
        period_prefix: put before every period id, such as `retail:`; empty for the company's own calendar.

    Returns:
        Rows of text with the columns of `calendars`, in the order of kind and time.
    """
    starts = {year: _month_starts(year, fiscal_year_start_month, weeks) for year in range(first_year, last_year + 1)}
    rows: list[dict[str, str | None]] = []
    for kind in KINDS:
        length = MONTHS_IN[kind]
        sequence = 0
        for year, bounds in starts.items():
            for number in range(12 // length):
                sequence += 1
                start, after = bounds[number * length], bounds[(number + 1) * length]
                month = f"{year}-P{number + 1:02d}" if weeks else f"{start.year}-{start.month:02d}"
                ids = {
                    "month": f"{period_prefix}{month}",
                    "quarter": f"{period_prefix}{year}-Q{number * length // 3 + 1}",
                    "half": f"{period_prefix}{year}-H{number * length // 6 + 1}",
                    "year": f"{period_prefix}{year}",
                }
                rows.append(
                    {
                        "rule_set_id": rule_set_id,
                        "calendar_id": calendar_id,
                        "period_id": ids[kind],
                        "period_kind_code": kind,
                        "period_name": _name(kind, year, number, start, weeks),
                        "start_date": start.isoformat(),
                        "end_date": (after - datetime.timedelta(days=1)).isoformat(),
                        "period_sequence": str(sequence),
                        "quarter_period_id": ids["quarter"] if length <= 3 else None,
                        "half_period_id": ids["half"] if length <= 6 else None,
                        "year_period_id": ids["year"],
                    }
                )
    return rows


def _month_starts(year: int, fiscal_year_start_month: int, weeks: Weeks | None) -> Sequence[datetime.date]:
    """The first days of a fiscal year's twelve months, and the first day after it."""
    if weeks is None:
        return [_first_day(year, fiscal_year_start_month + number) for number in range(13)]
    first = _first_day_of_weeks(year, fiscal_year_start_month, weeks)
    lengths = [int(count) for count in weeks.pattern.split("-")] * 4
    starts = [first + datetime.timedelta(weeks=sum(lengths[:number])) for number in range(12)]
    return [*starts, _first_day_of_weeks(year + 1, fiscal_year_start_month, weeks)]


def _first_day_of_weeks(year: int, fiscal_year_start_month: int, weeks: Weeks) -> datetime.date:
    """The day after the weekday on which the year before ends."""
    month_end = _first_day(year, fiscal_year_start_month) - datetime.timedelta(days=1)
    back = (month_end.weekday() - WEEKDAYS.index(weeks.year_ends_on)) % 7
    if weeks.year_end == "nearest" and back > 3:
        back -= 7
    return month_end - datetime.timedelta(days=back - 1)


def _first_day(year: int, month: int) -> datetime.date:
    """The first day of a month; months after 12 lie in the next year."""
    return datetime.date(year + (month - 1) // 12, (month - 1) % 12 + 1, 1)


def _name(kind: str, year: int, number: int, start: datetime.date, weeks: Weeks | None) -> str:
    """What people call a period."""
    if kind == "month":
        return f"P{number + 1} {year}" if weeks else f"{MONTH_NAMES[start.month - 1]} {start.year}"
    return {"quarter": f"Q{number + 1} {year}", "half": f"H{number + 1} {year}", "year": str(year)}[kind]
