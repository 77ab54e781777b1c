"""A version of a plan and its components."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from openspm.plans.schema.bonuses import Contest, FixedPay, Linked, Mbo, Pool, RatioOfComponents, Spiff, pays_what_it_is
from openspm.plans.schema.calendar import PlanCalendar
from openspm.plans.schema.country import CountryProfile
from openspm.plans.schema.credits import CreditRule
from openspm.plans.schema.currencies import Payout, PlanRates
from openspm.plans.schema.curve import Curve
from openspm.plans.schema.draws import MOST_DRAWS, Draw
from openspm.plans.schema.limits import EventMeasure, Gate, Limit, Multiplier, PlanLimit
from openspm.plans.schema.payables import MOST_DAYS, Clawback, Holdback, Trigger
from openspm.plans.schema.quotas import PlanProration, Proration, Quota, RampStep
from openspm.plans.schema.words import Block, CurrencyCode, Identifier, PeriodKind
from openspm.plans.switches import Conventions


class Component(Block):
    """One line of a plan."""

    component_id: Identifier = Field(description="Key of the component within the plan.")
    name: str = Field(min_length=1, description="Name for people.")
    event: Literal[
        "booking",
        "invoice",
        "margin",
        "activity",
        "lead_conversion",
        "renewal",
        "cancellation",
        "contract_end",
        "fixed",
        "mbo",
        "ratio",
        "pool",
        "contest",
        "spiff",
        "linked",
    ] = Field(
        description=(
            "What is paid for: won deals, invoices less credit notes, what these leave above cost "
            "(margin), activities, converted leads, or "
            "a year's value of a contract that renews another, is cancelled, or comes to its end. Or a payee's "
            "period: a fixed amount, objectives (mbo), a ratio, a share of a pool, a rank in a contest, "
            "a bonus for single events (spiff), or a rate of another component's pay (linked)."
        )
    )
    credits: tuple[CreditRule, ...] = Field((), description="Who is credited, where events are paid for.")
    fixed: FixedPay | None = Field(None, description="For event: fixed.")
    mbo: Mbo | None = Field(None, description="For event: mbo.")
    ratio: RatioOfComponents | None = Field(None, description="For event: ratio.")
    pool: Pool | None = Field(None, description="For event: pool.")
    contest: Contest | None = Field(None, description="For event: contest.")
    spiff: Spiff | None = Field(None, description="For event: spiff.")
    linked: Linked | None = Field(None, description="For event: linked.")
    measure: Literal["amount", "count"] = Field("amount", description="What is added up against bounds and quota (X).")
    base: Literal["amount", "count"] | None = Field(
        None, description="What a rate applies to (Y); the measure if absent."
    )
    split_applies: Literal["credit", "pay"] = Field(
        "credit",
        description=(
            "credit: who shares an event has its share in the measure. pay: the whole event moves everybody's measure, "
            "and each has the share of what it earns."
        ),
    )
    event_measure: EventMeasure | None = Field(
        None, description="Cap, floor and offset on the measure of single events, where it is an amount."
    )
    window: Literal["none", "month", "quarter", "half", "year", "plan_life"] = Field(
        description="Over which time it is added up. none: every event by itself."
    )
    quota: Literal["required", "optional", "none"] | Quota | None = Field(
        None,
        description=(
            "required, optional, none: whether lines are held while the quota of the window is absent; follows the "
            "curve if not written. A block says where quotas come from and how they are spread."
        ),
    )
    proration: Proration | None = Field(None, description="What shrinks with the days on which the payee earns by it.")
    ramp: tuple[RampStep, ...] = Field((), description="Shares of quota and rates in the first months of tenure.")
    curve: Curve = Field(
        default_factory=pays_what_it_is,
        description="What the measure earns; fixed amounts, pools, contests and SPIFFs have none of their own.",
    )
    gate: Gate | None = Field(None, description="What must be reached before it pays.")
    multipliers: tuple[Multiplier, ...] = Field((), description="Factors on its lines, in their order.")
    limits: tuple[Limit, ...] = Field((), description="Caps and floors on what it pays.")
    triggers: tuple[Trigger, ...] = Field((), description="What makes the pay payable; at once if absent.")
    holdback: Holdback | None = Field(None, description="A share that is kept back for a time.")
    clawback: Clawback | None = Field(None, description="What is taken back when the customer cancels.")
    conventions: Conventions = Field(Conventions(), description="Switches that differ from the plan's.")

    @property
    def quota_block(self) -> Quota | None:
        """The quota block, where one is written."""
        return self.quota if isinstance(self.quota, Quota) else None

    @property
    def prorates_terms(self) -> bool:
        """Whether something is prorated that a window is measured against."""
        return self.proration is not None and self.proration.is_of_terms

    def prorates(self, thing: str) -> bool:
        """Whether the quota, the target, bounds, caps or floors are prorated."""
        return self.proration is not None and thing in self.proration.of

    @property
    def is_quota_needed(self) -> bool:
        """Whether the plan says that lines are held while the quota is absent; a curve may need it too."""
        needed = self.quota_block.needed if self.quota_block is not None else self.quota
        return needed == "required"


class Plan(Block):
    """One version of a compensation plan; a file holds one."""

    plan_id: Identifier = Field(description="Key of the plan; people's assignments name it.")
    version: int = Field(ge=1, description="Version of the plan.")
    name: str = Field(min_length=1, description="Name for people.")
    valid_from: datetime.date = Field(description="First day on which the version holds.")
    valid_to: datetime.date | None = Field(None, description="Last day, inclusive; absent while it lasts.")
    currency: CurrencyCode = Field(description="Currency of measures, quotas, tiers, and of pay before its payout.")
    pay_every: PeriodKind = Field("month", description="Period by which the plan pays.")
    calendar: PlanCalendar | None = Field(None, description="A calendar of its own; the company's if absent.")
    rates: PlanRates | None = Field(
        None, description="Exchange rates from an event's currency into the plan's; the company's if absent."
    )
    payout: Payout | None = Field(None, description="Another currency in which pay goes out; the plan's if absent.")
    paid_within_days_of_leaving: int | None = Field(
        None, ge=0, le=MOST_DAYS, description="For pay_after_leaving within_days: days after the payee's last day."
    )
    parameters: Mapping[str, str] = Field(
        {}, description="Names with a number or an expression each; a value written `= name x 1.5` reads them."
    )
    conventions: Conventions = Field(Conventions(), description="Switches that differ from the company's.")
    country: CountryProfile | None = Field(
        None, description="What may be taken back; recoverable draws and clawbacks need it."
    )
    draws: tuple[Draw, ...] = Field((), max_length=MOST_DRAWS, description="Draws, in the order in which they work.")
    components: tuple[Component, ...] = Field(min_length=1, description="The lines of the plan.")
    gate: Gate | None = Field(
        None, description="What must be reached before any of its components pays; after their own rules."
    )
    multipliers: tuple[Multiplier, ...] = Field(
        (), description="Factors on the lines of all components, after their own rules."
    )
    limits: tuple[PlanLimit, ...] = Field((), description="Caps and floors across its components.")
    proration: PlanProration | None = Field(
        None, description="What of its limits and draws shrinks with the days on which the payee is on the plan."
    )

    def prorates(self, thing: str) -> bool:
        """Whether caps, floors or draws of the plan are prorated."""
        return self.proration is not None and thing in self.proration.of
