"""Exchange rates that a plan reads, and the currency in which it pays."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from openspm.plans.schema.words import Block, CurrencyCode

MOST_RATE_DAYS = 400


class PlanRates(Block):
    """Which exchange rates are read. Of which day is said by the switches credit_rate_day and payout_rate_day."""

    table: str | None = Field(None, description="Rate table, as in fx_rates.rate_table_id; the company's if absent.")
    kind: str = Field("spot", description="Kind of rate: spot, average or budget.")
    inverse: bool = Field(
        False, description="Whether the rate of the opposite direction is divided by, where there is no other."
    )
    pivot: CurrencyCode | None = Field(
        None, description="Currency through which one is converted that has no rate of its own; none if absent."
    )
    valid_days: int | None = Field(
        None,
        ge=1,
        le=MOST_RATE_DAYS,
        description="For how many days a rate holds if no newer one follows; then there is none. No end if absent.",
    )


class Payout(Block):
    """In which currency pay goes out. Measures, quotas, tiers and limits stay in the plan's."""

    currency: Literal["payee"] | CurrencyCode = Field(
        description="A currency such as CHF, or payee: that of the payee's assignment."
    )
    rates: PlanRates | None = Field(None, description="Rates from the plan's currency; as for credits if absent.")
