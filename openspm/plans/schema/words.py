"""Words that every block of a plan shares."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,59}$")]
CurrencyCode = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
PeriodKind = Literal["month", "quarter", "half", "year"]
PERIOD_KINDS: tuple[PeriodKind, ...] = ("month", "quarter", "half", "year")


class Block(BaseModel):
    """A block of a plan: frozen, and strict about unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")
