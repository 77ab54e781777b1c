"""The block of company.yml that describes a HubSpot portal."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from openspm.sources.web.settings import WebSourceSettings

ApiPath = Annotated[str, Field(pattern=r"^(/[A-Za-z0-9._-]+)+$")]


class HubSpotSourceSettings(WebSourceSettings):
    """A HubSpot portal, read with the token of a private app."""

    kind: Literal["hubspot"]
    crm_path: ApiPath = Field("/crm/v3", description="What objects, properties, pipelines and owners are below.")
    associations_path: ApiPath = Field("/crm/v4/associations", description="What associations are below.")
    searches_per_second: float = Field(
        4, gt=0, description="Most search requests in a second; HubSpot counts these apart from all others."
    )
    compare_counts: bool = Field(
        True,
        description="Whether a list has to hold as many records as a search counts; false where the two never agree.",
    )
