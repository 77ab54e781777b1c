"""Landing extracts: rows become immutable batches of text, and all batches of a landing become known at once.

A batch equal to the newest one of its table and source is recorded and not stored again. Rows are streamed, so memory
does not grow with a table.
"""

from __future__ import annotations

import datetime
import hashlib
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from openspm.contract import Contract, Table
from openspm.durable_files import flush_file, flush_folder
from openspm.errors import OpenspmError
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

# Rows are hashed in pieces of this many, however the source hands them over, so that equal rows have equal hashes.
PIECE_ROWS = 131_072
ROW_COLUMNS = {
    "_file": pa.string(),
    "_row": pa.int64(),
    "_is_deleted": pa.bool_(),
    "_fault_code": pa.string(),
    "_fault_text": pa.string(),
}
# Folders below landing/ that a source works in; what is left of them belongs to a run that died.
SCRATCH_PREFIX = "scratch."
UNHASHED_COLUMNS = frozenset({"_file"})


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
        row_count, columns, content_sha256 = _write(_reader(extract), table, manifest, temporary)
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


def _reader(extract: Extract) -> pa.RecordBatchReader:
    """The rows of an extract as a stream."""
    data = extract.data() if callable(extract.data) else extract.data
    return data.to_reader(max_chunksize=PIECE_ROWS) if isinstance(data, pa.Table) else data


def _write(
    reader: pa.RecordBatchReader, table: Table, manifest: Manifest, path: Path
) -> tuple[int, tuple[str, ...], str]:
    """Write the rows with their metadata.

    Returns:
        Their number, the table's columns among them, and the hash over them.
    """
    columns = _checked_columns(reader.schema, table, manifest.source)
    schema = pa.schema(
        [(name, pa.string()) for name in columns]
        + list(ROW_COLUMNS.items())
        + [
            ("_batch_id", pa.string()),
            ("_batch_sequence", pa.int64()),
            ("_extracted_at", pa.timestamp("us", tz="UTC")),
            ("_source", pa.string()),
        ]
    )
    digest = hashlib.sha256(repr(columns).encode())
    row_count = 0
    with pq.ParquetWriter(path, schema, compression="zstd", compression_level=1) as writer:
        for piece in _pieces(reader):
            rows = _rows(piece, columns, table.name, row_count)
            hashed = pa.RecordBatch.from_arrays(
                [rows[name] for name in rows if name not in UNHASHED_COLUMNS],
                [name for name in rows if name not in UNHASHED_COLUMNS],
            )
            digest.update(hashed.serialize())
            row_count += piece.num_rows
            constants: dict[str, Any] = {
                "_batch_id": manifest.batch_id,
                "_batch_sequence": manifest.batch_sequence,
                "_extracted_at": manifest.extracted_at,
                "_source": manifest.source,
            }
            arrays = [
                rows[field.name]
                if field.name in rows
                else pa.repeat(pa.scalar(constants[field.name], field.type), piece.num_rows)
                for field in schema
            ]
            writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=schema))
    return row_count, columns, digest.hexdigest()


def _checked_columns(schema: pa.Schema, table: Table, source: str) -> tuple[str, ...]:
    """The table's columns that the rows have, in the contract's order.

    Raises:
        OpenspmError: a column that is no text, unknown or repeated, or a required one that is absent.
    """
    where = f"source {source}, table {table.name}"
    repeated = sorted({name for name in schema.names if schema.names.count(name) > 1})
    if repeated:
        raise OpenspmError(
            f"The column {repeated[0]!r} comes twice", where=where, next_step="Give each column its own name."
        )
    unknown = [name for name in schema.names if name not in table.column_names and name not in ROW_COLUMNS]
    if unknown:
        raise OpenspmError(
            f"The column {unknown[0]!r} is not in the contract",
            where=where,
            next_step=f"Leave it out, or declare x_{unknown[0].lower()} under extension_columns in company.yml.",
        )
    missing = [name for name in table.required_names if name not in schema.names]
    if missing:
        raise OpenspmError(
            f"The required column {missing[0]!r} is absent",
            where=where,
            next_step="Add it to the file, or give it in the mapping of the source.",
        )
    for field in schema:
        is_text = pa.types.is_string(field.type) or pa.types.is_large_string(field.type)
        if field.name in table.column_names and not is_text:
            raise OpenspmError(
                f"The column {field.name!r} came as {field.type}; landing takes text only",
                where=where,
                next_step="Cast it to text in the mapping, in the form that docs/landing.md gives.",
            )
    return tuple(name for name in table.column_names if name in schema.names)


def _pieces(reader: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
    """The same rows in pieces of PIECE_ROWS."""
    waiting: list[pa.RecordBatch] = []
    waiting_rows = 0
    for batch in reader:
        start = 0
        while batch.num_rows - start + waiting_rows >= PIECE_ROWS:
            part = batch.slice(start, PIECE_ROWS - waiting_rows)
            start += part.num_rows
            yield _joined([*waiting, part])
            waiting, waiting_rows = [], 0
        if start < batch.num_rows:
            waiting.append(batch.slice(start))
            waiting_rows += batch.num_rows - start
    if waiting_rows:
        yield _joined(waiting)


def _joined(batches: list[pa.RecordBatch]) -> pa.RecordBatch:
    """Several batches as one."""
    return batches[0] if len(batches) == 1 else pa.concat_batches(batches)


def _rows(piece: pa.RecordBatch, columns: tuple[str, ...], table: str, rows_before: int) -> dict[str, pa.Array]:
    """The columns of a piece as they are stored: text, and the place of each row."""
    rows = {name: piece.column(name).cast(pa.string()) for name in columns}
    defaults: dict[str, Callable[[], pa.Array]] = {
        "_file": lambda: pa.repeat(pa.scalar(table), piece.num_rows),
        "_row": lambda: pa.array(range(rows_before + 1, rows_before + 1 + piece.num_rows), pa.int64()),
        "_is_deleted": lambda: pa.repeat(pa.scalar(False), piece.num_rows),
        "_fault_code": lambda: pa.nulls(piece.num_rows, pa.string()),
        "_fault_text": lambda: pa.nulls(piece.num_rows, pa.string()),
    }
    for name, default in defaults.items():
        present = name in piece.schema.names
        rows[name] = piece.column(name).cast(ROW_COLUMNS[name]) if present else default()
    rows["_is_deleted"] = rows["_is_deleted"].fill_null(False)
    if rows["_file"].null_count or rows["_row"].null_count:
        raise OpenspmError(
            "A row comes without the file or the number by which it is found again",
            where=f"table {table}",
            next_step="Have the source give `_file` and `_row` for every row, or for none.",
        )
    return rows
