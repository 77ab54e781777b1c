"""What a component is measured against: quotas and their spread, proration, ramps and personal targets."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from openspm.plans.numbers import Amount, Ratio
from openspm.plans.schema.words import Block, PeriodKind

ProratedThing = Literal["quota", "target", "bounds", "caps", "floors"]
ProratedThingOfPlan = Literal["caps", "floors", "draws"]
# What a window is measured against; the others bound what is paid in a stretch of days.
PRORATED_TERMS = frozenset({"quota", "target", "bounds"})
Weight = Annotated[Ratio, Field(ge=0)]
PartOfQuota = Annotated[Amount, Field(ge=0)]


class Spread(Block):
    """How a quota of a longer period is spread over its windows, where it is not even."""

    weights: tuple[Weight, ...] = Field(
        (), description="Seasonal: the share of each window of the period, in order; they add up to 100 %."
    )
    amounts: tuple[PartOfQuota, ...] = Field(
        (), description="Custom: the quota of each window of the period, in order; they add up to `amount`."
    )


class Quota(Block):
    """Where the quota comes from. A payee's own quota in planning always goes before the plan's amount."""

    amount: Annotated[Amount, Field(gt=0)] | None = Field(
        None, description="Quota of everybody who has none of their own; absent where all stand in planning."
    )
    per: PeriodKind | None = Field(
        None, description="Period that quotas are given for, the window or a longer one; the window if absent."
    )
    spread: Literal["even"] | Spread = Field(
        "even", description="How a quota per longer period is spread over its windows; shares add up to the whole."
    )
    of: Literal["payee", "team"] = Field("payee", description="Whose quota counts: the payee's own, or their team's.")
    needed: Literal["required", "optional"] = Field(
        "required", description="Whether lines are held while the quota is absent."
    )


class Proration(Block):
    """What shrinks where somebody earns by the component on a part of the days only."""

    of: tuple[ProratedThing, ...] = Field(
        min_length=1,
        description=(
            "What is prorated: the quota, the target, bounds that are written as amounts, by days of the window (of "
            "objectives and ratios the target alone); caps and floors of its limits, each by days of its own period, "
            "window or year."
        ),
    )
    leaves: tuple[str, ...] = Field((), description="Kinds of leave whose days do not count, as people data name them.")

    @property
    def is_of_terms(self) -> bool:
        """Whether something is prorated that a window is measured against."""
        return not PRORATED_TERMS.isdisjoint(self.of)


class PlanProration(Block):
    """What of a plan as a whole shrinks where somebody is on it on a part of the days only."""

    of: tuple[ProratedThingOfPlan, ...] = Field(
        min_length=1,
        description=(
            "What is prorated: caps and floors of the plan's limits, each by days of its own period or year; draws, by "
            "days of the pay period."
        ),
    )
    leaves: tuple[str, ...] = Field((), description="Kinds of leave whose days do not count, as people data name them.")


class RampStep(Block):
    """A stretch of months of tenure with shares of its own."""

    to_month: int = Field(ge=1, le=120, description="Last month of tenure, counted from 1, for which it holds.")
    quota: Ratio | None = Field(None, gt=0, le=2, description="Share of the quota; all of it if absent.")
    rate: Ratio | None = Field(None, ge=0, le=10, description="Share of every rate or pay of the curve; all if absent.")
