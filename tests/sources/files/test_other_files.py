"""Excel and Parquet as text. A number format that a person does not see (1.0, 0.30000000000000004) would become another
id or another amount."""

from __future__ import annotations

import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from openspm.errors import OpenspmError
from openspm.sources.files.parquet_reader import read_parquet
from openspm.sources.files.raw_rows import RawRows
from openspm.sources.files.settings import FilesSourceSettings
from openspm.sources.files.workbook_reader import cell_text, read_workbook
from openspm.sources.zones import declare_zone

SETTINGS = FilesSourceSettings(name="s", kind="files", path=".", null_texts=("N/A",))


def workbook(folder: Path, *sheets: list[list[Any]]) -> Path:
    """A workbook with these sheets."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for number, rows in enumerate(sheets, start=1):
        sheet = book.create_sheet(f"Sheet{number}")
        for row in rows:
            sheet.append(row)
    path = folder / "book.xlsx"
    book.save(path)
    return path


def rows_of(rows: RawRows) -> list[list[Any]]:
    """All rows as lists."""
    return [list(row.values()) for batch in rows.batches() for row in batch.to_pylist()]


def test_cells_come_as_a_person_sees_them(tmp_path: Path) -> None:
    moment = datetime.datetime(2026, 3, 4, 10, 0, 1)  # noqa: DTZ001 - a sheet knows no zone
    path = workbook(
        tmp_path,
        [
            ["id", "number", "fraction", "day", "moment", "flag", "gone"],
            ["001", 1, 12.5, datetime.date(2026, 3, 4), moment, True, "N/A"],
            [None] * 7,
            ["1E5", 1e5, 0.1 + 0.2, None, None, False, None],
        ],
        [],
    )
    rows = read_workbook(path, "book.xlsx", None, SETTINGS, None)
    assert rows.columns == ("id", "number", "fraction", "day", "moment", "flag", "gone")
    assert rows_of(rows) == [
        ["001", "1", "12.5", "2026-03-04", "2026-03-04T10:00:01", "true", None, 1],
        ["1E5", "100000", "0.3", None, None, "false", None, 3],
    ]


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.1 + 0.2, "0.3"),
        (-0.0, "0"),
        (1e-7, "0.0000001"),
        (123456789012345.0, "123456789012345"),
        (1e16, "1e+16"),
        (1.5e300, "1.5e+300"),
        (1 / 3, "0.333333333333333"),
    ],
)
def test_numbers_have_the_digits_that_a_sheet_keeps(number: float, text: str) -> None:
    assert cell_text(number) == text


def test_a_workbook_with_several_sheets_needs_one_named(tmp_path: Path) -> None:
    path = workbook(tmp_path, [["id"], ["a"]], [["id"], ["b"]])
    with pytest.raises(OpenspmError, match="several sheets: Sheet1, Sheet2"):
        read_workbook(path, "book.xlsx", None, SETTINGS, None)
    assert rows_of(read_workbook(path, "book.xlsx", "Sheet2", SETTINGS, None)) == [["b", 1]]
    with pytest.raises(OpenspmError, match="no sheet 'Sheet3'"):
        read_workbook(path, "book.xlsx", "Sheet3", SETTINGS, None)


@pytest.mark.parametrize("cell", ["#N/A", "=1/0"])
def test_cells_without_a_value_refuse_the_workbook(tmp_path: Path, cell: str) -> None:
    path = workbook(tmp_path, [["id", "amount"], ["a", cell]])
    with pytest.raises(OpenspmError, match="Cell B2"):
        read_workbook(path, "book.xlsx", None, SETTINGS, None)


def test_what_is_no_workbook_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    path.write_text("id,name\n", encoding="utf-8")
    with pytest.raises(OpenspmError, match="no workbook"):
        read_workbook(path, "book.xlsx", None, SETTINGS, None)


def test_parquet_values_keep_every_digit(tmp_path: Path) -> None:
    path = tmp_path / "deals.parquet"
    table = pa.table(
        {
            "id": ["001", None],
            "amount": pa.array([Decimal("12345678901234.5600"), Decimal("-1")], pa.decimal128(18, 4)),
            "ratio": [0.1, float("inf")],
            "day": [datetime.date(2026, 3, 4), None],
            "moment": pa.array([0, None], pa.timestamp("us", tz="Europe/Berlin")),
            "flag": [True, None],
        }
    )
    pq.write_table(table, path)
    assert rows_of(read_parquet(path, "deals.parquet", SETTINGS)) == [
        ["001", "12345678901234.5600", "0.1", "2026-03-04", "1970-01-01 00:00:00+00", "true", 1],
        [None, "-1.0000", "inf", None, None, None, 2],
    ]


def test_parquet_without_a_text_form_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "deals.parquet"
    pq.write_table(pa.table({"id": [["a"]]}), path)
    with pytest.raises(OpenspmError, match="no text form"):
        read_parquet(path, "deals.parquet", SETTINGS)
    path.write_bytes(b"PAR1")
    with pytest.raises(OpenspmError, match="no Parquet file"):
        read_parquet(path, "deals.parquet", SETTINGS)


def test_a_zone_is_added_only_where_there_is_none() -> None:
    texts = pa.array(
        ["2026-03-04", "2026-03-04 10:00", "2026-03-04T10:00:00.5", "2026-03-04T10:00:00Z", "03/04/2026", None]
    )
    assert declare_zone(texts, "Europe/Berlin").to_pylist() == [
        "2026-03-04T00:00:00[Europe/Berlin]",
        "2026-03-04 10:00:00[Europe/Berlin]",
        "2026-03-04T10:00:00.5[Europe/Berlin]",
        "2026-03-04T10:00:00Z",
        "03/04/2026",
        None,
    ]
