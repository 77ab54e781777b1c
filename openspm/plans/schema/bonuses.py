"""Components that pay a payee for a period and not for an event: fixed amounts, MBO, ratios, pools and contests."""

from __future__ import annotations

import datetime
from typing import Any, Literal

from pydantic import Field

from openspm.plans.numbers import Amount, Ratio
from openspm.plans.schema.curve import Curve, Tier
from openspm.plans.schema.words import Block, Identifier

PERIOD_EVENTS: frozenset[str] = frozenset({"fixed", "mbo", "ratio", "pool", "contest", "spiff", "linked"})
RATIO_EVENTS: frozenset[str] = frozenset({"mbo", "ratio"})
AMOUNT_EVENTS: frozenset[str] = PERIOD_EVENTS - RATIO_EVENTS


def pays_what_it_is() -> Curve:
    """The curve of a component whose measure is an amount of pay already."""
    tiers: tuple[Any, ...] = ({"from": "0", "rate": "100 %"},)
    return Curve.model_validate({"style": "marginal", "over": "amount", "tiers": tiers})


class FixedPay(Block):
    """An amount for every pay period."""

    amount: Amount = Field(gt=0, description="Amount for a whole pay period, in the plan's currency.")


class Mbo(Block):
    """Objectives with results that somebody approves; they are landed in planning.mbo_results."""

    whole: Ratio = Field(
        default="1", validate_default=True, gt=0, description="What the weights of a period must add up to."
    )


class WeightedComponent(Block):
    """A component in a weighted attainment."""

    measure: Identifier = Field(description="Component whose attainment of the window to date counts.")
    weight: Ratio = Field(gt=0, description="Its weight; weights add up to 100 %.")


class RatioOfComponents(Block):
    """A sum over a sum, never a mean of ratios; or the weighted attainment of several components."""

    numerator: Identifier | None = Field(None, description="Component whose measure to date is the numerator.")
    denominator: Identifier | None = Field(None, description="Component whose measure to date is the denominator.")
    weighted: tuple[WeightedComponent, ...] = Field(
        (), description="In place of both: components of events, whose attainments are weighted and added up."
    )
    interim_share: Ratio | None = Field(
        None,
        gt=0,
        le=1,
        description="For interim_pay share_of_target: share of the window's target that its pay periods pay in all.",
    )


class PoolWeight(Block):
    """The weight of a role in a pool."""

    role: str = Field(min_length=1, description="Role, as assignments name it.")
    weight: Ratio = Field(ge=0, description="Weight, such as 2 or 50 %.")


class Pool(Block):
    """An amount that a team shares; the members of a team are those with this component and the same team."""

    amount: Amount | None = Field(None, gt=0, description="A fixed amount for a window, in the plan's currency.")
    of: Identifier | None = Field(None, description="Component whose measure, added up over the team, fills the pool.")
    rate: Ratio | None = Field(None, gt=0, description="Share of that measure that goes into the pool.")
    tiers: tuple[Tier, ...] = Field((), description="Instead of one rate: marginal tiers over the team's measure.")
    members: Literal["every_day", "last_day", "payment_date"] = Field(
        description=(
            "Who shares: who was on the team on every day of the window, on its last day, or on the day of payment."
        )
    )
    paid_after_days: int = Field(
        0, ge=0, le=366, description="Days from the window's end to the day of payment, for members: payment_date."
    )
    shares: Literal["equal", "role", "contribution", "days"] = Field(
        description=(
            "By what: equal parts, weights of roles, what each added to the measure, or days on the team in the window."
        )
    )
    weights: tuple[PoolWeight, ...] = Field((), description="For shares: role; a role that is not named has 0.")


class Spiff(Block):
    """A bonus for every event that another component counts, from a day to a day."""

    of: Identifier = Field(
        description="Component that counts the events; a share of an event has a share of the bonus."
    )
    amount: Amount = Field(gt=0, description="Bonus for one event, in the plan's currency.")
    from_: datetime.date = Field(alias="from", description="First day.")
    to: datetime.date = Field(description="Last day, inclusive.")
    budget: Amount | None = Field(None, gt=0, description="Most that all payees of the plan have together.")


class Contest(Block):
    """Prizes by rank."""

    of: Identifier = Field(description="Component whose measure over the window is ranked, highest first.")
    prizes: tuple[Amount, ...] = Field(min_length=1, description="Prize of each rank, from the first.")
    minimum: Amount | None = Field(None, description="Measure that a payee must reach to have a rank.")
    budget: Amount | None = Field(None, gt=0, description="Most that all prizes of a window may come to.")


class Linked(Block):
    """A rate of what another component earns."""

    of: Identifier = Field(description="Component of the plan whose pay of the pay period is read.")
    rate: Ratio = Field(description="Rate of that pay, such as 10 %.")
    reads: Literal["before_limits", "after_limits"] = Field(
        "before_limits",
        description=(
            "What it is a rate of: pay after the gate and multipliers of the component read, before_limits or "
            "after_limits of that component; unrounded, and before rules of the plan. Floors of periods, and what is "
            "carried, are in neither."
        ),
    )
