"""Reading CSV strictly. A lenient reader drops rows, shifts columns or swallows half a file, and the night goes on."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import openspm.sources.files.csv_check as csv_check
import openspm.sources.files.csv_reader as csv_reader
from openspm.errors import OpenspmError
from openspm.sources.files.csv_check import CsvForm, check_csv
from openspm.sources.files.csv_reader import read_csv
from openspm.sources.files.raw_rows import RawRows
from openspm.sources.files.settings import FilesSourceSettings

Rows = list[tuple[str | None, ...]]


def source(**options: object) -> FilesSourceSettings:
    """A source's settings."""
    return FilesSourceSettings.model_validate({"name": "s", "kind": "files", "path": ".", **options})


def read(folder: Path, content: bytes, **options: object) -> RawRows:
    """Open a file with this content."""
    path = folder / "deals.csv"
    path.write_bytes(content)
    return read_csv(path, "deals.csv", source(**options), None, folder)


def all_rows(rows: RawRows) -> tuple[Rows, list[tuple[int, str]]]:
    """The rows with their numbers, and the ragged records."""
    found = [tuple(row.values()) for batch in rows.batches() for row in batch.to_pylist()]
    return found, [(record.row, record.text) for record in rows.ragged]


def refusal(folder: Path, content: bytes, **options: object) -> OpenspmError:
    """The error by which a file is refused."""
    with pytest.raises(OpenspmError) as caught:
        all_rows(read(folder, content, **options))
    assert caught.value.next_step
    return caught.value


def test_values_are_text_and_rows_keep_their_numbers(tmp_path: Path) -> None:
    rows = read(tmp_path, b'id,name\n001,"a, ""b"""\n1E5,\n\n"x\ny",N/A\n', null_texts=("N/A",))
    assert rows.columns == ("id", "name")
    assert all_rows(rows) == ([("001", 'a, "b"', 1), ("1E5", None, 2), ("x\ny", None, 3)], [])


@pytest.mark.parametrize(
    "content", [b"\xef\xbb\xbfid,name\r\n1,a\r\n2,b\r\n", b"id,name\r\n1,a\r\n2,b", b'"id","name"\n"1",a\n2,b\n']
)
def test_marks_and_line_ends_do_not_matter(tmp_path: Path, content: bytes) -> None:
    assert all_rows(read(tmp_path, content)) == ([("1", "a", 1), ("2", "b", 2)], [])


@pytest.mark.parametrize("quoted", ["", ' "'])
def test_a_ragged_record_is_set_aside_and_its_neighbours_stay(tmp_path: Path, quoted: str) -> None:
    """With an odd quote in the file the careful reader is used, which must do the same."""
    content = f"id,name\n1,a\n2\n3,c,d\n4,e{quoted}\n".encode()
    rows, ragged = all_rows(read(tmp_path, content))
    assert rows == [("1", "a", 1), ("4", f"e{quoted}", 4)]
    assert ragged == [(2, "2"), (3, "3,c,d")]


@pytest.mark.parametrize("end", ["", "\n"])
def test_a_header_alone_is_a_table_without_rows(tmp_path: Path, end: str) -> None:
    assert all_rows(read(tmp_path, f"id,name{end}".encode())) == ([], [])


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_refused(tmp_path: Path, content: bytes) -> None:
    error = refusal(tmp_path, content)
    assert "no header" in error.message
    assert error.where == "deals.csv, line 1"


def test_an_unterminated_quote_is_refused_with_the_line_where_it_begins(tmp_path: Path) -> None:
    error = refusal(tmp_path, b'id,name\n1,a\n2,"b\n3,c\n4,d\n')
    assert "never closed" in error.message
    assert error.where == "deals.csv, in the record that begins on line 3"


def test_text_after_a_closing_quote_is_refused_with_its_line(tmp_path: Path) -> None:
    error = refusal(tmp_path, b'id,name\n1,"a"b\n2,c\n')
    assert error.where == "deals.csv, in the record that begins on line 2"


@pytest.mark.parametrize("header", ["id,id", "id,ID", "id,", "id,_row"])
def test_a_header_that_names_no_columns_is_refused(tmp_path: Path, header: str) -> None:
    error = refusal(tmp_path, f"{header}\n1,2\n".encode())
    assert error.where == "deals.csv, line 1"


@pytest.mark.parametrize(
    ("content", "word", "line"),
    [
        (b"id,name\n1,a\n2,b\0\n", "NUL", 3),
        (b"id,name\n1,caf\xe9\n", "not UTF-8", 2),
        ("id,name\n1,a\n".encode("utf-16"), "UTF-16", 1),
    ],
)
def test_bytes_that_are_no_text_are_refused_with_their_line(
    tmp_path: Path, content: bytes, word: str, line: int
) -> None:
    error = refusal(tmp_path, content)
    assert word in error.message
    assert error.where == f"deals.csv, line {line}"


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1", "windows-1252"])
def test_other_encodings_are_read_where_they_are_declared(tmp_path: Path, encoding: str) -> None:
    rows = read(tmp_path, 'id,name\n1,"caf\u00e9"\n'.encode(encoding), encoding=encoding)
    assert all_rows(rows) == ([("1", "caf\u00e9", 1)], [])


def test_utf_16_that_is_not_is_refused(tmp_path: Path) -> None:
    assert "not utf-16" in refusal(tmp_path, b"id,name\n1,a", encoding="utf-16").message


def test_delimiter_and_quote_are_as_declared(tmp_path: Path) -> None:
    assert all_rows(read(tmp_path, b"id;name\n1;'a;b'\n", delimiter=";", quote="'")) == ([("1", "a;b", 1)], [])


@settings(max_examples=300, deadline=None)
@given(
    body=st.lists(st.sampled_from(['"', ",", "\n", "\r\n", "a", "b c", '""', "\u00e9"]), max_size=14).map("".join),
    chunk=st.sampled_from([5, 7, 1 << 20]),
)
def test_the_fast_reader_gives_what_the_careful_one_gives(
    tmp_path_factory: pytest.TempPathFactory, body: str, chunk: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzz.csv"
    path.write_text("h1,h2\n" + body, encoding="utf-8", newline="")
    usual, csv_check.CHUNK_BYTES = csv_check.CHUNK_BYTES, chunk
    try:
        form = check_csv(path, "fuzz.csv", ",", '"')
    finally:
        csv_check.CHUNK_BYTES = usual
    if not form.is_plain:
        return
    results = []
    for reader in (csv_reader._read_plain, csv_reader._read_carefully):
        rows = RawRows("fuzz.csv", ("h1", "h2"), lambda: iter(()))
        found = [tuple(row.values()) for batch in reader(path, rows, form, source(), True) for row in batch.to_pylist()]
        results.append((found, [record.row for record in rows.ragged]))
    assert results[0] == results[1]


def test_ragged_records_keep_their_numbers_over_many_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_reader, "BLOCK_BYTES", 4096)
    records = [f"{number}" if number % 97 == 0 else f"{number},v" for number in range(1, 5001)]
    rows, ragged = all_rows(read(tmp_path, ("id,name\n" + "\n".join(records)).encode()))
    assert [row[2] for row in rows] == [number for number in range(1, 5001) if number % 97]
    assert all(row[0] == str(row[2]) for row in rows)
    assert [number for number, _ in ragged] == list(range(97, 5001, 97))


def test_a_form_is_plain_only_where_every_quote_stands_at_an_edge(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    for text, is_plain in (
        ('a,"b"\n', True),
        ('a,b"c\n', False),
        ('"a""b"\n', True),
        ('"a" ,b\n', False),
        ('"a\n', False),
    ):
        path.write_text(text, encoding="utf-8")
        assert check_csv(path, "f.csv", ",", '"') == CsvForm(is_plain, True)


def test_what_python_writes_is_read_back(tmp_path: Path) -> None:
    values = ["plain", 'quote "', "comma,", "line\nbreak", " edge ", "001"]
    text = io.StringIO()
    csv.writer(text).writerows([["a", "b"], *([value, value] for value in values)])
    rows, ragged = all_rows(read(tmp_path, text.getvalue().encode()))
    assert [row[:2] for row in rows] == [(value, value) for value in values]
    assert ragged == []


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("quoted", ["", ' "'])
def test_a_file_without_a_header_is_read_from_its_first_record(tmp_path: Path, mark: str, quoted: str) -> None:
    path = tmp_path / "deals.csv"
    path.write_text(f"{mark}1|a\n2\n3|c{quoted}\n", encoding="utf-8")
    rows, ragged = all_rows(read_csv(path, "deals.csv", source(delimiter="|"), ("id", "name"), tmp_path))
    assert rows == [("1", "a", 1), ("3", f"c{quoted}", 3)]
    assert ragged == [(2, "2")]
