"""The block of company.yml that describes a `stripe` source."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from openspm.sources.web.settings import WebSourceSettings

MetadataKey = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,40}$")]


class StripeSourceSettings(WebSourceSettings):
    """An account of Stripe."""

    kind: Literal["stripe"]
    api_version: str = Field(
        "2025-02-24.acacia",
        pattern=r"^20[0-9]{2}-[0-9]{2}-[0-9]{2}(\.acacia)?$",
        description="Version of the API; the mapping is made for this one, the last in which a charge names its "
        "invoice.",
    )
    metadata_keys: tuple[MetadataKey, ...] = Field(
        ("account_id", "opportunity_id", "contract_id", "salesperson_user_id"),
        description="Keys of metadata in which the company keeps ids of its CRM; the columns of others are absent.",
    )
