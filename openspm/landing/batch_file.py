"""The file of a batch: rows streamed into Parquet, every value as text, hashed on the way.

A piece is written by a thread of its own while the next one is read and hashed; no more than these two are held.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from openspm.contract import Table
from openspm.errors import OpenspmError
from openspm.landing.manifest import Manifest
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
UNHASHED_COLUMNS = frozenset({"_file"})


def write_batch(extract: Extract, table: Table, manifest: Manifest, path: Path) -> tuple[int, tuple[str, ...], str]:
    """Write the rows of an extract with their metadata, as they are read.

    Args:
        extract: the extract.
        table: its canonical table.
        manifest: what the rows are marked with: batch, source and time.
        path: the file.

    Returns:
        Their number, the table's columns among them, and the hash over them.

    Raises:
        OpenspmError: rows that do not fit the contract, or a source that cannot be read.
    """
    reader = _reader(extract)
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
    writing: Future[None] | None = None
    with (
        pq.ParquetWriter(path, schema, compression="zstd", compression_level=1) as writer,
        ThreadPoolExecutor(1) as pool,
    ):
        for piece in _pieces(reader):
            rows = _rows(piece, columns, table.name, row_count)
            # One column at a time: what is hashed is a copy.
            for name in rows:
                if name not in UNHASHED_COLUMNS:
                    digest.update(pa.RecordBatch.from_arrays([rows[name]], [name]).serialize())
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
            if writing is not None:
                writing.result()
            writing = pool.submit(writer.write_batch, pa.RecordBatch.from_arrays(arrays, schema=schema))
            # Nothing of it is held but by the writer while the next one is read.
            del piece, rows, arrays
        if writing is not None:
            writing.result()
    return row_count, columns, digest.hexdigest()


def _reader(extract: Extract) -> pa.RecordBatchReader:
    """The rows of an extract as a stream."""
    data = extract.data() if callable(extract.data) else extract.data
    return data.to_reader(max_chunksize=PIECE_ROWS) if isinstance(data, pa.Table) else data


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
            # No name is left for the piece, so that it is let go of when it is written.
            waiting, waiting_rows = [_joined([*waiting, part])], 0
            yield waiting.pop()
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
