"""The block of company.yml that describes an `ecb` source."""

from __future__ import annotations

import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from openspm.sources.web.settings import WebSourceSettings

CurrencyCode = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


class EcbSourceSettings(BaseModel):
    """The table of reference rates that the ECB publishes, from a file or an address."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$", description="Name of the source; batches are kept by it.")
    kind: Literal["ecb"]
    path: str | None = Field(None, description="The file, CSV or zip, relative to the company folder or absolute.")
    url: str | None = Field(None, description="The file's address, in place of a path; the ECB's own without both.")
    rate_table_id: str = Field("ecb", min_length=1, description="Rate table that the rates make.")
    rate_kind_code: str = Field("spot", min_length=1, description="Kind of rate: spot, average or budget.")
    currency_codes: tuple[CurrencyCode, ...] = Field((), description="Currencies beside EUR; all where absent.")
    to_currency_codes: tuple[CurrencyCode, ...] | None = Field(
        None, description="Currencies that all others are converted into; the company's own where absent."
    )
    since: datetime.date | None = Field(
        None, description="First day wanted; the first of January a year before the calendar's first where absent."
    )
    keeps_earlier_days: bool = Field(
        False, description="Whether days stay that are no longer in the file, as for the one of a day or of 90 days."
    )

    @field_validator("url")
    @classmethod
    def _plain_address(cls, value: str | None) -> str | None:
        return WebSourceSettings._plain_address(value)

    @model_validator(mode="after")
    def _one_place(self) -> EcbSourceSettings:
        if self.path is not None and self.url is not None:
            raise ValueError("give `path` or `url`, not both")
        return self
