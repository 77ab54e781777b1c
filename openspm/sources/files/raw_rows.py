"""What every reader of a file hands over: rows of text with their places, and the records that could not be split."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pyarrow as pa

BATCH_ROWS = 131_072
MOST_FAULTS = 100_000


@dataclass(frozen=True)
class RaggedRecord:
    """A record with more or fewer values than the header.

    Attributes:
        row: number of the record below the header, from 1.
        text: the record as it stands in the file.
    """

    row: int
    text: str


@dataclass
class RawRows:
    """The rows of one file.

    Attributes:
        name: what people call the file.
        columns: names of the columns as the file gives them.
        batches: reads the rows: the columns as string, then `_row` as int64. An empty value is NULL.
        ragged: the records that could not be split; filled while the rows are read.
    """

    name: str
    columns: tuple[str, ...]
    batches: Callable[[], Iterator[pa.RecordBatch]]
    ragged: list[RaggedRecord] = field(default_factory=list)
