"""What a line must wait for, what multiplies it, and what limits it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from openspm.plans.numbers import Amount, Bound, Ratio
from openspm.plans.schema.words import Block, Identifier

MOST_MULTIPLIERS = 4
MOST_CARRIED_PERIODS = 60


class Gate(Block):
    """A measure that must reach a threshold before the component pays."""

    measure: Identifier | None = Field(
        None, description="Component of the plan whose measure is read, in its own window; this one if absent."
    )
    at_least: Bound = Field(description="Threshold: an amount, a number of events, or attainment like 80 %.")
    while_closed: Ratio = Field(
        default="0", validate_default=True, description="What of a line is paid while the gate is closed; 0: nothing."
    )
    locked_from: Bound | None = Field(
        None,
        description=(
            "Base rate only: the tiers from this one's `from` on have the rate below them while the gate is closed, "
            "and nothing else is locked."
        ),
    )


class FactorFilter(Block):
    """Which events a factor applies to; every field that is written must match one of its values."""

    opportunity_kind: tuple[str, ...] | None = Field(None, min_length=1, description="Kinds of deal.")
    activity_kind: tuple[str, ...] | None = Field(None, min_length=1, description="Kinds of activity.")
    outcome: tuple[str, ...] | None = Field(None, min_length=1, description="Outcomes of activities.")
    lead_source: tuple[str, ...] | None = Field(None, min_length=1, description="Where deals or leads came from.")


class FactorTier(Block):
    """A stretch of a measure with one factor."""

    from_: Bound = Field(
        alias="from",
        description="Lower bound: an amount, a number of events, or attainment like 100 %; the first is 0.",
    )
    factor: Ratio = Field(description="Factor, such as 1.5 or 80 %.")


class Multiplier(Block):
    """A factor on a line: by a measure (`tiers`), by an attribute of the event (`where`), or by the payee (`input`)."""

    measure: Identifier | None = Field(
        None, description="With tiers: component whose measure is read, in its own window; this one if absent."
    )
    tiers: tuple[FactorTier, ...] = Field((), description="Factors by the measure.")
    where: FactorFilter | None = Field(None, description="Events that the factor applies to; others keep 1.")
    factor: Ratio | None = Field(None, description="With where: the factor.")
    input: Identifier | None = Field(
        None, description="Name of an approved factor of the payee on the day of the sale (payee_modifiers)."
    )
    lowest: Ratio | None = Field(
        None, description="With input: the lowest factor that is taken; below it lines are held."
    )
    highest: Ratio | None = Field(None, description="With input: the highest factor that is taken.")


class EventMeasure(Block):
    """What bounds or moves the measure of single events, before they are added up."""

    cap: Amount | None = Field(None, description="Most by which a sale moves the measure, for a payee.")
    floor: Amount | None = Field(None, description="Least by which a sale moves it that counts at all.")
    offset: Amount | None = Field(
        None, description="Added to every sale before cap and floor; below 0, so much of each is left out."
    )


class Limit(Block):
    """A cap or a floor on accumulated pay."""

    per: Literal["event", "period", "window", "year"] = Field(
        description="Over what pay is added up: a sale, a pay period, the window, or a year of the calendar."
    )
    cap: Amount | None = Field(None, description="Most pay; what lies above is lost, or carried.")
    carried_periods: int | None = Field(
        None,
        ge=1,
        le=MOST_CARRIED_PERIODS,
        description="With cap_excess carried: for how many later pay periods what lies above the cap waits to be paid.",
    )
    floor: Amount | None = Field(
        None,
        description="Least pay: of an event that earns something, or of every pay period, window or year on the plan.",
    )
    before_multipliers: bool = Field(False, description="Whether it limits what is there before multipliers.")


class PlanLimit(Block):
    """A cap or a floor on what all components of the plan pay together."""

    per: Literal["period", "year"] = Field(description="Over what pay is added up.")
    cap: Amount | None = Field(None, description="Most pay; what lies above is lost.")
    floor: Amount | None = Field(None, description="Least pay of every pay period or year on the plan.")
