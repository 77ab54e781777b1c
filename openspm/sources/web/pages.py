"""Answers kept as they came: the pages of one object in one file, which is archived, and read again from there.

A file of JSON answers is a JSON text sequence (RFC 7464), two texts a page: what was asked, as a JSON string, and the
body of the answer. Answers in CSV are files of their own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc

from openspm.errors import OpenspmError
from openspm.landing.archive import archive_file, find_archived
from openspm.settings import StatePaths
from openspm.sources import RawFile
from openspm.sources.files.csv_reader import read_csv
from openspm.sources.files.raw_rows import RawRows
from openspm.sources.files.settings import FilesSourceSettings
from openspm.sources.web.session import Answer

SEPARATOR = b"\x1e"
JSON_SUFFIX = ".json-seq"
CSV_SUFFIX = ".csv"
# Records are read again in pieces of so many, so that memory does not grow with an object.
PIECE_RECORDS = 4096

Record = dict[str, Any]
# Makes the records of an object from its pages in their order; each page is what was asked and the parsed body. Given
# the fields that are wanted, a record may lack all others; None wants every field that there may be.
ReadRecords = Callable[[str, Iterator[tuple[str, Any]], Collection[str] | None], Iterator[Record]]


@dataclass(frozen=True)
class Page:
    """One answer of an object.

    Attributes:
        answer: as it came.
        is_csv: whether its body is CSV with a header, else JSON.
    """

    answer: Answer
    is_csv: bool = False


def archive_pages(
    state: StatePaths,
    scratch: Path,
    object_name: str,
    pages: Iterable[Page],
    look_at: Callable[[Iterator[tuple[str, Any]]], None] | None = None,
) -> tuple[RawFile, ...]:
    """Write the pages of an object as they come, and archive them.

    Args:
        state: the company's state.
        scratch: a folder of this extraction.
        object_name: the vendor's name of the object; names the files.
        pages: its pages in order.
        look_at: reads the pages of JSON on their way into the file, so that they are not parsed once more for it.

    Returns:
        The archived files in the order of the pages; without any page, one empty file.
    """
    files: list[RawFile] = []
    path = scratch / f"{object_name}{JSON_SUFFIX}"
    with path.open("wb") as sequence:
        written = _written(state, scratch, object_name, pages, sequence, files)
        if look_at is not None:
            look_at((answer.request, answer.json()) for answer in written)
        for _ in written:
            pass
        is_empty = sequence.tell() == 0
    if not is_empty or not files:
        files.insert(0, archive_file(state, path, path.name))
    path.unlink()
    return tuple(files)


def _written(
    state: StatePaths,
    scratch: Path,
    object_name: str,
    pages: Iterable[Page],
    sequence: BinaryIO,
    files: list[RawFile],
) -> Iterator[Answer]:
    """The answers in JSON, each when it is in the file; those in CSV become files of their own."""
    for page in pages:
        if page.is_csv:
            csv_path = scratch / f"{object_name}.{len(files) + 1}{CSV_SUFFIX}"
            csv_path.write_bytes(page.answer.body)
            files.append(archive_file(state, csv_path, csv_path.name))
            csv_path.unlink()
            continue
        asked = json.dumps(page.answer.request, ensure_ascii=False).encode()
        sequence.write(b"".join((SEPARATOR, asked, b"\n", SEPARATOR, page.answer.body, b"\n")))
        yield page.answer


def object_of(raw: RawFile) -> str:
    """The object whose pages a file holds."""
    return raw.name.partition(".")[0]


def read_pages(path: Path) -> Iterator[tuple[str, Any]]:
    """The pages of a file: what was asked, and the parsed body, numbers as texts.

    Raises:
        OpenspmError: the file is not as it was written.
    """
    asked: str | None = None
    for text in _texts(path):
        try:
            parsed = json.loads(text, parse_float=str, parse_int=str)
        except ValueError:
            raise OpenspmError(
                "An archived page cannot be read any more",
                where=str(path),
                next_step="Restore the file from a backup, or land the source again.",
            ) from None
        if asked is None:
            asked = str(parsed)
        else:
            yield asked, parsed
            asked = None


def _texts(path: Path) -> Iterator[bytes]:
    """The JSON texts of a sequence, one at a time."""
    rest = b""
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            *whole, rest = (rest + block).split(SEPARATOR)
            yield from (text for text in whole if text.strip())
    if rest.strip():
        yield rest


def open_pages(
    state: StatePaths,
    object_name: str,
    files: Sequence[RawFile],
    columns: Sequence[str],
    read_records: ReadRecords,
    scratch: Path,
) -> list[RawRows]:
    """Make the archived pages of one object readable as rows of text.

    Args:
        state: the company's state.
        object_name: the object, or one that is inside it.
        files: the object's files.
        columns: the vendor's fields to read; a record that lacks one has NULL there.
        read_records: makes records from pages.
        scratch: a folder of this extraction.
    """
    opened = []
    for raw in files:
        path = find_archived(state, raw)
        if raw.name.endswith(CSV_SUFFIX):
            settings = FilesSourceSettings(name="pages", kind="files", path=".")
            opened.append(read_csv(path, raw.name, settings, None, scratch))
        else:
            opened.append(RawRows(raw.name, tuple(columns), _batches(path, object_name, columns, read_records)))
    return opened


def fields_in_pages(
    state: StatePaths, object_name: str, files: Sequence[RawFile], read_records: ReadRecords, scratch: Path
) -> tuple[str, ...]:
    """The names of all fields that the records of an object have, in the order in which they first come."""
    names: dict[str, None] = {}
    for raw in files:
        if raw.name.endswith(CSV_SUFFIX):
            names.update(dict.fromkeys(open_pages(state, object_name, [raw], (), read_records, scratch)[0].columns))
        else:
            for record in read_records(object_name, read_pages(find_archived(state, raw)), None):
                names.update(dict.fromkeys(record))
    return tuple(names)


def _batches(
    path: Path, object_name: str, columns: Sequence[str], read_records: ReadRecords
) -> Callable[[], Iterator[pa.RecordBatch]]:
    """Reads the records of a file as batches of text."""

    def batches() -> Iterator[pa.RecordBatch]:
        before = 0
        piece: list[Record] = []
        for record in read_records(object_name, read_pages(path), columns):
            piece.append(record)
            if len(piece) == PIECE_RECORDS:
                yield batch_of(piece, columns, before)
                before += len(piece)
                piece = []
        if piece:
            yield batch_of(piece, columns, before)

    return batches


def batch_of(records: Sequence[Record], columns: Sequence[str], before: int) -> pa.RecordBatch:
    """Records as columns of text, numbered on."""
    arrays = [_texts_of([one.get(name) for one in records]) for name in columns]
    numbers = pa.array(range(before + 1, before + len(records) + 1), pa.int64())
    return pa.RecordBatch.from_arrays([*arrays, numbers], [*columns, "_row"])


def _texts_of(values: list[Any]) -> pa.Array:
    """Values of parsed JSON as texts; almost all of them are."""
    try:
        texts = pa.array(values, pa.string())
    except pa.ArrowTypeError:
        return pa.array([as_text(value) for value in values], pa.string())
    return pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)


def as_text(value: Any) -> str | None:
    """A value of parsed JSON as text; the empty text is no value, as in every file."""
    if isinstance(value, str):
        return value or None
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False)


def tops_of(fields: Iterable[str]) -> frozenset[str]:
    """The names that the paths of fields begin with."""
    return frozenset(field.partition(".")[0] for field in fields)


def flat(record: Mapping[str, Any], tops: Collection[str] | None = None) -> Record:
    """A nested record with the path of each value as its name: {"a": {"b": 1}} as {"a.b": 1}; lists stay as JSON.

    Args:
        record: the record.
        tops: names of its values that are wanted; None for all of them.
    """
    out: Record = {}
    _flatten(record if tops is None else {name: record[name] for name in record if name in tops}, "", out)
    return out


def _flatten(record: Mapping[str, Any], prefix: str, out: Record) -> None:
    for name, value in record.items():
        if isinstance(value, dict):
            _flatten(value, f"{prefix}{name}.", out)
        else:
            out[prefix + name] = json.dumps(value) if isinstance(value, list) else as_text(value)
