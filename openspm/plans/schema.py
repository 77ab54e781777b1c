"""What a plan file may say: pydantic models, from which the JSON Schema and docs/plans.md are generated.

Here: the words, their types and meanings. Not here: which switch matters (switches) and which combinations are refused
(refusals).
"""

from __future__ import annotations

import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from openspm.plans.numbers import Amount, Bound, Ratio
from openspm.plans.switches import Conventions

Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,59}$")]
CurrencyCode = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
PeriodKind = Literal["month", "quarter", "half", "year"]
PERIOD_KINDS: tuple[PeriodKind, ...] = ("month", "quarter", "half", "year")
MOST_LEVELS = 6


class Block(BaseModel):
    """A block of a plan: frozen, and strict about unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class PlanCalendar(Block):
    """A calendar of the plan's own, beside the company's; its period ids begin with its id and a colon."""

    id: Identifier = Field(description="Key of the calendar.")
    fiscal_year_start_month: int = Field(ge=1, le=12, description="Calendar month in which the fiscal year begins.")
    first_year: int = Field(ge=1900, le=2200, description="First fiscal year, named by the year in which it begins.")
    last_year: int = Field(ge=1900, le=2200, description="Last fiscal year.")


class PlanRates(Block):
    """Which exchange rates bring an event's amount into the plan's currency, at the day of the sale."""

    table: str = Field(description="Rate table, as in fx_rates.rate_table_id.")
    kind: str = Field("spot", description="Kind of rate: spot, average or budget.")


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


class Tier(Block):
    """A stretch of the measure with one rate."""

    from_: Bound = Field(
        alias="from", description="Lower bound: an amount, a number of events, or attainment like 100 %."
    )
    to: Bound | None = Field(None, description="Upper bound; the next tier's `from` if absent.")
    rate: Ratio | None = Field(None, description="Pay for one unit of money, like 8 %.")
    per_unit: Amount | None = Field(None, description="Pay for one event, where events are counted.")


class Step(Block):
    """A bound, and what is owed in all from there on."""

    from_: Bound = Field(alias="from", description="Bound, above 0.")
    pays: Amount = Field(description="What is owed in all from this bound on, until the next.")


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
    target: Amount | None = Field(
        None, gt=0, description="Pay at target for a window, that `pays_share` is a share of."
    )


class Component(Block):
    """One line of a plan."""

    component_id: Identifier = Field(description="Key of the component within the plan.")
    name: str = Field(min_length=1, description="Name for people.")
    event: Literal["booking", "invoice", "activity", "lead_conversion"] = Field(
        description="What is paid for: won deals, invoices less credit notes, activities, or converted leads."
    )
    credits: tuple[CreditRule, ...] = Field(min_length=1, description="Who is credited.")
    measure: Literal["amount", "count"] = Field("amount", description="What is added up against bounds and quota (X).")
    base: Literal["amount", "count"] | None = Field(
        None, description="What a rate applies to (Y); the measure if absent."
    )
    window: Literal["none", "month", "quarter", "half", "year", "plan_life"] = Field(
        description="Over which time it is added up. none: every event by itself."
    )
    quota: Literal["required", "optional", "none"] | None = Field(
        None, description="Whether lines are held while the quota is absent; follows the curve if not written."
    )
    curve: Curve
    conventions: Conventions = Field(Conventions(), description="Switches that differ from the plan's.")


class Plan(Block):
    """One version of a compensation plan; a file holds one."""

    plan_id: Identifier = Field(description="Key of the plan; people's assignments name it.")
    version: int = Field(ge=1, description="Version of the plan.")
    name: str = Field(min_length=1, description="Name for people.")
    valid_from: datetime.date = Field(description="First day on which the version holds.")
    valid_to: datetime.date | None = Field(None, description="Last day, inclusive; absent while it lasts.")
    currency: CurrencyCode = Field(description="Currency of measures, quotas, tiers and pay.")
    pay_every: PeriodKind = Field("month", description="Period by which the plan pays.")
    calendar: PlanCalendar | None = Field(None, description="A calendar of its own; the company's if absent.")
    rates: PlanRates | None = Field(None, description="Exchange rates; the company's if absent.")
    conventions: Conventions = Field(Conventions(), description="Switches that differ from the company's.")
    components: tuple[Component, ...] = Field(min_length=1, description="The lines of the plan.")
