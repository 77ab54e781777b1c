"""Reading Excel and OpenDocument sheets as text: each cell as a person sees it, not as a floating-point number.

    a whole number         12          not 12.0
    a fraction             12.5        at most 15 digits, which is all that a sheet keeps
    more than 15 digits    1.2e+17     as the sheet shows it: its digits are lost, so the grammar of numbers refuses it
    a date, a time         2026-03-04, 2026-03-04T10:00:00
    true and false         true, false

A text cell stays what it is: 001 and 1E5 typed as text are texts. Errors (#N/A) and formulas that were never calculated
would come as empty cells, so they refuse the file.
"""

from __future__ import annotations

import datetime
import re
import zipfile
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
from python_calamine import CalamineError, CalamineWorkbook

from openspm.errors import OpenspmError
from openspm.sources.files.header import check_header
from openspm.sources.files.raw_rows import BATCH_ROWS, RawRows
from openspm.sources.files.settings import FilesSourceSettings

WORKBOOK_SUFFIXES = frozenset({".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"})
MOST_SHEET_DIGITS = 15
ERROR_CELL = re.compile(rb'<c r="([A-Z]+[0-9]+)"[^>]*\bt="e"')
UNCALCULATED_CELL = re.compile(rb'<c r="([A-Z]+[0-9]+)"[^>]*><f[^>]*>[^<]*</f>(?:<v></v>|<v ?/>)?</c>')


def read_workbook(
    path: Path, name: str, sheet_name: str | None, settings: FilesSourceSettings, header: Sequence[str] | None
) -> RawRows:
    """Make the rows of one sheet readable.

    Args:
        path: the workbook.
        name: what people call it.
        sheet_name: the sheet; None where the workbook has one.
        settings: texts that mean absent.
        header: names of the columns of a sheet without a header row.

    Raises:
        OpenspmError: no workbook, a sheet that is not there or not named, a bad header, or cells without a value.
    """
    cells, sheet = _cells(path, name, sheet_name)
    where = f"{name}, sheet {sheet}"
    _refuse_lost_values(path, name)
    if header is None:
        if not cells:
            raise OpenspmError(
                "The sheet is empty: it has no header", where=where, next_step="Give its first row the columns' names."
            )
        texts = [cell_text(cell) or "" for cell in cells[0]]
        while texts and not texts[-1] and all(len(row) < len(texts) or row[len(texts) - 1] == "" for row in cells):
            texts.pop()
        columns = tuple(texts)
        check_header(columns, where)
        cells = cells[1:]
    else:
        columns = tuple(header)
    return RawRows(name, columns, lambda: _batches(cells, columns, frozenset(settings.null_texts)))


def _cells(path: Path, name: str, sheet_name: str | None) -> tuple[list[list[Any]], str]:
    """All cells of the sheet that is meant, and its name."""
    try:
        with CalamineWorkbook.from_path(str(path)) as workbook:
            filled = [sheet for sheet in workbook.sheet_names if workbook.get_sheet_by_name(sheet).height]
            if sheet_name is None and len(filled) > 1:
                raise OpenspmError(
                    f"The workbook has several sheets: {', '.join(filled)}",
                    where=name,
                    next_step=f"Name one under `relations` of the source, such as orders: '{name}#{filled[0]}'.",
                )
            chosen = sheet_name or (filled[0] if filled else workbook.sheet_names[0])
            if chosen not in workbook.sheet_names:
                raise OpenspmError(
                    f"The workbook has no sheet {chosen!r}",
                    where=name,
                    next_step=f"Use one of: {', '.join(workbook.sheet_names)}.",
                )
            return workbook.get_sheet_by_name(chosen).to_python(), chosen
    except CalamineError as error:
        raise OpenspmError(
            f"The file is no workbook that can be read: {error}", where=name, next_step="Save it again as .xlsx."
        ) from None


def _refuse_lost_values(path: Path, name: str) -> None:
    """Refuse a workbook with cells whose value is an error or was never calculated.

    Raises:
        OpenspmError: with the first such cell.
    """
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as archive:
        for part in sorted(archive.namelist()):
            if not part.startswith("xl/worksheets/") or not part.endswith(".xml"):
                continue
            content = archive.read(part)
            for pattern, problem in (
                (ERROR_CELL, "holds an error"),
                (UNCALCULATED_CELL, "holds an uncalculated formula"),
            ):
                found = pattern.search(content)
                if found:
                    raise OpenspmError(
                        f"Cell {found[1].decode()} {problem}",
                        where=f"{name}, {Path(part).stem}",
                        next_step="Replace it by a value, open and save the workbook in Excel, and export it again.",
                    )


def cell_text(cell: Any) -> str | None:
    """A cell as text; None when it is empty."""
    if cell == "":
        return None
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return _number_text(cell)
    if isinstance(cell, datetime.datetime | datetime.date | datetime.time):
        return cell.isoformat()
    return str(cell)


def _number_text(number: float) -> str:
    """A number with the digits that a sheet keeps, without an exponent where all of its digits are known."""
    if abs(number) >= 10**MOST_SHEET_DIGITS:
        return repr(number)
    text = f"{Decimal(f'{number:.{MOST_SHEET_DIGITS}g}'):f}"
    return "0" if text == "-0" else text


def _batches(
    cells: Sequence[Sequence[Any]], columns: tuple[str, ...], null_texts: frozenset[str]
) -> Iterator[pa.RecordBatch]:
    """The rows as text; blank rows give none, but count, so that a row's number is its place below the header."""
    for start in range(0, len(cells), BATCH_ROWS):
        texts: list[list[str | None]] = []
        numbers: list[int] = []
        for number, row in enumerate(cells[start : start + BATCH_ROWS], start=start + 1):
            values = [cell_text(cell) for cell in row[: len(columns)]]
            if any(value is not None for value in values):
                texts.append([None if value in null_texts else value for value in values])
                numbers.append(number)
        arrays = [
            pa.array(column, pa.string()) for column in (zip(*texts, strict=True) if texts else [()] * len(columns))
        ]
        yield pa.RecordBatch.from_arrays([*arrays, pa.array(numbers, pa.int64())], [*columns, "_row"])
