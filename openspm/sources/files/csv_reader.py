"""Reading CSV as text, strictly: nothing is sniffed, nothing is repaired, and every record keeps its number.

A file whose bytes passed csv_check as plain is read by Arrow; any other by Python's csv module, which knows the line of
what is wrong. Both give the same rows for the same file; a test holds it.

A record with more or fewer values than the header is set aside: quoting being sound, its neighbours are untouched. What
makes it unsure where records begin (an unterminated quote, text after a closing quote) refuses the file.
"""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

from openspm.errors import OpenspmError
from openspm.sources.files.csv_check import CHUNK_BYTES, CsvForm, check_csv
from openspm.sources.files.header import check_header
from openspm.sources.files.raw_rows import BATCH_ROWS, MOST_FAULTS, RaggedRecord, RawRows
from openspm.sources.files.settings import FilesSourceSettings

MOST_VALUE_CHARACTERS = 16 << 20
BLOCK_BYTES = 16 << 20


def read_csv(
    path: Path, name: str, settings: FilesSourceSettings, header: Sequence[str] | None, scratch: Path
) -> RawRows:
    """Look at a CSV file and make its rows readable.

    Args:
        path: the file.
        name: what people call it.
        settings: encoding, delimiter, quote and texts that mean absent.
        header: names of the columns of a file without a header row.
        scratch: a folder for a copy in UTF-8, where the file is in another encoding.

    Raises:
        OpenspmError: the file is empty, in another encoding, or has a header that names no columns; with the line.
    """
    text_path = _as_utf8(path, name, settings, scratch)
    form = check_csv(text_path, name, settings.delimiter, settings.quote)
    if header is None:
        columns = _header(text_path, name, settings)
        check_header(columns, f"{name}, line 1")
    else:
        columns = tuple(header)
    rows = RawRows(name, columns, lambda: iter(()))
    reader = _read_plain if form.is_plain else _read_carefully
    rows.batches = lambda: reader(text_path, rows, form, settings, header is None)
    return rows


def _as_utf8(path: Path, name: str, settings: FilesSourceSettings, scratch: Path) -> Path:
    """The file itself, or a copy of it in UTF-8.

    Raises:
        OpenspmError: the file is not in the encoding that the source declares.
    """
    if settings.encoding == "utf-8":
        return path
    copy = scratch / f"{path.name}.utf8"
    line = 1
    try:
        with (
            path.open(encoding=settings.encoding, newline="") as source,
            copy.open("w", encoding="utf-8", newline="") as target,
        ):
            while text := source.read(CHUNK_BYTES):
                target.write(text)
                line += text.count("\n")
    except UnicodeError:
        raise _wrong_encoding(name, settings, line) from None
    return copy


def read_csv_header(path: Path, name: str, settings: FilesSourceSettings) -> tuple[str, ...]:
    """The columns that the first line of a CSV file names; nothing below it is read.

    Raises:
        OpenspmError: the file is empty, in another encoding, or names no columns.
    """
    encoding = "utf-8-sig" if settings.encoding == "utf-8" else settings.encoding
    try:
        columns = _header(path, name, settings, encoding)
    except UnicodeError:
        raise _wrong_encoding(name, settings, 1) from None
    check_header(columns, f"{name}, line 1")
    return columns


def _wrong_encoding(name: str, settings: FilesSourceSettings, line: int) -> OpenspmError:
    """The error for a file that is not what company.yml says."""
    return OpenspmError(
        f"The file is not {settings.encoding}, which the source declares",
        where=f"{name}, at or after line {line}",
        next_step="Correct `encoding` in company.yml, or export the file again.",
    )


def _records(path: Path, name: str, settings: FilesSourceSettings, encoding: str = "utf-8-sig") -> Iterator[list[str]]:
    """The records of a file that are not blank lines, by the csv module.

    Raises:
        OpenspmError: a quote that is not closed, or text after a closing quote, with the line.
    """
    csv.field_size_limit(MOST_VALUE_CHARACTERS)
    with path.open(encoding=encoding, newline="") as file:
        reader = csv.reader(file, delimiter=settings.delimiter, quotechar=settings.quote, strict=True)
        line = 1
        try:
            for record in reader:
                line = reader.line_num + 1
                if record:
                    yield record
        except csv.Error as error:
            problem = {
                "unexpected end of data": "A quote that begins a value is never closed",
            }.get(str(error), f"A record cannot be split: {error}")
            raise OpenspmError(
                problem,
                where=f"{name}, in the record that begins on line {line}",
                next_step="Correct the quotes there and export again; nothing of the file has landed.",
            ) from None


def _header(path: Path, name: str, settings: FilesSourceSettings, encoding: str = "utf-8-sig") -> tuple[str, ...]:
    """The first record."""
    for record in _records(path, name, settings, encoding):
        return tuple(record)
    raise OpenspmError(
        "The file is empty: it has no header",
        where=f"{name}, line 1",
        next_step="Export it again; a table without rows still has its header line.",
    )


def _read_plain(
    path: Path, rows: RawRows, form: CsvForm, settings: FilesSourceSettings, has_header: bool
) -> Iterator[pa.RecordBatch]:
    """The rows of a file whose form is sound, fast."""
    rows.ragged.clear()
    if has_header and _has_header_only(path, rows.name, settings):
        return
    header_records = 1 if has_header else 0

    def set_aside(record: pa_csv.InvalidRow) -> str:
        _set_aside(rows, record.number - header_records, record.text)
        return "skip"

    reader = pa_csv.open_csv(
        path,
        read_options=pa_csv.ReadOptions(
            use_threads=False, block_size=BLOCK_BYTES, column_names=None if has_header else list(rows.columns)
        ),
        parse_options=pa_csv.ParseOptions(
            delimiter=settings.delimiter,
            quote_char=settings.quote if form.has_quotes else False,
            newlines_in_values=form.has_quotes,
            invalid_row_handler=set_aside,
        ),
        convert_options=pa_csv.ConvertOptions(
            column_types={column: pa.string() for column in rows.columns},
            null_values=["", *settings.null_texts],
            strings_can_be_null=True,
            quoted_strings_can_be_null=True,
        ),
    )
    good_rows = 0
    passed_ragged = 0
    try:
        for batch in reader:
            numbers, passed_ragged = _numbers(rows, good_rows, batch.num_rows, passed_ragged)
            good_rows += batch.num_rows
            yield pa.RecordBatch.from_arrays([*batch.columns, numbers], [*rows.columns, "_row"])
    except pa.ArrowInvalid as error:
        raise OpenspmError(
            f"The file cannot be split into records: {error}",
            where=f"{rows.name}, after record {good_rows}",
            next_step=f"A record may have at most {BLOCK_BYTES >> 20} MB; export the file again.",
        ) from None


def _has_header_only(path: Path, name: str, settings: FilesSourceSettings) -> bool:
    """Whether no record follows the header."""
    return len(list(itertools.islice(_records(path, name, settings), 2))) < 2


def _numbers(rows: RawRows, good_rows: int, count: int, passed_ragged: int) -> tuple[pa.Array, int]:
    """The record numbers of the next good rows, stepping over the ragged records between them.

    Args:
        rows: the file; its ragged records are known at least as far as the rows go.
        good_rows: good rows before these.
        count: how many numbers.
        passed_ragged: ragged records before the first of them that were stepped over.

    Returns:
        The numbers, and the ragged records that were stepped over by now.
    """
    numbers: list[pa.Array] = []
    next_number = good_rows + passed_ragged + 1
    left = count
    while left:
        while passed_ragged < len(rows.ragged) and rows.ragged[passed_ragged].row == next_number:
            passed_ragged += 1
            next_number += 1
        until = rows.ragged[passed_ragged].row if passed_ragged < len(rows.ragged) else next_number + left
        run = min(left, until - next_number)
        numbers.append(pa.array(np.arange(next_number, next_number + run)))
        next_number += run
        left -= run
    return (pa.concat_arrays(numbers) if numbers else pa.array([], pa.int64())), passed_ragged


def _read_carefully(
    path: Path, rows: RawRows, form: CsvForm, settings: FilesSourceSettings, has_header: bool
) -> Iterator[pa.RecordBatch]:
    """The rows of a file with quotes in odd places, one record after the other."""
    del form
    rows.ragged.clear()
    records = _records(path, rows.name, settings)
    if has_header:
        next(records)
    absent = {"", *settings.null_texts}
    numbered = enumerate(records, start=1)
    while chunk := list(itertools.islice(numbered, BATCH_ROWS)):
        good: list[list[str]] = []
        numbers: list[int] = []
        for number, record in chunk:
            if len(record) == len(rows.columns):
                good.append(record)
                numbers.append(number)
            else:
                _set_aside(rows, number, _as_line(record, settings))
        columns = [
            pa.array([None if value in absent else value for value in column], pa.string())
            for column in (zip(*good, strict=True) if good else [()] * len(rows.columns))
        ]
        yield pa.RecordBatch.from_arrays([*columns, pa.array(numbers, pa.int64())], [*rows.columns, "_row"])


def _set_aside(rows: RawRows, number: int, text: str) -> None:
    """Keep a ragged record for quarantine.

    Raises:
        OpenspmError: so many that the delimiter must be wrong.
    """
    rows.ragged.append(RaggedRecord(number, text))
    if len(rows.ragged) > MOST_FAULTS:
        raise OpenspmError(
            f"More than {MOST_FAULTS} records have more or fewer values than the header",
            where=f"{rows.name}, up to record {number}",
            next_step="Check `delimiter` and `quote` of the source in company.yml.",
        )


def _as_line(record: Sequence[str], settings: FilesSourceSettings) -> str:
    """A split record as a line again."""
    line = io.StringIO()
    csv.writer(line, delimiter=settings.delimiter, quotechar=settings.quote, lineterminator="").writerow(record)
    return line.getvalue()
