"""The list of what files bring, from the folder to the staged table. Each case either lands what is sound and lists the
rest with file and record, or lands nothing and says why: nothing is guessed and nothing is lost."""

from __future__ import annotations

import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from openspm.company import load_company
from openspm.contract import load_contract
from openspm.errors import OpenspmError
from openspm.landing import RunIdentity, land_all, read_manifests, register
from openspm.landing.archive import find_archived
from openspm.settings import load_settings
from tests.landing.staging_sql import NOON, StagingSql

HEADER = "opportunity_id,stage_name,deal_amount,close_date"
COMPANY = """
id: bad
name: Bad input
currency_code: EUR
timezone_name: Europe/Berlin
calendar: {first_year: 2026, last_year: 2026}
sources:
  - {name: crm, kind: files, path: data}
"""


class Night:
    """A company with one folder of files, landed and staged as often as asked."""

    def __init__(self, folder: Path, staging: StagingSql) -> None:
        """Make the company."""
        self.data = folder / "data"
        self.data.mkdir()
        (folder / "company.yml").write_text(COMPANY, encoding="utf-8")
        self.company = load_company(folder)
        self.settings = load_settings(folder, {"OPENSPM_HOME": str(folder / "home")})
        self.state = self.settings.state("bad")
        self.state.claim()
        self.staging = staging
        self.candidate = folder / "warehouse.duckdb"

    def write(self, content: str | bytes, name: str = "opportunities.csv") -> None:
        """Put a file into the folder."""
        (self.data / name).write_bytes(content.encode() if isinstance(content, str) else content)

    def run(self) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Land and stage; the staged rows, and the others."""
        land_all(self.settings, self.state, self.company, load_contract(), NOON)
        with duckdb.connect(str(self.candidate)) as connection:
            connection.execute("set TimeZone = 'UTC'")
            register(connection, self.state, load_contract(), self.company, NOON, RunIdentity("r", "v"))
            staged, unstaged = self.staging.run(connection)
        return sorted(staged, key=lambda row: row["opportunity_id"]), sorted(
            unstaged, key=lambda row: row["row_number"]
        )

    def refused(self) -> OpenspmError:
        """Land, and give the error by which the file is refused; nothing of the source has landed."""
        with pytest.raises(OpenspmError) as caught:
            self.run()
        assert not [manifest for manifest in read_manifests(self.state) if manifest.source == "crm"]
        assert caught.value.where
        assert caught.value.next_step
        return caught.value


@pytest.fixture
def night(tmp_path: Path, staging: dict[str, StagingSql]) -> Night:
    """An empty company."""
    return Night(tmp_path, staging["opportunities"])


def keys(rows: list[dict[str, Any]]) -> list[str]:
    """The keys of staged rows."""
    return [row["opportunity_id"] for row in rows]


def test_bad_values_are_quarantined_with_file_and_record(night: Night) -> None:
    amounts = ["1E5", "N/A", "inf", "NaN", "1e400", '"1,234.56"', "(12.50)", "1" * 30]
    lines = [f"d{number},Won,{amount}," for number, amount in enumerate(amounts)]
    night.write("\n".join([HEADER, "001,Won,1.50,2026-03-04", *lines, "1E5,Won,2,03/04/2026"]))
    staged, unstaged = night.run()
    assert keys(staged) == ["001"]
    assert [(row["file_name"], row["row_number"]) for row in unstaged] == [
        ("opportunities.csv", number) for number in range(2, 11)
    ]
    assert {row["rule_code"] for row in unstaged[:8]} == {"malformed_amount"}
    assert unstaged[8]["rule_code"] == "malformed_date"
    assert unstaged[8]["record_key"] == "1E5"
    assert unstaged[5]["raw_value"] == "1,234.56"


def test_a_ragged_row_is_quarantined_as_it_stands(night: Night) -> None:
    night.write(f"{HEADER}\na,Won,1,2026-03-04\nb,Won,1,234.56,2026-03-04\nc,Won\nd,Won,2,2026-03-04\n")
    staged, unstaged = night.run()
    assert keys(staged) == ["a", "d"]
    assert [(row["row_number"], row["rule_code"], row["raw_record"]) for row in unstaged] == [
        (2, "ragged_record", "b,Won,1,234.56,2026-03-04"),
        (3, "ragged_record", "c,Won"),
    ]


@pytest.mark.parametrize(
    ("content", "words", "place"),
    [
        (f'{HEADER}\na,Won,1,\nb,"Won,1,\nc,Won,1,\n', "never closed", "line 3"),
        ("opportunity_id,stage_name,stage_name\na,Won,Won\n", "twice", "line 1"),
        ("", "no header", "line 1"),
        (f"{HEADER}\na,W\u00e9n,1,\n".encode("latin-1"), "not UTF-8", "line 2"),
        (f"{HEADER}\na,W\0n,1,\n", "NUL", "line 2"),
        (f"{HEADER}\na,Won,1,\n".encode("utf-16"), "UTF-16", "line 1"),
        ("opportunity_id,deal_amount\na,1\n", "needs the column 'stage_name'", "line 1"),
    ],
)
def test_a_file_whose_records_are_unsure_is_refused(night: Night, content: str | bytes, words: str, place: str) -> None:
    night.write(content)
    error = night.refused()
    assert words in error.message
    assert "opportunities.csv" in str(error.where)
    assert place in str(error.where)


def test_marks_and_line_ends_change_nothing(night: Night) -> None:
    night.write(f"\ufeff{HEADER}\r\na,Won,1,2026-03-04\r\n")
    staged, unstaged = night.run()
    assert (keys(staged), unstaged) == (["a"], [])
    assert staged[0]["stage_name"] == "Won"


def test_a_header_alone_is_an_empty_table(night: Night) -> None:
    night.write(f"{HEADER}\n")
    assert night.run() == ([], [])
    assert [manifest.row_count for manifest in read_manifests(night.state) if manifest.source == "crm"] == [0]


def test_the_same_file_twice_is_one_batch(night: Night) -> None:
    night.write(f"{HEADER}\na,Won,1,\n")
    night.run()
    staged, unstaged = night.run()
    assert (keys(staged), unstaged) == (["a"], [])
    manifests = [manifest for manifest in read_manifests(night.state) if manifest.source == "crm"]
    assert [manifest.same_as_batch_id for manifest in manifests] == [None, manifests[0].batch_id]


def test_the_same_file_renamed_is_the_same_batch(night: Night) -> None:
    night.write(f"{HEADER}\na,Won,1,\n", "opportunities.csv")
    night.run()
    (night.data / "opportunities.csv").rename(night.data / "Opportunities.csv")
    staged, _ = night.run()
    assert keys(staged) == ["a"]
    manifests = [manifest for manifest in read_manifests(night.state) if manifest.source == "crm"]
    assert manifests[1].same_as_batch_id == manifests[0].batch_id
    assert manifests[1].raw_files[0].name == "Opportunities.csv"


def test_a_copy_beside_the_file_is_refused_and_not_added(night: Night) -> None:
    night.write(f"{HEADER}\na,Won,1,\n", "opportunities.csv")
    night.write(f"{HEADER}\na,Won,1,\n", "Opportunities.csv")
    assert "Two files" in night.refused().message


def test_one_more_column_is_kept_raw_and_named(night: Night) -> None:
    night.write(f"{HEADER},mood\na,Won,1,,sunny\n")
    staged, _ = night.run()
    manifest = next(manifest for manifest in read_manifests(night.state) if manifest.source == "crm")
    assert (keys(staged), manifest.ignored_columns) == (["a"], ("mood",))
    assert b"sunny" in find_archived(night.state, manifest.raw_files[0]).read_bytes()  # type: ignore[arg-type]


def test_one_column_fewer_is_absent_and_not_null(night: Night) -> None:
    night.write("opportunity_id,stage_name\na,Won\n")
    staged, unstaged = night.run()
    assert (keys(staged), unstaged, staged[0]["deal_amount"]) == (["a"], [], None)
    with duckdb.connect(str(night.candidate)) as connection:
        found = connection.execute(
            "select is_present from landing.columns where table_name = 'opportunities' and column_name = 'deal_amount'"
        ).fetchall()
    assert found == [(False,)]


def test_a_retyped_column_is_quarantined_row_by_row_and_the_last_good_rows_are_held(night: Night) -> None:
    night.write(f"{HEADER}\na,Won,1,2026-03-04\nb,Won,2,2026-03-04\n")
    night.run()
    night.write(f"{HEADER}\na,Won,1,04.03.2026\nb,Won,2,04.03.2026\n")
    staged, unstaged = night.run()
    assert [(row["opportunity_id"], row["is_held"]) for row in staged] == [("a", True), ("b", True)]
    assert [(row["rule_code"], row["is_key_held"]) for row in unstaged] == [("malformed_date", True)] * 2


def test_workbooks_and_parquet_land_like_csv(night: Night) -> None:
    book = openpyxl.Workbook()
    book.active.append(HEADER.split(","))
    book.active.append(["001", "Won", 12.5, datetime.date(2026, 3, 4)])
    book.active.append(["002", "Won", "1e3", None])
    book.save(night.data / "opportunities.xlsx")
    staged, unstaged = night.run()
    assert [(row["opportunity_id"], str(row["deal_amount"]), str(row["close_date"])) for row in staged] == [
        ("001", "12.5000", "2026-03-04")
    ]
    assert [(row["file_name"], row["row_number"], row["raw_value"]) for row in unstaged] == [
        ("opportunities.xlsx", 2, "1e3")
    ]
    (night.data / "opportunities.xlsx").unlink()
    table = pa.table({"opportunity_id": ["001"], "stage_name": ["Lost"], "deal_amount": [Decimal("1.25")]})
    pq.write_table(table, night.data / "opportunities.parquet")
    staged, unstaged = night.run()
    assert [(row["stage_name"], str(row["deal_amount"])) for row in staged] == [("Lost", "1.2500")]
    assert unstaged == []


def test_deltas_with_deleted_records(night: Night, tmp_path: Path) -> None:
    night.write(f"{HEADER}\na,Won,1,\nb,Won,2,\n")
    night.run()
    text = COMPANY.replace("path: data}", "path: data, deltas: [opportunities]}")
    (tmp_path / "company.yml").write_text(text, encoding="utf-8")
    night.company = load_company(tmp_path)
    night.write("opportunity_id,stage_name,_is_deleted\na,,true\nc,Won,\n")
    staged, unstaged = night.run()
    assert keys(staged) == ["b", "c"]
    assert sorted((row["batch_id"], row["outcome_code"]) for row in unstaged) == [
        ("0000000001", "superseded"),
        (max(row["batch_id"] for row in unstaged), "deleted"),
    ]
    night.write("opportunity_id,stage_name,_is_deleted\na,,perhaps\n")
    with pytest.raises(OpenspmError, match="neither true nor false"):
        night.run()


def test_a_declared_zone_is_used_and_only_there(night: Night, tmp_path: Path) -> None:
    night.write("opportunity_id,stage_name,created_at\na,Won,2026-07-01 10:00\nb,Won,2026-07-01T10:00:00Z\n")
    staged, unstaged = night.run()
    assert (keys(staged), [row["rule_code"] for row in unstaged]) == (["b"], ["malformed_timestamp"])
    text = COMPANY.replace("path: data}", "path: data, timestamp_zone: America/New_York}")
    (tmp_path / "company.yml").write_text(text, encoding="utf-8")
    night.company = load_company(tmp_path)
    staged, unstaged = night.run()
    assert [str(row["created_at"]) for row in staged] == ["2026-07-01 14:00:00", "2026-07-01 10:00:00"]
    assert unstaged == []
