"""Batches and manifests. If a batch could change or be half there, no warehouse could be built again."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from openspm.company import Company, load_company
from openspm.contract import Contract, load_contract
from openspm.errors import OpenspmError
from openspm.landing import Manifest, RunIdentity, land, read_manifests, register
from openspm.landing.manifest import batch_path
from openspm.settings import StatePaths, load_settings
from openspm.sources import Extract
from tests.landing.staging_sql import CHECKOUT, NOON, rows_of

HOUR = datetime.timedelta(hours=1)


@pytest.fixture
def state(tmp_path: Path) -> StatePaths:
    """An empty state."""
    state = load_settings(tmp_path, {"OPENSPM_HOME": str(tmp_path / "home")}).state("micro")
    state.claim()
    return state


@pytest.fixture(scope="module")
def company() -> Company:
    """A company without sources of its own."""
    return load_company(CHECKOUT / "examples" / "micro")


@pytest.fixture(scope="module")
def contract() -> Contract:
    """The contract."""
    return load_contract()


def deals(*keys: str, **columns: str) -> pa.Table:
    """Deals with these keys, and further columns that are the same for each."""
    rows = {"opportunity_id": list(keys), "stage_name": ["s"] * len(keys)}
    rows |= {name: [value] * len(keys) for name, value in columns.items()}
    return pa.table({name: pa.array(values, pa.string()) for name, values in rows.items()})


def land_deals(state: StatePaths, table: pa.Table, hours: int = 0, **options: object) -> Manifest:
    """Land one extract of deals, some hours after noon."""
    extract = Extract("opportunities", options.pop("kind", "full"), table, **options)
    return land(state, load_contract(), [extract], source="crm", landed_at=NOON + hours * HOUR)[0]


def shown(state: StatePaths, company: Company, hours: int = 100) -> list[dict[str, object]]:
    """The rows of deals that a candidate is shown as of some hours after noon."""
    with duckdb.connect() as connection:
        register(connection, state, load_contract(), company, NOON + hours * HOUR, RunIdentity("r", "v"))
        return rows_of(connection, "from landing.opportunities order by _batch_sequence, _row")


def test_a_batch_holds_text_and_where_each_row_came_from(state: StatePaths, company: Company) -> None:
    manifest = land_deals(state, deals("a", "b", deal_amount="1.50"))
    assert (manifest.row_count, manifest.batch_sequence, manifest.columns) == (
        2,
        1,
        ("opportunity_id", "stage_name", "deal_amount"),
    )
    row = shown(state, company)[1]
    assert (row["opportunity_id"], row["deal_amount"], row["close_date"]) == ("b", "1.50", None)
    assert (row["_source"], row["_row"], row["_is_deleted"], row["_is_current"]) == ("crm", 2, False, True)
    assert row["_extracted_at"] == NOON.replace(tzinfo=None)
    path = batch_path(state, "opportunities", manifest.batch_id)
    assert path.stat().st_mode & 0o777 == 0o600


def test_an_equal_batch_is_recorded_and_not_stored(state: StatePaths, company: Company) -> None:
    land_deals(state, deals("a"))
    again = land_deals(state, deals("a"), hours=1)
    assert (again.same_as_batch_id, again.batch_sequence) == ("0000000001", 2)
    assert not batch_path(state, "opportunities", again.batch_id).exists()
    assert [row["_batch_sequence"] for row in shown(state, company)] == [1]


def test_a_revert_is_a_new_version(state: StatePaths, company: Company) -> None:
    """A, B, A: the third export equals the first, and must count after the second."""
    for hour, amount in enumerate(["1", "2", "1"]):
        land_deals(state, deals("a", deal_amount=amount), hours=hour)
    rows = [(row["deal_amount"], row["_is_current"]) for row in shown(state, company)]
    assert rows == [("1", False), ("2", False), ("1", True)]


def test_rows_that_a_fingerprint_shows_to_be_known_are_not_read(state: StatePaths) -> None:
    def explode() -> pa.RecordBatchReader:
        raise AssertionError("read although nothing changed")

    land_deals(state, deals("a"), fingerprint="f")
    again = land(
        state,
        load_contract(),
        [Extract("opportunities", "full", explode, fingerprint="f")],
        source="crm",
        landed_at=NOON,
    )[0]
    assert (again.same_as_batch_id, again.row_count) == ("0000000001", 1)


def test_equal_rows_have_one_hash_however_they_are_cut(state: StatePaths) -> None:
    table = deals(*(str(number) for number in range(1000)))
    pieces = pa.Table.from_batches(
        [piece for start in range(0, 1000, 7) for piece in table.slice(start, 7).to_batches()]
    )
    assert land_deals(state, table).content_sha256 == land_deals(state, pieces).content_sha256


def test_an_earlier_as_of_shows_what_was_known_then(state: StatePaths, company: Company) -> None:
    land_deals(state, deals("a"))
    land_deals(state, deals("a", "b"), hours=2)
    assert [row["opportunity_id"] for row in shown(state, company, hours=1)] == ["a"]
    assert shown(state, company, hours=-1) == []
    assert len(shown(state, company, hours=2)) == 3


def test_deltas_add_to_the_newest_full_batch(state: StatePaths, company: Company) -> None:
    land_deals(state, deals("a"))
    land_deals(state, deals("b"))
    land_deals(state, deals("c"), kind="delta", cursor="3")
    rows = [(row["opportunity_id"], row["_is_current"]) for row in shown(state, company)]
    assert rows == [("a", False), ("b", True), ("c", True)]
    assert read_manifests(state)[-1].cursor == "3"


def test_a_landing_that_fails_leaves_nothing(state: StatePaths) -> None:
    land_deals(state, deals("a"))

    def extracts() -> Iterator[Extract]:
        yield Extract("opportunities", "full", deals("b"))
        raise OpenspmError("the second table cannot be read")

    with pytest.raises(OpenspmError):
        land(state, load_contract(), extracts(), source="crm", landed_at=NOON)
    assert [manifest.batch_id for manifest in read_manifests(state)] == ["0000000001"]
    assert [path.name for path in (state.landing / "batches" / "opportunities").iterdir()] == ["0000000001.parquet"]
    assert land_deals(state, deals("b")).batch_sequence == 2


def test_columns_say_what_is_absent(state: StatePaths, company: Company) -> None:
    """A column that a source lacks is absent, which is not NULL."""
    land_deals(state, deals("a", deal_amount=None))  # type: ignore[arg-type]
    with duckdb.connect() as connection:
        register(connection, state, load_contract(), company, NOON, RunIdentity("r", "v"))
        present = {
            row["column_name"]: row["is_present"]
            for row in rows_of(connection, "from landing.columns where table_name = 'opportunities'")
        }
        tables = {row["table_name"] for row in rows_of(connection, "select distinct table_name from landing.columns")}
        assert tables == set(load_contract().tables)
        for table in tables:
            connection.execute(f"select count(*) from landing.{table}")
        assert rows_of(connection, "from landing.run") == [
            {
                "run_id": "r",
                "as_of_at": NOON.replace(tzinfo=None),
                "as_of_date": company.as_of_date,
                "code_version": "v",
                "company_id": "micro",
            }
        ]
    assert present["deal_amount"]
    assert not present["close_date"]


def test_batches_with_other_columns_stand_beside_each_other(state: StatePaths, company: Company) -> None:
    land_deals(state, deals("a", deal_amount="1"))
    land_deals(state, deals("b", close_date="2026-03-04"), kind="delta")
    assert [(row["deal_amount"], row["close_date"]) for row in shown(state, company)] == [
        ("1", None),
        (None, "2026-03-04"),
    ]


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (pa.table({"opportunity_id": ["a"], "stage_name": ["s"], "amount": ["1"]}), "'amount' is not in the contract"),
        (pa.table({"opportunity_id": ["a"]}), "required column 'stage_name' is absent"),
        (pa.table({"opportunity_id": [1], "stage_name": ["s"]}), "came as int64"),
        (pa.table([["a"], ["s"], ["t"]], names=["opportunity_id", "stage_name", "stage_name"]), "comes twice"),
    ],
)
def test_what_does_not_fit_the_contract_is_refused(state: StatePaths, table: pa.Table, words: str) -> None:
    with pytest.raises(OpenspmError) as caught:
        land_deals(state, table)
    assert words in caught.value.message
    assert caught.value.next_step


def test_a_damaged_manifest_is_named(state: StatePaths) -> None:
    land_deals(state, deals("a"))
    path = next((state.landing / "manifests").iterdir())
    path.write_text(path.read_text(encoding="utf-8")[:100], encoding="utf-8")
    with pytest.raises(OpenspmError) as caught:
        read_manifests(state)
    assert caught.value.where == str(path)


def test_what_a_landing_that_died_left_behind_is_cleared(state: StatePaths) -> None:
    """A file that no manifest records was never read; left there, it would fill the disk night after night."""
    land_deals(state, deals("a"))
    folder = state.landing / "batches" / "opportunities"
    for orphan in (folder / "0000000002.part", folder / "0000000002.parquet"):
        orphan.write_bytes(b"half")
    (state.landing / "scratch.dead").mkdir()
    land_deals(state, deals("b"))
    assert sorted(path.name for path in folder.iterdir()) == ["0000000001.parquet", "0000000002.parquet"]
    assert not (state.landing / "scratch.dead").exists()


def test_a_row_that_does_not_say_whether_it_is_deleted_is_not(state: StatePaths, company: Company) -> None:
    table = deals("a", "b").append_column("_is_deleted", pa.array([None, True], pa.bool_()))
    land_deals(state, table, kind="delta")
    assert [row["_is_deleted"] for row in shown(state, company)] == [False, True]


def test_a_row_without_its_place_is_refused(state: StatePaths) -> None:
    with pytest.raises(OpenspmError, match="found again"):
        land_deals(state, deals("a").append_column("_file", pa.array([None], pa.string())))
