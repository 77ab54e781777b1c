"""Landing extracts: rows become immutable batches of text, and all batches of a landing become known at once.

A batch equal to the newest one of its table and source is recorded and not stored again. Rows are streamed, so memory
does not grow with a table.
"""

from __future__ import annotations

import datetime
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from openspm.contract import Contract
from openspm.durable_files import flush_file, flush_folder
from openspm.errors import OpenspmError
from openspm.landing.batch_file import write_batch
from openspm.landing.manifest import (
    Manifest,
    RawFileRecord,
    batch_path,
    newest_by_table,
    read_manifests,
    write_manifests,
)
from openspm.settings import StatePaths
from openspm.sources import Extract

# Folders below landing/ that a source works in; what is left of them belongs to a run that died.
SCRATCH_PREFIX = "scratch."


def land(
    state: StatePaths,
    contract: Contract,
    extracts: Iterable[Extract],
    *,
    source: str,
    landed_at: datetime.datetime,
) -> list[Manifest]:
    """Land what one source gave, all tables or none.

    Only one landing of a company may run at a time; the caller holds the company's lock.

    Args:
        state: the company's state.
        contract: canonical tables with the company's extension columns.
        extracts: what the source hands over; at most one full extract a table.
        source: name of the source.
        landed_at: the aware time from which the batches are known; from the caller's clock.

    Returns:
        One manifest an extract, in their order.

    Raises:
        OpenspmError: an extract that does not fit the contract, or a source that cannot be read. Nothing lands.
    """
    known = read_manifests(state)
    _clear_unrecorded(state, known)
    newest = newest_by_table(known, source)
    sequence = known[-1].batch_sequence if known else 0
    manifests: list[Manifest] = []
    stored: list[tuple[Path, Path]] = []
    try:
        for extract in extracts:
            sequence += 1
            manifest, temporary = _land_one(
                state, contract, extract, newest.get(extract.table), source, sequence, landed_at
            )
            if temporary is not None:
                stored.append((temporary, batch_path(state, manifest.table, manifest.batch_id)))
            newest[manifest.table] = manifest
            manifests.append(manifest)
        for temporary, final in stored:
            temporary.chmod(0o600)
            flush_file(temporary)
            temporary.replace(final)
            flush_folder(final.parent)
        if manifests:
            write_manifests(state, manifests)
    except BaseException:
        for temporary, final in stored:
            temporary.unlink(missing_ok=True)
            final.unlink(missing_ok=True)
        raise
    return manifests


def _clear_unrecorded(state: StatePaths, known: Sequence[Manifest]) -> None:
    """Delete what a landing that died left behind: files that no manifest records, so nobody has ever read them."""
    recorded = {batch_path(state, manifest.table, manifest.batch_id) for manifest in known}
    for path in (state.landing / "batches").glob("*/*"):
        if path not in recorded:
            path.unlink()
    for folder in state.landing.glob(f"{SCRATCH_PREFIX}*"):
        shutil.rmtree(folder)


def _land_one(
    state: StatePaths,
    contract: Contract,
    extract: Extract,
    newest: Manifest | None,
    source: str,
    sequence: int,
    landed_at: datetime.datetime,
) -> tuple[Manifest, Path | None]:
    """Write one extract into a temporary file; None instead of a path when it equals the newest batch."""
    if extract.table not in contract:
        raise OpenspmError(
            f"The source {source!r} gave the table {extract.table!r}, which is not in the contract",
            where=f"source {source}",
            next_step="Give it the name of a canonical table; docs/landing.md lists them.",
        )
    batch_id = f"{sequence:010d}"
    manifest = Manifest(
        batch_id=batch_id,
        batch_sequence=sequence,
        table=extract.table,
        source=source,
        kind=extract.kind,
        row_count=0,
        filtered_count=0,
        columns=(),
        content_sha256="",
        raw_files=tuple(
            RawFileRecord(name=raw.name, sha256=raw.sha256, size_bytes=raw.size_bytes) for raw in extract.raw_files
        ),
        mapping_sha256=extract.mapping_sha256,
        fingerprint=extract.fingerprint,
        cursor=extract.cursor,
        ignored_columns=extract.ignored_columns,
        extracted_at=landed_at,
        landed_at=landed_at,
    )
    comparable = newest is not None and newest.kind == extract.kind
    if comparable and newest and extract.fingerprint is not None and newest.fingerprint == extract.fingerprint:
        return _same_as(manifest, newest).model_copy(update={"ignored_columns": newest.ignored_columns}), None

    table = contract[extract.table]
    temporary = batch_path(state, table.name, batch_id).with_suffix(".part")
    temporary.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        row_count, columns, content_sha256 = write_batch(extract, table, manifest, temporary)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    filtered = extract.filtered_count() if callable(extract.filtered_count) else extract.filtered_count
    manifest = manifest.model_copy(
        update={
            "row_count": row_count,
            "columns": columns,
            "content_sha256": content_sha256,
            "filtered_count": filtered,
        }
    )
    if comparable and newest and newest.content_sha256 == content_sha256:
        temporary.unlink()
        return _same_as(manifest, newest).model_copy(update={"filtered_count": filtered}), None
    return manifest, temporary


def _same_as(manifest: Manifest, newest: Manifest) -> Manifest:
    """The manifest of a batch whose rows are those of the newest one."""
    return manifest.model_copy(
        update={
            "row_count": newest.row_count,
            "filtered_count": newest.filtered_count,
            "columns": newest.columns,
            "content_sha256": newest.content_sha256,
            "same_as_batch_id": newest.stored_batch_id,
        }
    )
