"""A calendar of a plan's own: fiscal years of calendar months, or of whole weeks."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from openspm.calendars import Weeks
from openspm.plans.schema.words import Block, Identifier


class CalendarWeeks(Block):
    """How a fiscal year is made of 52 or 53 whole weeks; a 53rd week belongs to the year's last month."""

    pattern: Literal["4-4-5", "4-5-4", "5-4-4"] = Field(description="Weeks of the three months of each quarter.")
    year_ends_on: Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] = Field(
        description="Weekday on which every year, and so every month, ends."
    )
    year_end: Literal["last", "nearest"] = Field(
        description=(
            "Whether a year ends on the last such weekday within the month before fiscal_year_start_month, or on the "
            "one nearest to that month's end."
        )
    )

    def as_weeks(self) -> Weeks:
        """The same for the module that makes periods."""
        return Weeks(self.pattern, self.year_ends_on, self.year_end)


class PlanCalendar(Block):
    """A calendar of the plan's own, beside the company's; its period ids begin with its id and a colon."""

    id: Identifier = Field(description="Key of the calendar.")
    fiscal_year_start_month: int = Field(
        ge=1,
        le=12,
        description="Calendar month in which the fiscal year begins; with weeks, the one it begins next to.",
    )
    first_year: int = Field(ge=1900, le=2200, description="First fiscal year, named by the year in which it begins.")
    last_year: int = Field(ge=1900, le=2200, description="Last fiscal year.")
    weeks: CalendarWeeks | None = Field(
        None, description="Years of whole weeks, with months such as `retail:2026-P04`; calendar months if absent."
    )
