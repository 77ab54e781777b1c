"""The block of company.yml that describes a `salesforce` source."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from openspm.sources.web.settings import WebSourceSettings

LOGIN_URL = "https://login.salesforce.com"


class ExchangeRateSettings(BaseModel):
    """Under which name the organisation's dated rates become `fx_rates`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rate_table_id: str = Field(pattern=r"^[A-Za-z0-9_.-]{1,80}$", description="Rate table that the rates belong to.")
    rate_kind_code: Literal["spot", "average", "budget"] = Field("spot", description="Kind of the rates.")


class SalesforceSourceSettings(WebSourceSettings):
    """An organisation of Salesforce; `url` is its own address, https://<my domain>.my.salesforce.com."""

    kind: Literal["salesforce"]
    login: Literal["client_credentials", "jwt_bearer"] = Field(
        "client_credentials", description="How we log in: by the app's secret, or by a token signed with its key."
    )
    client_id: str = Field(min_length=1, max_length=400, description="Consumer key of the connected app.")
    user: str | None = Field(None, description="User name that the signed token is for; only with jwt_bearer.")
    audience: str = Field(
        LOGIN_URL,
        pattern=r"^https://[^/?#@\s]+(/[^?#@\s]*)?$",
        description="Whom the signed token is for; https://test.salesforce.com for a sandbox.",
    )
    api_version: str = Field("62.0", pattern=r"^[0-9]{2,3}\.0$", description="Version of the API.")
    bulk_threshold: int = Field(20_000, ge=1, description="More records than this are read by a Bulk 2.0 job.")
    bulk_page_records: int = Field(10_000, ge=1, description="Records of one page of a Bulk job's result.")
    poll_seconds: float = Field(
        5.0, gt=0, le=300, description="Longest wait between two looks at a Bulk job; the first are shorter."
    )
    currency_code: str | None = Field(
        None,
        pattern=r"^[A-Z]{3}$",
        description="Currency of an organisation that has one only; records with a currency of their own keep it.",
    )
    stage_history: Literal["OpportunityHistory", "OpportunityFieldHistory"] = Field(
        "OpportunityHistory", description="The object whose records are the stages that a deal went through."
    )
    exchange_rates: ExchangeRateSettings | None = Field(
        None, description="Whether the organisation's dated exchange rates are given as fx_rates, and as which ones."
    )

    @model_validator(mode="after")
    def _complete(self) -> SalesforceSourceSettings:
        if self.login == "client_credentials" and self.url is None:
            raise ValueError("url is needed for client_credentials: the organisation's own address (My Domain)")
        if (self.login == "jwt_bearer") != (self.user is not None):
            raise ValueError("user is needed for jwt_bearer, and for nothing else")
        return self
