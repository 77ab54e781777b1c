"""Who is credited for an event, and with how much of it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from openspm.plans.numbers import Ratio
from openspm.plans.schema.words import Block

MOST_LEVELS = 6


class EventFilter(Block):
    """Which events a credit rule takes; every field that is written must match one of its values."""

    opportunity_kind: tuple[str, ...] | None = Field(
        None, min_length=1, description="Kinds of deal: new, expansion, renewal."
    )
    activity_kind: tuple[str, ...] | None = Field(
        None, min_length=1, description="Kinds of activity: call, meeting, demo."
    )
    outcome: tuple[str, ...] | None = Field(
        None, min_length=1, description="Outcomes of activities, as the CRM names them."
    )
    lead_source: tuple[str, ...] | None = Field(None, min_length=1, description="Where deals or leads came from.")


class CreditRule(Block):
    """Who is credited for an event, and with how much of it."""

    to: Literal["seller", "overlay", "manager"] = Field(
        description="seller: the revenue split, else the owner. overlay: the overlay split. manager: who manages them."
    )
    where: EventFilter = Field(EventFilter(), description="Limits the rule to some events.")
    quota_credit: Ratio = Field(default="1", validate_default=True, description="Share that moves the measure (X).")
    pay_credit: Ratio = Field(default="1", validate_default=True, description="Share that pay is computed on (Y).")
    levels: int | None = Field(None, ge=1, le=MOST_LEVELS, description="For managers: levels of people that roll up.")
