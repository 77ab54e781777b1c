"""Records of an extraction as rows of text, worked out once while their pages are archived, and read for each table.

The archived pages are what is kept; these files lie in the extraction's folder and end with it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa

from openspm.sources.files.raw_rows import RawRows
from openspm.sources.web.pages import PIECE_RECORDS, ReadRecords, Record, batch_of

ROWS_SUFFIX = ".rows"


class _RowFile:
    """One object's way from pages into its file."""

    def __init__(
        self,
        name: str,
        pages: Iterator[tuple[str, Any]],
        columns: Sequence[str],
        read_records: ReadRecords,
        path: Path,
        look_at: Callable[[str, pa.RecordBatch], None],
    ) -> None:
        self.pages_begun = 0
        self.path = path
        self._name = name
        self._columns = columns
        self._records = read_records(name, self._counted(pages), columns)
        self._look_at = look_at
        self._piece: list[Record] = []
        self._row_count = 0
        schema = pa.schema([*((column, pa.string()) for column in columns), ("_row", pa.int64())])
        self._writer = pa.ipc.new_stream(path, schema, options=pa.ipc.IpcWriteOptions(compression="lz4"))

    def __enter__(self) -> _RowFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._writer.close()

    def _counted(self, pages: Iterator[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
        for page in pages:
            self.pages_begun += 1
            yield page

    def go_on(self) -> bool:
        """Take records until a new page begins; False after the last."""
        begun = self.pages_begun
        for record in self._records:
            self._piece.append(record)
            if len(self._piece) == PIECE_RECORDS:
                self._write()
            if self.pages_begun > begun:
                return True
        if self._piece:
            self._write()
        return False

    def _write(self) -> None:
        """Write the records that were taken."""
        batch = batch_of(self._piece, self._columns, self._row_count)
        self._look_at(self._name, batch)
        self._writer.write_batch(batch)
        self._row_count += batch.num_rows
        self._piece = []


class _SharedPages:
    """Pages for several readers; each is let go of when the last of them has had it."""

    def __init__(self, pages: Iterator[tuple[str, Any]], reader_count: int) -> None:
        self._pages = pages
        self._waiting: list[deque[tuple[str, Any]]] = [deque() for _ in range(reader_count)]

    def of_reader(self, place: int) -> Iterator[tuple[str, Any]]:
        """All pages, for one of the readers."""
        mine = self._waiting[place]
        while True:
            if not mine:
                page = next(self._pages, None)
                if page is None:
                    return
                for waiting in self._waiting:
                    waiting.append(page)
                del page
            yield mine.popleft()


def keep_rows(
    pages: Iterator[tuple[str, Any]],
    wanted: Mapping[str, Sequence[str]],
    read_records: ReadRecords,
    scratch: Path,
    look_at: Callable[[str, pa.RecordBatch], None],
) -> dict[str, Path]:
    """Write the records of an object, and of those inside it, into a file each.

    Args:
        pages: the pages of the object, each of them parsed once for all.
        wanted: for each object the fields of its records.
        read_records: makes records from pages.
        scratch: a folder of this extraction.
        look_at: sees each piece of an object's records.

    Returns:
        The files, by object.
    """
    shared = _SharedPages(pages, len(wanted))
    with ExitStack() as stack:
        under_way = [
            stack.enter_context(
                _RowFile(
                    name, shared.of_reader(place), columns, read_records, scratch / f"{name}{ROWS_SUFFIX}", look_at
                )
            )
            for place, (name, columns) in enumerate(wanted.items())
        ]
        files = {name: one.path for name, one in zip(wanted, under_way, strict=True)}
        # Whoever is behind goes on, so that no more than a page or two wait for the slowest.
        while under_way:
            behind = min(under_way, key=lambda one: one.pages_begun)
            if not behind.go_on():
                under_way.remove(behind)
    return files


def open_rows(path: Path, file_name: str, columns: Sequence[str]) -> RawRows:
    """The rows of a file, as those of the archived pages that people call by a name."""

    def batches() -> Iterator[pa.RecordBatch]:
        with pa.OSFile(str(path)) as file, pa.ipc.open_stream(file) as reader:
            for batch in reader:
                yield batch.select([*columns, "_row"])

    return RawRows(file_name, tuple(columns), batches)
