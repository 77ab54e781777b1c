"""What every block of company.yml has that describes a source over HTTP."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

FieldExpression = Annotated[str, Field(min_length=1, max_length=400)]
PLAIN_URL = re.compile(r"^https?://[^/?#@\s]+(/[^?#@\s]*)?$")
LOOPBACK_URL = re.compile(r"^http://(127\.0\.0\.1|localhost|\[::1\])(:[0-9]+)?(/|$)")


class WebSourceSettings(BaseModel):
    """A system that is asked over HTTP. Secrets never stand here; the README of the kind names their variables."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$", description="Name of the source; batches are kept by it.")
    url: str | None = Field(None, description="Address of the system, where it is not the vendor's usual one.")
    fields: dict[str, dict[str, FieldExpression]] = Field(
        default_factory=dict,
        description="Canonical table -> column -> the vendor's field, or an expression over fields, in place of ours.",
    )
    leave_out: tuple[str, ...] = Field(
        (), description="Canonical tables that this source does not give; what it gave of them before is gone."
    )
    look_back_seconds: int = Field(
        3600, ge=0, description="How far before the last change seen the next night reads again: for late commits."
    )
    full_compare_days: int = Field(7, ge=1, description="After so many days all records are read again, and compared.")
    answer_seconds: int = Field(60, ge=1, description="Longest time that one answer may take.")
    most_tries: int = Field(6, ge=1, le=20, description="How often one request is sent before the source is given up.")
    deadline_seconds: int = Field(14_400, ge=1, description="Longest time that the source may take in one night.")
    parallel_requests: int = Field(4, ge=1, le=16, description="How many requests may be under way at once.")

    @field_validator("url")
    @classmethod
    def _plain_address(cls, value: str | None) -> str | None:
        if value is None:
            return None
        if not PLAIN_URL.match(value):
            raise ValueError("must be an address such as https://example.org, without user, password or query")
        if value.startswith("http://") and not LOOPBACK_URL.match(value):
            raise ValueError("must begin with https://; without encryption everyone on the way reads the secret")
        return value.rstrip("/")
