"""Companies that count by weeks: months of four and five, in years that begin and end on a weekday."""

from __future__ import annotations

import random
import re
from typing import Any

# Years that begin on 1 January 2026 or a few days before it, so that every day of a world lies in one.
YEARS = (("wednesday", "last"), ("saturday", "last"), ("sunday", "nearest"), ("friday", "last"))
MONTH = re.compile(r"2026-(\d\d)")


def count_by_weeks(draw: random.Random, case: dict[str, Any]) -> None:
    """Let some companies count by weeks; what names a month of the world names the one of that number."""
    # Proration and ramps of quotas count calendar months, and days inside a month need not lie in one of weeks.
    dated = any("from" in row for row in case["quotas"])
    if draw.random() > 0.2 or dated or "proration_days" in case["conventions"]:
        return
    ends_on, end = draw.choice(YEARS)
    weeks = {"pattern": draw.choice(("4-4-5", "4-5-4", "5-4-4")), "year_ends_on": ends_on, "year_end": end}
    renamed = {name: _renamed(value) for name, value in case.items() if name != "case"}
    case |= renamed | {"calendar": {"first_year": 2026, "last_year": 2027, "weeks": weeks}}


def _renamed(value: Any) -> Any:
    """Data with other names of months."""
    if isinstance(value, dict):
        return {_renamed(key): _renamed(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_renamed(inner) for inner in value]
    found = MONTH.fullmatch(value) if isinstance(value, str) else None
    return value if found is None else f"2026-P{found[1]}"
