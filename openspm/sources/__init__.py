"""Where records come from. One folder a system; each hands over canonical tables and knows nothing of what follows.

The folder of a kind holds its client, its settings (a block of company.yml), its mapping to canonical tables where it
is ours, and a README: credentials, scopes, objects, limits, what is not covered. A source is a class with `extract` and
`check`, imported only when a company names its kind. Sources never write state: landing archives raw files, gives
batches their sequence and writes manifests. What a source must remember stands in its cursor, which is kept with the
batch and so moves only when the batch has landed.
"""

from __future__ import annotations

import datetime
import importlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, cast, runtime_checkable

from openspm.contract import Contract
from openspm.errors import SourceRefused, SourceUnreachable

if TYPE_CHECKING:
    import pyarrow as pa

    from openspm.company import Company
    from openspm.errors import OpenspmError
    from openspm.settings import Settings, StatePaths

ExtractKind = Literal["full", "delta"]

# kind in company.yml -> module and class. Imported when a run needs it.
REGISTRY: Mapping[str, tuple[str, str]] = {
    "files": ("openspm.sources.files.source", "FilesSource"),
    "sql": ("openspm.sources.sql.source", "SqlSource"),
    "salesforce": ("openspm.sources.salesforce.source", "SalesforceSource"),
    "hubspot": ("openspm.sources.hubspot.source", "HubSpotSource"),
    "quickbooks": ("openspm.sources.quickbooks.source", "QuickbooksSource"),
    "stripe": ("openspm.sources.stripe.source", "StripeSource"),
    "ecb": ("openspm.sources.ecb.source", "EcbSource"),
    "simulated": ("openspm.sources.simulated.source", "SimulatedSource"),
}


@dataclass(frozen=True)
class RawFile:
    """A file as it came, already in the raw archive.

    Attributes:
        name: the name by which people know it, relative to the source's folder.
        sha256: its hash, which names it in the archive.
        size_bytes: its length.
    """

    name: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True)
class Extract:
    """One canonical table as one extraction gave it.

    Attributes:
        table: name of the canonical table.
        kind: full (a key that is absent is gone) or delta.
        data: the rows: every canonical column as string; may hold `_file` (string), `_row` (int64: the physical record
            in the file), `_is_deleted` (bool: tombstone of a delta), and `_fault_code` with `_fault_text` (strings: a
            raw record that could not be read, as it came; its other columns are absent). Without `_file` and `_row`
            landing numbers the rows. A callable gives a reader when the rows are needed: landing does not ask for rows
            that it has already.
        raw_files: the archived files that the rows came from.
        filtered_count: rows of the source that its mapping left out. A callable is asked after the rows were read.
        cursor: where the next delta begins, in the source's own words.
        fingerprint: a hash over all that decides the rows (files, mapping, settings, versions). When the newest batch
            of the table and source has the same one, the rows are not read at all. None: unknown.
        mapping_sha256: hash of the mapping, for the manifest.
        ignored_columns: columns of the source that are neither canonical nor declared; they stay in the raw archive.
    """

    table: str
    kind: ExtractKind
    data: pa.Table | pa.RecordBatchReader | Callable[[], pa.RecordBatchReader]
    raw_files: tuple[RawFile, ...] = ()
    filtered_count: int | Callable[[], int] = 0
    cursor: str | None = None
    fingerprint: str | None = None
    mapping_sha256: str | None = None
    ignored_columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class ExtractRequest:
    """What a source is told about the company and about what landed before.

    Attributes:
        company: the company folder, read.
        settings: settings of the machine: threads, memory.
        fingerprints: for each table the fingerprint of this source's newest batch; a source may skip the work.
        cursors: for each table the cursor of this source's newest batch.
        extracted_at: the aware time of the landing; None where nothing is landed.
    """

    company: Company
    settings: Settings
    fingerprints: Mapping[str, str] = field(default_factory=dict)
    cursors: Mapping[str, str] = field(default_factory=dict)
    extracted_at: datetime.datetime | None = None


@dataclass(frozen=True)
class Finding:
    """One thing that `openspm check` looked at; `status` is ok, warn or fail."""

    status: Literal["ok", "warn", "fail"]
    subject: str
    message: str
    next_step: str = ""

    @classmethod
    def of_error(cls, subject: str, error: OpenspmError) -> Finding:
        """An error as a finding: what, where and what to do next."""
        where = f" ({error.where})" if error.where else ""
        return cls("fail", subject, f"{error.message}{where}", error.next_step or "")


@dataclass(frozen=True)
class SourceCheck:
    """What can be seen of a source without landing anything.

    Attributes:
        is_reachable: whether the system, folder or file is there and answers; None where it was not asked, because
            the company folder is wrong.
        is_authorised: whether it lets us in; None where it could not be asked, or does not ask who comes.
        tables: the canonical tables that it gives, each with the canonical columns that it shows; None for columns that
            are not known before the rows are read. A table that could not be landed is not among them.
        findings: what is wrong or worth knowing.
    """

    is_reachable: bool | None
    is_authorised: bool | None
    tables: Mapping[str, tuple[str, ...] | None] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()

    @property
    def is_seen(self) -> bool:
        """Whether the source was looked at: it answered, and let us in where it asks who comes."""
        return self.is_reachable is True and self.is_authorised is not False

    @classmethod
    def of_failure(cls, subject: str, error: OpenspmError) -> SourceCheck:
        """What a source shows that could not be looked at: refused, unreachable, or not asked."""
        states: tuple[bool | None, bool | None] = (None, None)
        if isinstance(error, SourceRefused):
            states = (True, False)
        elif isinstance(error, SourceUnreachable):
            states = (False, None)
        return cls(*states, {}, (Finding.of_error(subject, error),))


class Source(Protocol):
    """What every kind of source is."""

    def __init__(self, source_settings: Any) -> None:
        """Take the source's block of company.yml."""

    def extract(self, contract: Contract, state: StatePaths, request: ExtractRequest) -> Iterator[Extract]:
        """Hand over each canonical table that the source has, one at a time.

        Raises:
            OpenspmError: the source's content cannot be read; nothing lands.
            SourceUnreachable: the source itself cannot be reached.
            SourceRefused: it can be, and lets us not in.
        """
        ...

    def check(self, contract: Contract, request: ExtractRequest) -> SourceCheck:
        """Look at what `extract` would find, and change nothing. Whatever is wrong is a finding, never an error."""
        ...


@runtime_checkable
class RelandableSource(Source, Protocol):
    """A source whose raw records are archived, so that they can be mapped again."""

    def reland(
        self,
        contract: Contract,
        state: StatePaths,
        request: ExtractRequest,
        archived: Sequence[RawFile],
        tables: Collection[str],
    ) -> Iterator[Extract]:
        """Some tables from archived files, as the mapping of today reads them; the system is not asked.

        Args:
            contract: canonical tables with the company's extension columns.
            state: the company's state.
            request: what the run knows.
            archived: the raw files of one earlier batch.
            tables: the tables wanted; those that the files do not hold are not given.

        Raises:
            OpenspmError: a file is gone from the archive, or a mapping does not fit.
        """
        ...


def readme_path(kind: str) -> Path:
    """The page that says what a kind of source needs and covers."""
    return Path(__file__).parent / kind / "README.md"


def open_source(source_settings: Any) -> Source:
    """The source that a block of company.yml describes."""
    module_name, class_name = REGISTRY[source_settings.kind]
    source_class = getattr(importlib.import_module(module_name), class_name)
    return cast(Source, source_class(source_settings))
