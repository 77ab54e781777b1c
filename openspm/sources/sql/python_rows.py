"""Rows of drivers that give Python values, as batches of text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa

BATCH_ROWS = 32_768


def text_of(value: Any) -> str | None:
    """The text that says exactly what a value is; bytes as PostgreSQL writes them."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return f"\\x{value.hex()}"
    return repr(value) if isinstance(value, float) else str(value)


def text_batches(cursor: Any, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """What a cursor still has, in batches; memory does not grow with their number."""
    while rows := cursor.fetchmany(BATCH_ROWS):
        columns = zip(*rows, strict=True)
        arrays = [pa.array([text_of(value) for value in column], pa.string()) for column in columns]
        yield pa.RecordBatch.from_arrays(arrays, list(names))
