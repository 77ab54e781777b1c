"""What a measure earns."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from openspm.plans.numbers import Amount, Bound, Ratio
from openspm.plans.schema.matrix import MOST_AXES, MatrixAxis
from openspm.plans.schema.words import Block

Boundary = Literal["upper", "lower"]


class Tier(Block):
    """A stretch of the measure with one rate."""

    from_: Bound = Field(
        alias="from", description="Lower bound: an amount, a number of events, or attainment like 100 %."
    )
    to: Bound | None = Field(None, description="Upper bound; the next tier's `from` if absent.")
    rate: Ratio | None = Field(None, description="Pay for one unit of money, like 8 %.")
    per_unit: Amount | None = Field(None, description="Pay for one event, where events are counted.")
    pays_share: Ratio | None = Field(
        None, description="Share of `target` that 100 % of attainment in this tier pays; for marginal over attainment."
    )
    rates: tuple[Ratio, ...] = Field(
        (),
        description=(
            "In a matrix, in place of rate: one for each combination of bands; the last axis changes fastest."
        ),
    )
    amounts: tuple[Amount, ...] = Field((), description="The same in place of per_unit.")
    boundary: Boundary | None = Field(None, description="For this tier's lower bound, instead of the switch.")


class Step(Block):
    """A bound, and what is owed in all from there on."""

    from_: Bound = Field(alias="from", description="Bound. A first step at 0 pays from the first credit of a window.")
    pays: Amount | None = Field(None, description="What is owed in all from this bound on, until the next.")
    pays_share: Ratio | None = Field(None, description="The same as a share of `target`.")
    amounts: tuple[Amount, ...] = Field(
        (), description="In a matrix, in place of pays: one for each combination of bands of its axes."
    )
    boundary: Boundary | None = Field(None, description="For this bound, instead of the switch.")


class Point(Block):
    """A point of an interpolated curve: cumulative pay at a measure."""

    at: Bound = Field(description="Measure: an amount, a number of events, or attainment like 80 %.")
    pays: Amount | None = Field(None, description="Cumulative pay there, in the plan's currency.")
    pays_share: Ratio | None = Field(None, description="Cumulative pay there as a share of `target`.")


class Curve(Block):
    """What the measure earns."""

    style: Literal[
        "marginal",
        "retroactive",
        "step",
        "interpolated",
        "whole_event_before",
        "whole_event_after",
        "period_to_date_tier",
    ] = Field(
        description=(
            "marginal: each slice at its tier's rate. retroactive: all at the rate of the tier reached. step: amounts. "
            "interpolated: straight lines between points. whole_event_before, whole_event_after: an event at the tier "
            "before or after it. period_to_date_tier: a period's events at the tier reached at its end."
        )
    )
    over: Literal["amount", "attainment"] = Field(
        description="Unit of the bounds: the measure itself, or the measure as a share of the quota."
    )
    tiers: tuple[Tier, ...] = Field((), description="For all styles but step and interpolated.")
    steps: tuple[Step, ...] = Field((), description="For step.")
    points: tuple[Point, ...] = Field((), description="For interpolated, at least two.")
    matrix: tuple[MatrixAxis, ...] = Field(
        (), max_length=MOST_AXES, description="Further measures that rates or amounts are looked up by."
    )
    intercept: Amount | None = Field(
        None, description="A fixed amount beside the tiers, which a window pays with its first credit."
    )
    offset: Bound | None = Field(
        None,
        description=(
            "Where a window begins on the curve: an amount, or an attainment like 20 %; below 0, so much is left out. "
            "Attainment that is shown, gates and multipliers do not have it."
        ),
    )
    excess_over: Bound | None = Field(
        None,
        description=(
            "The rate applies to what exceeds this alone: an amount, an attainment like 100 %, or `quota`. "
            "For marginal and retroactive."
        ),
    )
    target: Amount | None = Field(
        None, gt=0, description="Pay at target for a window, that `pays_share` and the rates of a ratio are shares of."
    )
    target_share: Ratio | None = Field(
        None,
        gt=0,
        le=1,
        description="In place of `target`: the share of the payee's variable target of a year that this curve pays.",
    )
