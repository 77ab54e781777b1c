"""A matrix: a curve whose rates are looked up by further measures beside its own."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from openspm.plans.numbers import Bound
from openspm.plans.schema.words import Block, Identifier

MOST_AXES = 3
MOST_CELLS = 100


class MatrixAxis(Block):
    """A further measure that a curve's rates are looked up by; every tier takes a rate for each of its bands."""

    measure: Identifier = Field(
        description="Component of the plan whose measure is read, in its own window, or whose ratio or objectives are."
    )
    bounds: tuple[Bound, ...] = Field(
        min_length=1,
        description="Where each band begins, in rising order: amounts, numbers of events, or shares like 40 %.",
    )
    to: Bound | None = Field(None, description="Where the last band ends; it has no end if absent.")
    reading: Literal["event", "period_end"] | None = Field(None, description="For this axis, instead of the switch.")
    boundary: Literal["upper", "lower"] | None = Field(None, description="For this axis, instead of the switch.")
    below_first: Literal["zero", "flat", "error"] | None = Field(
        None, description="For this axis, instead of the switch matrix_below_first."
    )
    above_last: Literal["zero", "flat", "error"] | None = Field(
        None, description="For this axis, instead of the switch matrix_above_last."
    )
