"""Periods of a calendar as rows of the canonical table `calendars`: months, quarters, halves and years."""

from __future__ import annotations

import datetime

KINDS = ("month", "quarter", "half", "year")
MONTHS_IN = {"month": 1, "quarter": 3, "half": 6, "year": 12}
MONTH_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def gregorian_periods(
    calendar_id: str,
    fiscal_year_start_month: int,
    first_year: int,
    last_year: int,
    rule_set_id: str = "live",
    period_prefix: str = "",
) -> list[dict[str, str | None]]:
    """Every period of fiscal years that begin with a calendar month.

    A fiscal year has the number of the calendar year in which it begins. Months are named by the calendar (`2026-04`),
    the others by the fiscal year (`2026-Q1` begins with its first month).

    Args:
        calendar_id: key of the calendar.
        fiscal_year_start_month: 1 to 12.
        first_year: first fiscal year.
        last_year: last fiscal year, included.
        rule_set_id: rule set that the calendar belongs to.
        period_prefix: put before every period id, such as `retail:`; empty for the company's own calendar.

    Returns:
        Rows of text with the columns of `calendars`, in the order of kind and time.
    """
    rows: list[dict[str, str | None]] = []
    for kind in KINDS:
        length = MONTHS_IN[kind]
        sequence = 0
        for year in range(first_year, last_year + 1):
            for number in range(12 // length):
                sequence += 1
                start = _first_day(year, fiscal_year_start_month + number * length)
                end = _first_day(year, fiscal_year_start_month + (number + 1) * length) - datetime.timedelta(days=1)
                ids = {
                    "month": f"{period_prefix}{start.year}-{start.month:02d}",
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
                        "period_name": _name(kind, year, number, start),
                        "start_date": start.isoformat(),
                        "end_date": end.isoformat(),
                        "period_sequence": str(sequence),
                        "quarter_period_id": ids["quarter"] if length <= 3 else None,
                        "half_period_id": ids["half"] if length <= 6 else None,
                        "year_period_id": ids["year"],
                    }
                )
    return rows


def _first_day(year: int, month: int) -> datetime.date:
    """The first day of a month; months after 12 lie in the next year."""
    return datetime.date(year + (month - 1) // 12, (month - 1) % 12 + 1, 1)


def _name(kind: str, year: int, number: int, start: datetime.date) -> str:
    """What people call a period."""
    if kind == "month":
        return f"{MONTH_NAMES[start.month - 1]} {start.year}"
    return {"quarter": f"Q{number + 1} {year}", "half": f"H{number + 1} {year}", "year": str(year)}[kind]
