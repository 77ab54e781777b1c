"""Who is credited for an event, and with how much of it."""

from __future__ import annotations

import datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from openspm.plans.numbers import Amount, Ratio
from openspm.plans.schema.words import Block

MOST_LEVELS = 6
MOST_YEARS = 10

Values = Annotated[tuple[str, ...], Field(min_length=1)]


class Not(Block):
    """All values but some."""

    not_: Values = Field(alias="not", description="Values that are left out; an unknown value is taken.")


class AmountRange(Block):
    """Amounts from one to another, both inclusive."""

    from_: Amount | None = Field(None, alias="from", description="Least amount, in the plan's currency.")
    to: Amount | None = Field(None, description="Greatest amount, in the plan's currency.")


class DateRange(Block):
    """Days from one to another, both inclusive."""

    from_: datetime.date | None = Field(None, alias="from", description="First day.")
    to: datetime.date | None = Field(None, description="Last day.")


def _is_choice(value: Any) -> bool:
    """Whether a value has one of the two forms of a choice."""
    values = value["not"] if isinstance(value, dict) and set(value) == {"not"} else value
    return isinstance(values, list | tuple) and bool(values) and all(isinstance(one, str) for one in values)


def _choice(value: Any) -> Any:
    """Refuse what is no choice with a sentence instead of one for each form."""
    if value is not None and not isinstance(value, Not) and not _is_choice(value):
        raise ValueError("choose a list of values such as [new, renewal], or all but some: {not: [renewal]}")
    return value


def _own_choice(value: Any) -> Any:
    """The same for fields that can be the payee's own."""
    if value is not None and value != "own" and not isinstance(value, Not) and not _is_choice(value):
        raise ValueError("choose own, a list of values such as [north], or all but some: {not: [north]}")
    return value


Choice = Annotated[Values | Not | None, BeforeValidator(_choice)]
OwnChoice = Annotated[Values | Not | Literal["own"] | None, BeforeValidator(_own_choice)]


class EventFilter(Block):
    """Which events a credit rule takes; every field that is written must hold. A list takes any of its values."""

    opportunity_kind: Choice = Field(None, description="Kinds of deal: new, expansion, renewal.")
    activity_kind: Choice = Field(None, description="Kinds of activity: call, meeting, demo.")
    outcome: Choice = Field(None, description="Outcomes of activities, as the CRM names them.")
    lead_source: Choice = Field(None, description="Where deals or leads came from.")
    account: Choice = Field(None, description="Accounts, by account_id.")
    country: Choice = Field(None, description="Countries of accounts.")
    segment: Choice = Field(None, description="Segments of accounts.")
    industry: Choice = Field(None, description="Industries of accounts.")
    product: Choice = Field(None, description="Products, by product_id. The part of a deal in such lines is credited.")
    product_family: Choice = Field(None, description="Product families. The part of a deal in such lines is credited.")
    territory: OwnChoice = Field(
        None, description="Territories of the owner on the day of the event; own: that of the payee."
    )
    region: OwnChoice = Field(None, description="Regions of the owner on the day of the event; own: that of the payee.")
    team: OwnChoice = Field(None, description="Teams of the owner on the day of the event; own: that of the payee.")
    amount: AmountRange | None = Field(
        None, description="Amounts of whole events; a credit note goes by its invoice's amount."
    )
    date: DateRange | None = Field(None, description="Days of events; a credit note goes by its invoice's day.")


class CreditRule(Block):
    """Who is credited for an event, and with how much of it."""

    to: Literal["seller", "overlay", "manager", "team", "coverage"] = Field(
        description=(
            "seller: the revenue split, else the owner. overlay: the overlay split. manager: who manages them. "
            "team: everybody of the sellers' teams. coverage: everybody on the plan, for every event that the filter "
            "takes, whoever owns it."
        )
    )
    where: EventFilter = Field(EventFilter(), description="Limits the rule to some events.")
    quota_credit: Ratio = Field(default="1", validate_default=True, description="Share that moves the measure (X).")
    pay_credit: Ratio = Field(default="1", validate_default=True, description="Share that pay is computed on (Y).")
    levels: int | None = Field(None, ge=1, le=MOST_LEVELS, description="For managers: levels of people that roll up.")
    level_credit: tuple[Ratio, ...] = Field(
        (),
        max_length=MOST_LEVELS,
        description="For managers: the share of an event that each level hands up, nearest first.",
    )
    year_credit: tuple[Ratio, ...] = Field(
        (),
        max_length=MOST_YEARS,
        description=(
            "For bookings of several years: the share of each year's value, first year first; later years have none. "
            "[100 %] credits a year's value of any deal that is longer."
        ),
    )
