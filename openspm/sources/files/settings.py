"""The block of company.yml that describes a `files` source."""

from __future__ import annotations

import re
import zoneinfo
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

RelationName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]


class FilesSourceSettings(BaseModel):
    """A folder of files. Nothing about a file is sniffed: what is not said here is as the defaults say.

    Without a mapping (`sources/<name>/<table>.sql`) a file that has a canonical table's name holds that table.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$", description="Name of the source; batches are kept by it.")
    kind: Literal["files"]
    path: str = Field(description="The folder, relative to the company folder or absolute.")
    relations: dict[RelationName, str] = Field(
        default_factory=dict,
        description="Relation name -> glob below the folder; without it each file is a relation by its stem.",
    )
    headers: dict[RelationName, tuple[str, ...]] = Field(
        default_factory=dict, description="Relation name -> names of its columns, for files without a header row."
    )
    encoding: Literal["utf-8", "utf-16", "latin-1", "windows-1252"] = Field("utf-8", description="Encoding of CSV.")
    delimiter: str = Field(",", min_length=1, max_length=1, description="What separates the columns of CSV.")
    quote: str = Field('"', min_length=1, max_length=1, description="What encloses a CSV value; doubled inside one.")
    null_texts: tuple[str, ...] = Field((), description="Values that mean absent beside the empty one, such as N/A.")
    timestamp_zone: str | None = Field(
        None, description="IANA zone of timestamps without an offset, and of bare dates where a timestamp is due."
    )
    deltas: tuple[str, ...] = Field((), description="Tables whose files hold changes only, not all records.")

    @field_validator("timestamp_zone")
    @classmethod
    def _known_zone(cls, value: str | None) -> str | None:
        if value is not None and value not in zoneinfo.available_timezones():
            raise ValueError("is no IANA time zone such as Europe/Berlin")
        return value

    @field_validator("delimiter", "quote")
    @classmethod
    def _plain_character(cls, value: str) -> str:
        if not re.fullmatch(r"[\t -~]", value):
            raise ValueError("must be one printable ASCII character or a tab")
        return value
