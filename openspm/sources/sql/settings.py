"""The block of company.yml that describes a `sql` source."""

from __future__ import annotations

import re
import zoneinfo
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

SCHEMES = ("postgresql", "mysql", "mariadb", "sqlite")
PASSWORD_IN_URL = re.compile(r"^[^:/?#]+://[^/?#@]*:[^/?#@]*@|[?&]password=", re.IGNORECASE)


class IncrementalSettings(BaseModel):
    """By which column the changes of a table are found."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    column: str = Field(min_length=1, description="Column of the SELECT that grows with every change of a record.")
    look_back: int = Field(
        3600, ge=0, description="How far before the last value it is read again: seconds of a time, else units of it."
    )


class SqlSourceSettings(BaseModel):
    """A database. Each table comes from its SELECT `sources/<name>/<table>.sql`, run there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$", description="Name of the source; batches are kept by it.")
    kind: Literal["sql"]
    url: str | None = Field(
        None, description="SQLAlchemy URL without a password; OPENSPM_SOURCE_<NAME>_URL instead where it is a secret."
    )
    timestamp_zone: str | None = Field(
        None, description="IANA zone of timestamps without an offset, and of bare dates where a timestamp is due."
    )
    incremental: dict[str, IncrementalSettings] = Field(
        default_factory=dict, description="Canonical table -> how its changes are found; others are read in full."
    )
    full_compare_days: int = Field(
        7, ge=1, description="After so many days an incremental table is read in full, which finds deleted records."
    )
    statement_timeout_seconds: int = Field(3600, ge=1, description="Longest time that one SELECT may take.")

    @field_validator("url")
    @classmethod
    def _without_password(cls, value: str | None) -> str | None:
        if value is not None and PASSWORD_IN_URL.search(value):
            raise ValueError("must hold no password; set OPENSPM_SOURCE_<NAME>_PASSWORD or ..._PASSWORD_FILE instead")
        if value is not None and not value.startswith(tuple(f"{scheme}:" for scheme in SCHEMES)):
            raise ValueError(f"must begin with one of: {', '.join(f'{scheme}://' for scheme in SCHEMES)}")
        return value

    @field_validator("timestamp_zone")
    @classmethod
    def _known_zone(cls, value: str | None) -> str | None:
        if value is not None and value not in zoneinfo.available_timezones():
            raise ValueError("is no IANA time zone such as Europe/Berlin")
        return value
