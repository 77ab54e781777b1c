"""When earned pay becomes payable: triggers and holdbacks."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from openspm.plans.numbers import Ratio
from openspm.plans.schema.words import Block

MOST_DAYS = 3660


class Trigger(Block):
    """A share of the pay, and what makes it payable."""

    on: Literal["booking", "invoice", "cash", "days"] = Field(
        description="booking: the day of the deal. invoice: its first invoice. cash: what the customer has paid. "
        "days: so many days after the credit."
    )
    share: Ratio = Field(description="Share of the pay; the shares of a component add up to 1.")
    days: int | None = Field(None, ge=0, le=MOST_DAYS, description="For days: how many after the day of the sale.")


class Clawback(Block):
    """What is taken back when the contract of a deal is cancelled."""

    from_: Literal["credit", "invoice", "payment"] = Field(
        alias="from",
        description="What the window counts from: the day of the sale, its first invoice or its first payment.",
    )
    within_days: int = Field(ge=0, le=MOST_DAYS, description="Days of the window; the last one is inside.")
    amount: Literal["all", "ratio", "unserved_term", "unpaid_cash"] = Field(
        description="all: the whole pay. ratio: a share of it. unserved_term: the share of the contract's days that "
        "are left. unpaid_cash: the share of the invoices that is not paid."
    )
    share: Ratio | None = Field(None, description="For ratio: the share.")


class Holdback(Block):
    """A share of what becomes payable that is kept back for a time."""

    share: Ratio = Field(description="Share that is held.")
    released: Literal["days", "cash_in_full"] = Field(
        description="days: so many days after it was held. cash_in_full: when the customer has paid all."
    )
    days: int | None = Field(None, ge=1, le=MOST_DAYS, description="For days: how many.")
