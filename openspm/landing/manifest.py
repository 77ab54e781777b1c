"""The record of what landed: one manifest a batch, one file a landing.

All batches of one landing stand in one file `landing/manifests/<first sequence>.json`, which appears by one rename:
so a landing is seen whole or not at all. Files are never changed and never removed.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from openspm.durable_files import write_durably
from openspm.errors import OpenspmError
from openspm.settings import StatePaths

MANIFEST_VERSION = 1


class RawFileRecord(BaseModel):
    """A raw file that a batch came from; it lies in the archive under its hash."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    sha256: str
    size_bytes: int


class Manifest(BaseModel):
    """What one batch is: one table, one extraction.

    Attributes:
        batch_id: key of the batch, and the stem of its file.
        batch_sequence: runs up by one with every batch of the company; orders versions of a key.
        table: canonical table.
        source: name of the source in company.yml, `planning` or `company`.
        kind: full (keys absent from it are gone) or delta.
        row_count: rows in the batch.
        filtered_count: rows of the source that the mapping left out.
        columns: canonical and extension columns that the source has; others are absent.
        content_sha256: hash over the rows without their file names; equal batches have equal ones.
        same_as_batch_id: the batch whose rows these are, where nothing was stored because nothing had changed.
        raw_files: the archived files that it came from.
        mapping_sha256: hash of the mapping that made it.
        fingerprint: hash over all that decides its rows; see openspm.sources.Extract.
        cursor: where the next delta of the source begins.
        ignored_columns: columns of the source that are neither canonical nor declared.
        extracted_at: when the source was read, UTC.
        landed_at: when the batch became known, UTC; an earlier as-of does not see it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    batch_id: str
    batch_sequence: int
    table: str
    source: str
    kind: Literal["full", "delta"]
    row_count: int
    filtered_count: int
    columns: tuple[str, ...]
    content_sha256: str
    same_as_batch_id: str | None = None
    raw_files: tuple[RawFileRecord, ...] = ()
    mapping_sha256: str | None = None
    fingerprint: str | None = None
    cursor: str | None = None
    ignored_columns: tuple[str, ...] = ()
    extracted_at: datetime.datetime
    landed_at: datetime.datetime

    @property
    def stored_batch_id(self) -> str:
        """The batch whose file holds the rows."""
        return self.same_as_batch_id or self.batch_id


def manifests_folder(state: StatePaths) -> Path:
    """Where the manifests lie."""
    return state.landing / "manifests"


def batch_path(state: StatePaths, table: str, batch_id: str) -> Path:
    """Where the rows of a batch lie."""
    return state.landing / "batches" / table / f"{batch_id}.parquet"


def read_manifests(state: StatePaths, as_of: datetime.datetime | None = None) -> list[Manifest]:
    """Every manifest that had landed by a time, in the order of batch_sequence.

    Args:
        state: the company's state.
        as_of: an aware time; None for all.

    Raises:
        OpenspmError: a manifest file that cannot be read.
    """
    manifests: list[Manifest] = []
    for path in sorted(manifests_folder(state).glob("*.json")):
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
            if document["version"] != MANIFEST_VERSION:
                raise ValueError(f"version {document['version']} is not {MANIFEST_VERSION}")
            manifests += [Manifest.model_validate(entry) for entry in document["batches"]]
        except (ValueError, KeyError, TypeError) as error:
            raise OpenspmError(
                f"A manifest of landed batches cannot be read: {error}",
                where=str(path),
                next_step="Restore the file from a backup; without it the batches that it records are unknown.",
            ) from None
    return [manifest for manifest in manifests if as_of is None or manifest.landed_at <= as_of]


def write_manifests(state: StatePaths, manifests: Sequence[Manifest]) -> None:
    """Make the batches of one landing known, all in one step.

    Raises:
        OpenspmError: another landing took the same sequence numbers; two ran at once.
    """
    folder = manifests_folder(state)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    final = folder / f"{manifests[0].batch_sequence:010d}.json"
    if final.exists():
        raise OpenspmError(
            "Two landings ran at once", where=str(final), next_step="Start again; one run at a time holds the lock."
        )
    document = {
        "version": MANIFEST_VERSION,
        "batches": [manifest.model_dump(mode="json") for manifest in manifests],
    }
    write_durably(final, json.dumps(document, indent=1) + "\n")


def newest_by_table(manifests: Sequence[Manifest], source: str) -> dict[str, Manifest]:
    """The newest batch of a source, for each table that it ever gave."""
    return {manifest.table: manifest for manifest in manifests if manifest.source == source}
