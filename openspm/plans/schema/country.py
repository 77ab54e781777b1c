"""What a company declares about taking pay back in a country. openspm enforces it, and gives no legal advice."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from openspm.plans.numbers import Amount, Ratio
from openspm.plans.schema.words import Block, CurrencyCode


class CountryProfile(Block):
    """Limits of what a pay run takes back."""

    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] = Field(description="Country whose rules the limits follow.")
    most_per_run: Ratio = Field(ge=0, le=1, description="Most that a pay run takes back, as a share of its pay.")
    net_floor: Amount = Field(ge=0, description="Pay that a pay run leaves at least; 0 for none.")
    net_floor_currency: CurrencyCode | None = Field(
        None, description="Currency of net_floor, that in which pay goes out; the plan's if absent."
    )
    consent: Literal["not_needed", "on_record"] = Field(
        description="Whether a payee's consent must be on record before pay is taken back."
    )
    termination: Literal["final_pay", "stays_owed"] = Field(
        description="Whether what is owed may be taken from the final pay, and later pay, when a payee leaves."
    )
