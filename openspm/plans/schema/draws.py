"""Draws: what a plan grants ahead of pay, and how it is taken back."""

from __future__ import annotations

import datetime
from typing import Literal

from pydantic import Field

from openspm.plans.numbers import Amount
from openspm.plans.schema.words import Block, Identifier

# Each draw of a plan is one more pass over its periods.
MOST_DRAWS = 3


class DrawGrant(Block):
    """A stretch of days in which a draw is granted."""

    from_: datetime.date = Field(alias="from", description="First day; granted in pay periods that begin from then on.")
    to: datetime.date | None = Field(
        None, description="Last day on which a granted period may begin; no end if absent."
    )
    amount: Amount = Field(gt=0, description="Draw of one pay period, in the plan's currency.")


class Draw(Block):
    """A draw. Where a plan has several, each works on what the one before it leaves."""

    draw_id: Identifier = Field(description="Key of the draw within the plan.")
    name: str = Field(min_length=1, description="Name for people.")
    style: Literal["guarantee", "protected", "in_full", "in_full_top_up", "on_top"] = Field(
        description=(
            "guarantee: pay is raised to the draw, and nothing is owed. protected: raised to the draw, and recovered "
            "from what lies above it. in_full: what is owed is recovered from all pay, with a new advance only when "
            "nothing is owed. in_full_top_up: recovered from all pay, then raised to the draw again. on_top: paid on "
            "top of pay, and recovered in full from periods without a grant."
        )
    )
    amount: Amount | None = Field(None, gt=0, description="Draw of every pay period, in the plan's currency.")
    schedule: tuple[DrawGrant, ...] = Field((), description="Or draws of stretches of days.")
    personal: bool = Field(
        False, description="Or draws of single payees, from planning/draw_amounts.csv; whoever has no row has no draw."
    )
    first_recovery: datetime.date | None = Field(
        None, description="Recovered in pay periods that begin on this day or later; from the start if absent."
    )
    most_recovered: Amount | None = Field(None, gt=0, description="Most that is recovered in one pay period.")
    ends_on: datetime.date | None = Field(
        None, description="Last day; nothing is granted in later periods. The payee's last day on the plan if earlier."
    )

    @property
    def is_recoverable(self) -> bool:
        """Whether what it advances is owed."""
        return self.style != "guarantee"
