"""A recording is replayed where it holds and nothing goes wrong; otherwise nothing is said, and dbt runs.

What silently breaks without these: a night that publishes what a data test refuses, tables of other columns than the
models declare, a failure without the words of dbt.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from openspm import compiled_models
from openspm.compiled_models import compiled_folder
from openspm.errors import OpenspmError
from openspm.recordings import (
    RecordedNode,
    Recording,
    Statement,
    TableWithoutRows,
    digest_of_inputs,
    save_recording,
)
from openspm.replay import is_recorded, replay
from openspm.settings import load_settings
from openspm.transform import DbtResult

COMMAND = ("build",)
INPUTS = (("landing", "deals"),)
VERDICT = "select count(*) as failures, count(*) > 0 as should_warn, count(*) > 0 as should_error from marts.deals"
TABLE = RecordedNode(
    "model.deals",
    "deals",
    "model",
    ("marts", "deals"),
    (),
    (
        Statement("create table marts.deals as select deal_id from landing.deals where deal_id < 3"),
        Statement(
            "insert into marts.deals select deal_id from landing.deals where deal_id >= 3",
            "select max(deal_id) > 2 from landing.deals",
        ),
    ),
)
VIEW = RecordedNode(
    "model.big",
    "big",
    "model",
    ("marts", "big"),
    ("model.deals",),
    (Statement("create view marts.big as select deal_id from marts.deals"),),
)

VIEW_OF_LISTS = replace(VIEW, statements=(Statement("create view marts.big as select deals from marts.deals"),))


def data_test(where: str, severity: str = "ERROR") -> RecordedNode:
    """A test that no deal is as `where` says."""
    query = (Statement(f"{VERDICT} where {where}"),)
    return RecordedNode("test.deals", "test_deals", "test", None, ("model.deals",), query, severity, "!= 0")


class Place:
    """A folder with a database of some deals, and recordings."""

    def __init__(self, folder: Path, deals: int) -> None:
        self.settings = load_settings(folder, {"OPENSPM_HOME": str(folder)})
        self.state = self.settings.state("company")
        self.database = folder / "warehouse.duckdb"
        with self.connect() as connection:
            connection.execute("create schema landing")
            connection.execute(f"create table landing.deals as select range + 1 as deal_id from range({deals})")
            self.digest = digest_of_inputs(connection, INPUTS)

    def connect(self) -> duckdb.DuckDBPyConnection:
        return duckdb.connect(str(self.database))

    def record(self, *nodes: RecordedNode) -> None:
        save_recording(compiled_folder(self.state.compiled), COMMAND, Recording(nodes, INPUTS, self.digest))

    def replay(self) -> DbtResult | None:
        return replay(COMMAND, self.settings, self.state, self.database)


@pytest.mark.parametrize("deals", [2, 4])
def test_tables_views_and_tests_in_their_order(tmp_path: Path, deals: int) -> None:
    place = Place(tmp_path, deals)
    place.record(VIEW, data_test("deal_id > 9"), TABLE)
    assert is_recorded(COMMAND, place.state)
    for _ in range(2):
        result = place.replay()
        assert result is not None
        assert result.is_success
        assert next(node.name for node in result.nodes) == "deals"
        assert {(node.name, node.status, node.message, node.failures) for node in result.nodes} == {
            ("deals", "success", "OK", None),
            ("big", "success", "OK", None),
            ("test_deals", "pass", "", 0),
        }
        with place.connect() as connection:
            assert connection.execute("select count(*) from marts.big").fetchone() == (deals,)


def test_tables_are_written_as_dbt_writes_them(tmp_path: Path) -> None:
    """Without the profile's settings a night compresses the texts of a file that it throws away: twice the time."""
    place = Place(tmp_path, 1)
    settings = "current_setting('TimeZone') as time_zone, current_setting('disabled_compression_methods') as methods"
    place.record(replace(TABLE, statements=(Statement(f"create table marts.deals as select {settings}"),)))
    assert place.replay() is not None
    with place.connect() as connection:
        time_zone, methods = connection.execute("select * from marts.deals").fetchall()[0]
        assert (time_zone, set(methods.lower().replace(" ", "").split(","))) == ("UTC", {"fsst", "dictionary"})


@pytest.mark.parametrize(("deals", "others"), [(0, 0), (2, 2), (4, 4)])
def test_a_table_without_rows_is_made_without_its_query(tmp_path: Path, deals: int, others: int) -> None:
    """The query that cannot run shows which way was taken; a table made here is known to be empty or not."""
    place = Place(tmp_path, deals)
    without = TableWithoutRows("create table marts.deals (deal_id bigint)", "landing.deals")
    query = Statement(
        f"create table marts.others as select deal_id{' / no_such' if not others else ''} from marts.deals"
    )
    other = RecordedNode(
        "model.others", "others", "model", ("marts", "others"), ("model.deals",), (query,),
        without_rows=TableWithoutRows("create table marts.others (deal_id bigint)", ("any", ("marts.deals",))),
    )  # fmt: skip
    place.record(replace(TABLE, without_rows=without), other)
    for _ in range(2):
        assert place.replay() is not None
        with place.connect() as connection:
            assert connection.execute("select count(*) from marts.deals").fetchone() == (deals,)
            assert connection.execute("select count(*) from marts.others").fetchone() == (others,)


def test_a_warning_is_said_in_the_words_of_dbt(tmp_path: Path) -> None:
    place = Place(tmp_path, 4)
    place.record(TABLE, data_test("deal_id > 2", "WARN"))
    result = place.replay()
    assert result is not None
    [node] = [node for node in result.nodes if node.resource_type == "test"]
    assert (node.status, node.message, node.failures) == ("warn", "Got 2 results, configured to warn if != 0", 2)


@pytest.mark.parametrize(
    "wrong",
    [
        data_test("deal_id > 2"),
        data_test("no_such_column > 2"),
        replace(TABLE, unique_id="model.other", relation=("marts", "other"), statements=(Statement("create tabel"),)),
    ],
)
def test_what_goes_wrong_is_left_to_dbt(tmp_path: Path, wrong: RecordedNode) -> None:
    place = Place(tmp_path, 4)
    place.record(TABLE, wrong)
    assert place.replay() is None
    with place.connect() as connection:
        connection.execute("drop table if exists marts.deals")


def test_a_recording_of_other_columns_or_models_does_not_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = Place(tmp_path, 4)
    place.record(TABLE)
    with place.connect() as connection:
        connection.execute("create table landing.columns (table_name text, column_name text, type_code text)")
        connection.execute("alter table landing.columns add column is_extension boolean")
    assert place.replay() is not None
    with place.connect() as connection:
        connection.execute("insert into landing.columns values ('deals', 'colour', 'text', true)")
    assert place.replay() is None
    with place.connect() as connection:
        connection.execute("delete from landing.columns")
        connection.execute("alter table landing.deals alter deal_id type varchar")
    assert place.replay() is None
    monkeypatch.setattr(compiled_models, "models_hash", lambda: "other models")
    assert not is_recorded(COMMAND, place.state)
    assert place.replay() is None


def test_recordings_of_other_inputs_and_unreadable_ones_stand_side_by_side(tmp_path: Path) -> None:
    place = Place(tmp_path, 4)
    folder = compiled_folder(place.state.compiled)
    save_recording(folder, COMMAND, Recording((VIEW,), INPUTS, "digest of other inputs"))
    place.record(TABLE)
    (folder / "recordings" / f"{next((folder / 'recordings').iterdir()).name[:16]}_cut.json").write_text("{")
    result = place.replay()
    assert result is not None
    assert [node.name for node in result.nodes] == ["deals"]


def test_want_of_memory_is_said_at_once(tmp_path: Path) -> None:
    """dbt would run everything again for as long, and fail at the same statement."""
    place = Place(tmp_path, 1)
    place.settings = load_settings(tmp_path, {"OPENSPM_HOME": str(tmp_path), "OPENSPM_MEMORY_LIMIT": "20MB"})
    wide = Statement("create table marts.deals as select list(range) as deals from range(5000000)")
    place.record(replace(TABLE, statements=(wide,)))
    with pytest.raises(OpenspmError, match="deals needs more memory than DuckDB may use") as failed:
        place.replay()
    assert "OPENSPM_MEMORY_LIMIT" in (failed.value.next_step or "")


def test_what_finds_too_little_memory_beside_others_runs_again_by_itself(tmp_path: Path) -> None:
    """A night of a large company would fail for want of memory that one model at a time has."""
    place = Place(tmp_path, 1)
    place.settings = load_settings(tmp_path, {"OPENSPM_HOME": str(tmp_path), "OPENSPM_MEMORY_LIMIT": "20MB"})
    counted = "case when current_setting('threads')::integer > 1 then 5000000 else 3 end"
    wide = Statement(
        f"create table marts.deals as select list(range) as deals from range(5000000) where range < {counted}"
    )
    place.record(replace(TABLE, statements=(wide,)), VIEW_OF_LISTS)
    result = place.replay()
    assert result is not None
    assert [(node.name, node.status) for node in result.nodes] == [("deals", "success"), ("big", "success")]
    with place.connect() as connection:
        assert connection.execute("select deals from marts.big").fetchone() == ([0, 1, 2],)
