"""A company folder: read company.yml, check it, and say with file and line what is wrong in it.

    company.yml               what this module declares; unknown keys are refused
    planning/<table>.csv      canonical planning tables kept by hand
    plans/*.yml               compensation plans (openspm.plans)
    sources/<name>/<table>.sql   one SELECT a canonical table, over a source's files or in its database

Whoever owns a block of company.yml declares its settings in their own module and adds it as a field of `Company`.
"""

from __future__ import annotations

import datetime
import zoneinfo
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from openspm.contract import Column, ColumnType, Contract
from openspm.errors import OpenspmError
from openspm.followups.mail_settings import FollowUpSettings
from openspm.followups.settings import DueActionSettings
from openspm.gate_settings import GateSettings
from openspm.plans.schema.calendar import CalendarWeeks
from openspm.sources import REGISTRY
from openspm.sources.ecb.settings import EcbSourceSettings
from openspm.sources.files.settings import FilesSourceSettings
from openspm.sources.hubspot.settings import HubSpotSourceSettings
from openspm.sources.quickbooks.settings import QuickbooksSourceSettings
from openspm.sources.salesforce.settings import SalesforceSourceSettings
from openspm.sources.sql.settings import SqlSourceSettings
from openspm.sources.stripe.settings import StripeSourceSettings
from openspm.sync.settings import SyncSettings

COMPANY_FILE = "company.yml"
Location = tuple[int | str, ...]

CurrencyCode = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


class Block(BaseModel):
    """A block of company.yml: frozen, and strict about unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class SimulatedSourceSettings(Block):
    """A generated company; openspm.sources.simulated checks the sizes and says what they mean."""

    name: Identifier
    kind: Literal["simulated"]
    seed: int = Field(7, ge=0, description="Equal seeds and sizes give equal records.")
    months: int = Field(24, ge=1, description="Whole months of history.")
    ends_on: datetime.date = Field(datetime.date(2026, 5, 31), description="Last day of the data.")
    opportunity_count: int = Field(6000, ge=1, description="Deals.")
    payee_count: int | None = Field(None, ge=1, description="People with a plan; follows the deals if absent.")
    region_count: int = Field(3, ge=1, description="Regions.")
    defects: bool = Field(True, description="Whether the documented defects are planted.")
    headquarters: bool = Field(False, description="Whether sales engineers and an executive are on the payroll too.")


SourceSettings = Annotated[
    FilesSourceSettings
    | SqlSourceSettings
    | SalesforceSourceSettings
    | HubSpotSourceSettings
    | StripeSourceSettings
    | QuickbooksSourceSettings
    | EcbSourceSettings
    | SimulatedSourceSettings,
    Field(discriminator="kind"),
]


class CalendarSettings(Block):
    """The calendar by which a company reports."""

    id: Identifier = Field("company", description="Key of the calendar; its period ids carry no prefix.")
    kind: Literal["gregorian", "weeks"] = Field("gregorian", description="Whether months are calendar months or weeks.")
    fiscal_year_start_month: int = Field(
        1,
        ge=1,
        le=12,
        description="Calendar month in which the fiscal year begins; with weeks, the one it begins next to.",
    )
    first_year: int = Field(ge=1900, le=2200, description="First fiscal year, named by the year in which it begins.")
    last_year: int = Field(ge=1900, le=2200, description="Last fiscal year.")
    weeks: CalendarWeeks | None = Field(None, description="How years are made of weeks; belongs to kind weeks.")

    @model_validator(mode="after")
    def _ordered(self) -> CalendarSettings:
        if self.last_year < self.first_year:
            raise ValueError("last_year must not be before first_year")
        if (self.kind == "weeks") != (self.weeks is not None):
            raise ValueError("weeks belong to kind: weeks, which needs them: pattern, year_ends_on and year_end")
        return self


class ReportingSettings(Block):
    """How a company converts, matches and judges; the columns of planning.company_settings."""

    rate_table_id: str = Field("company", description="Rate table for amounts in the company's currency.")
    rate_kind_code: str = Field("spot", description="Kind of rate for amounts in the company's currency.")
    match_amount_tolerance_ratio: Decimal = Field(
        Decimal("0.005"), ge=0, le=1, description="Share of a deal by which its invoices may differ and still match."
    )
    match_tolerance_days: int = Field(45, ge=0, description="Days by which invoice and close may differ and match.")
    invoice_expected_days: int = Field(45, ge=0, description="Days after the close by which an invoice is expected.")
    stale_after_days: int = Field(60, ge=1, description="Days without activity after which an open deal is stale.")
    customer_lifetime_years: Decimal = Field(
        Decimal("5"), gt=0, le=100, description="Most years that the customer lifetime value assumes."
    )
    credit_note_key_code: Literal["none", "customer", "customer_amount"] = Field(
        "none", description="By what a credit note that names no invoice finds the ones that it reduces, newest first."
    )


class ExtensionColumn(Block):
    """A column `x_<name>` that the company adds to a canonical table."""

    table: str = Field(description="Canonical table.")
    name: str = Field(pattern=r"^x_[a-z][a-z0-9_]{0,57}$", description="Name of the column; begins with x_.")
    type: ColumnType = Field("text", description="Grammar that staging casts by.")
    meaning: str = Field(description="What the column says.")
    known_at: Literal["creation", "outcome", "unknown"] = Field(
        "unknown", description="When its value is known; only `creation` may feed a model."
    )


class Company(Block):
    """All of company.yml, and the folder that it was read from."""

    folder: Path = Field(exclude=True, description="The company folder; not written in company.yml.")
    id: Identifier = Field(description="Key of the company; names its state folder.")
    name: str = Field(min_length=1, description="Name of the company.")
    currency_code: CurrencyCode = Field(description="Currency in which the company reports.")
    timezone_name: str = Field(description="IANA time zone in which the company's days begin.")
    as_of_date: datetime.date | None = Field(None, description="Day the numbers are for; the run's day if absent.")
    calendar: CalendarSettings
    sources: tuple[SourceSettings, ...] = Field((), description="Where the company's records come from.")
    reporting: ReportingSettings = ReportingSettings()
    gates: GateSettings = GateSettings()
    due_actions: DueActionSettings = DueActionSettings()
    follow_ups: FollowUpSettings | None = Field(None, description="Mails about due actions; none without the block.")
    sync: SyncSettings | None = Field(None, description="What is written back to CRMs; nothing without the block.")
    extension_columns: tuple[ExtensionColumn, ...] = ()
    conventions: dict[str, Any] = Field(default_factory=dict, description="Pay conventions; checked with the plans.")

    @field_validator("timezone_name")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in zoneinfo.available_timezones():
            raise ValueError("is no IANA time zone such as Europe/Berlin")
        return value

    @field_validator("sources")
    @classmethod
    def _sources_named_once(cls, value: tuple[SourceSettings, ...]) -> tuple[SourceSettings, ...]:
        names = [source.name for source in value]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two sources are named {name!r}; batches are kept by source name")
            if name in {"company", "planning"}:
                raise ValueError(f"no source may be named {name!r}; that is the company folder's own")
        return value

    @field_validator("extension_columns")
    @classmethod
    def _columns_named_once(cls, value: tuple[ExtensionColumn, ...]) -> tuple[ExtensionColumn, ...]:
        names = [(column.table, column.name) for column in value]
        for table, name in names:
            if names.count((table, name)) > 1:
                raise ValueError(f"{table}.{name} is declared twice")
        return value

    def extend(self, contract: Contract) -> Contract:
        """The contract with this company's extension columns.

        Raises:
            OpenspmError: an extension of a table that is not in the contract.
        """
        extensions: dict[str, tuple[Column, ...]] = {}
        for column in self.extension_columns:
            added = Column(column.name, column.type, False, column.meaning)
            extensions[column.table] = (*extensions.get(column.table, ()), added)
        return contract.extended(extensions)


def load_company(company_dir: Path) -> Company:
    """Read and check `<company_dir>/company.yml`.

    Raises:
        OpenspmError: no such file, no YAML, or a value that is missing, unknown or wrong; every fault with its line.
    """
    path = company_dir / COMPANY_FILE
    try:
        text = path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        raise OpenspmError(
            "This is no company folder: it has no company.yml",
            where=str(company_dir),
            next_step="Give a company folder, such as examples/demo, or make one with `openspm init`.",
        ) from None
    except UnicodeDecodeError:
        raise OpenspmError("company.yml is not UTF-8", where=str(path), next_step="Save it as UTF-8.") from None
    document, lines = _parse(text, path)
    try:
        return Company.model_validate({**document, "folder": company_dir.absolute()})
    except ValidationError as error:
        faults = [_fault(fault, lines, path) for fault in error.errors()]
        raise OpenspmError(
            f"company.yml has {len(faults)} fault{'s' if len(faults) > 1 else ''}:\n" + "\n".join(faults),
            where=str(path),
            next_step="Correct the lines named; docs/how-to/add_a_source.md shows a whole file.",
        ) from None


def _parse(text: str, path: Path) -> tuple[dict[str, Any], dict[Location, int]]:
    """The document, and the line of each of its keys and items by location."""
    try:
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
        document = yaml.load(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "cannot be read"
        raise OpenspmError(
            f"company.yml is no YAML: {problem}", where=f"{path}{line}", next_step="Correct the line named."
        ) from None
    if node is None or not isinstance(document, dict):
        raise OpenspmError(
            "company.yml holds no settings", where=f"{path}:1", next_step="Begin with `id: <company id>`."
        )
    lines = dict(_lines(node, ()))
    repeated = _repeated_key(node)
    if repeated is not None:
        key, line_number = repeated
        raise OpenspmError(
            f"The key {key!r} stands twice in one block", where=f"{path}:{line_number}", next_step="Keep one of them."
        )
    return document, lines


def _lines(node: yaml.Node, location: Location) -> Iterator[tuple[Location, int]]:
    """The line of a node and of everything in it."""
    yield location, node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = (*location, str(key.value))
            yield from _lines(value, inner)
            yield inner, key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for place, entry in enumerate(node.value):
            yield from _lines(entry, (*location, place))


def _repeated_key(node: yaml.Node) -> tuple[str, int] | None:
    """A key that stands twice in one mapping, which YAML would silently overwrite, and its line."""
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                return str(key.value), key.start_mark.line + 1
            seen.add(key.value)
            found = _repeated_key(value)
            if found:
                return found
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            found = _repeated_key(item)
            if found:
                return found
    return None


def _fault(fault: Any, lines: dict[Location, int], path: Path) -> str:
    """One fault as `file:line: key: what is wrong`."""
    # A location inside a union holds the tag of its member too (sources, 0, files, path).
    location: Location = tuple(fault["loc"])
    is_source = len(location) > 2 and location[0] == "sources" and location[2] in REGISTRY
    written = (*location[:2], *location[3:]) if is_source else location
    place = written
    while place and place not in lines:
        place = place[:-1]
    message = {
        "extra_forbidden": "is not a key that openspm knows",
        "missing": "is missing",
    }.get(fault["type"], fault["msg"].removeprefix("Value error, "))
    name = ".".join(str(part) for part in written)
    return f"{path.name}:{lines.get(place, 1)}: {name}: {message}"
