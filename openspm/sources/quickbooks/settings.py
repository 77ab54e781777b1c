"""The block of company.yml that describes a `quickbooks` source."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from openspm.sources.web.settings import WebSourceSettings


class QuickbooksSourceSettings(WebSourceSettings):
    """A company of QuickBooks Online."""

    kind: Literal["quickbooks"]
    realm_id: str = Field(pattern=r"^[0-9]{1,20}$", description="Id of the company in QuickBooks Online.")
    token_url: str | None = Field(
        None, description="Address that exchanges refresh tokens, where it is not the vendor's usual one."
    )
    minor_version: int = Field(75, ge=65, description="Minor version of the API, sent with every request.")

    @field_validator("token_url")
    @classmethod
    def _plain_token_address(cls, value: str | None) -> str | None:
        return cls._plain_address(value)
