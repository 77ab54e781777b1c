"""Readers see one whole publication or the one before, whatever a crash or a full disk does to a run.

What silently breaks without these: a view that opens nowhere else, pay in the file for everybody, a link to nothing.
"""

import grp
import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from openspm.durable_files import hash_file
from openspm.errors import OpenspmError, UsageError
from openspm.faults import FAULT_POINTS, InjectedFault
from openspm.settings import Settings, StatePaths
from openspm.warehouse.generation_files import GenerationDamaged, TableContent, verify_duckdb
from openspm.warehouse.generations import (
    Generation,
    clear_unpublished,
    current_generation,
    current_warehouse,
    list_generations,
    prune_generations,
    publish,
    rollback,
    settle,
)
from openspm.warehouse.run_records import read_records, write_record
from tests.warehouse.small_warehouse import TABLES, build_candidate, new_record, publish_once, settings_at

PUBLISHING_POINTS = FAULT_POINTS[FAULT_POINTS.index("during_copy") : FAULT_POINTS.index("after_current") + 1]
# Before anything is whole, before and after the folder has its name, and after the link has moved.
KILLED_IN_SHORT_TESTS = ("during_copy", "before_rename", "after_rename", "after_current")


@pytest.fixture(scope="module")
def once_published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of state with one publication; not to be changed."""
    root = tmp_path_factory.mktemp("once_published")
    settings = settings_at(root)
    settings.state("micro").claim()
    publish_once(settings.state("micro"), settings)
    return root


@pytest.fixture
def before(tmp_path: Path, once_published: Path) -> Generation:
    """The one publication that the test's folder begins with."""
    shutil.copytree(once_published, tmp_path, symlinks=True, dirs_exist_ok=True)
    [generation] = list_generations(settings_at(tmp_path).state("micro"))
    return generation


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_at(tmp_path)


@pytest.fixture
def state(settings: Settings) -> StatePaths:
    state = settings.state("micro")
    state.claim()
    return state


def run_ids(warehouse: Path) -> set[str]:
    """Every run id that a reader finds in the marts of a file."""
    connection = duckdb.connect(
        str(warehouse), read_only=True, config={"enable_external_access": False, "lock_configuration": True}
    )
    try:
        newest = "select run_id from meta.publications order by generation_number desc limit 1"
        tables = ("marts.dim_payees", "marts.fct_payouts", "marts.fct_validation_results")
        union = " union ".join([f"select run_id from {table}" for table in tables] + [f"({newest})"])
        return {row[0] for row in connection.execute(union).fetchall()}
    finally:
        connection.close()


def test_publication_holds_marts_and_meta_as_tables_and_nothing_else(state: StatePaths, settings: Settings) -> None:
    generation = publish_once(state, settings)
    connection = duckdb.connect(str(generation.warehouse), read_only=True)
    found = connection.execute(
        "select table_schema || '.' || table_name, table_type from information_schema.tables order by all"
    ).fetchall()
    comment = connection.execute("select comment from duckdb_tables() where table_name = 'dim_payees'").fetchone()
    nullable = connection.execute(
        "select is_nullable from duckdb_columns() "
        "where table_name = 'fct_validation_results' and column_name = 'run_id'"
    ).fetchone()
    connection.close()
    assert found == [(f"{table.schema}.{table.name}", "BASE TABLE") for table in TABLES]
    assert comment == ("One row per record; dim_payees's own.",)
    assert nullable == (False,)
    assert {path.name for path in (generation.folder / "marts").iterdir()} == {
        "dim_payees.parquet",
        "fct_payouts.parquet",
        "fct_validation_results.parquet",
    }


def test_open_file_holds_no_pay(state: StatePaths, settings: Settings) -> None:
    generation = publish_once(state, settings)
    connection = duckdb.connect(str(generation.open_warehouse), read_only=True)
    columns = connection.execute("select table_name, column_name from duckdb_columns() where not internal").fetchall()
    connection.close()
    assert "fct_payouts" not in {table for table, _ in columns}
    assert ("dim_payees", "variable_target_amount") not in columns
    assert ("dim_payees", "payee_id") in columns


def test_manifest_names_every_file_with_its_hash(state: StatePaths, settings: Settings) -> None:
    generation = publish_once(state, settings)
    manifest = json.loads((generation.folder / "manifest.json").read_text())
    files = {path.relative_to(generation.folder).as_posix() for path in generation.folder.rglob("*") if path.is_file()}
    assert set(manifest["files"]) == files - {"manifest.json"}
    for name, entry in manifest["files"].items():
        assert entry["sha256"] == hash_file(generation.folder / name)
    assert manifest["tables"]["marts.dim_payees"]["row_count"] == 50


def test_files_are_closed_to_others_unless_a_group_is_named(
    tmp_path: Path, state: StatePaths, settings: Settings
) -> None:
    generation = publish_once(state, settings)
    for path in [generation.folder, *generation.folder.rglob("*")]:
        expected = 0o700 if path.is_dir() else 0o600
        assert stat.S_IMODE(path.stat().st_mode) == expected, path
    group = settings_at(tmp_path, file_mode="0640", file_group=grp.getgrgid(os.getgid()).gr_name)
    generation = publish_once(state, group)
    for path in [generation.folder, *generation.folder.rglob("*")]:
        expected = 0o750 if path.is_dir() else 0o640
        assert stat.S_IMODE(path.stat().st_mode) == expected, path


def test_rollback_moves_the_link_and_the_next_publication_takes_a_new_number(
    state: StatePaths, settings: Settings
) -> None:
    for _ in range(3):
        publish_once(state, settings)
    assert rollback(state, settings).number == 2
    assert rollback(state, settings, 3).number == 3
    assert rollback(state, settings, 1).number == 1
    with pytest.raises(UsageError, match="no earlier generation"):
        rollback(state, settings)
    with pytest.raises(UsageError, match="no generation 9"):
        rollback(state, settings, 9)
    clear_unpublished(state)
    assert [generation.number for generation in list_generations(state)] == [1, 2, 3]
    assert publish_once(state, settings).number == 4


def test_history_is_carried_from_publication_to_publication(state: StatePaths, settings: Settings) -> None:
    publish_once(state, settings)
    failed = new_record(state)
    failed.status_code, failed.publication, failed.message = "blocked", None, "gate"
    write_record(state, failed)
    generation = publish_once(state, settings)
    connection = duckdb.connect(str(generation.warehouse), read_only=True)
    numbers = connection.execute("select generation_number from meta.publications order by all").fetchall()
    statuses = connection.execute("select status_code from meta.runs order by run_id, status_code").fetchall()
    connection.close()
    assert numbers == [(1,), (2,)]
    assert sorted(statuses) == [("blocked",), ("published",), ("published",)]


def test_prune_keeps_the_last_ones_and_the_current_one(state: StatePaths, settings: Settings) -> None:
    for _ in range(5):
        publish_once(state, settings)
    rollback(state, settings, 1)
    assert prune_generations(state, 2) == [2, 3]
    assert [generation.number for generation in list_generations(state)] == [1, 4, 5]


@pytest.mark.parametrize(
    ("point", "kind"),
    [*((point, "error") for point in PUBLISHING_POINTS), ("during_copy", "full"), ("after_parquet", "full")],
)
def test_error_at_any_point_leaves_readers_what_they_had(
    tmp_path: Path, before: Generation, state: StatePaths, settings: Settings, point: str, kind: str
) -> None:
    seen = hash_file(current_warehouse(state))
    with pytest.raises((InjectedFault, OSError)):
        publish_once(state, settings_at(tmp_path, fault_at=f"{point}:{kind}"))
    after = current_generation(state)
    assert after is not None
    if point == "after_current":
        assert after.number == before.number + 1
    else:
        assert (after.number, hash_file(current_warehouse(state))) == (before.number, seen)
    settle(state)
    clear_unpublished(state)
    names = {path.name for path in (state.published / "generations").iterdir()}
    assert names == {"1", str(after.number)}
    assert len(run_ids(publish_once(state, settings).warehouse)) == 1


@pytest.mark.parametrize(
    "point",
    [
        point if point in KILLED_IN_SHORT_TESTS else pytest.param(point, marks=pytest.mark.faults)
        for point in PUBLISHING_POINTS
    ],
)
def test_killed_process_leaves_readers_one_whole_publication(
    tmp_path: Path, before: Generation, state: StatePaths, settings: Settings, point: str
) -> None:
    """Four points in `make test`; the others, which leave the same folders behind, in `make test-faults`."""
    code = (
        "from pathlib import Path; from tests.warehouse.small_warehouse import *;"
        f"s = settings_at(Path({str(tmp_path)!r}), fault_at='{point}:kill'); publish_once(s.state('micro'), s)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2], check=False)
    assert done.returncode == -9
    assert len(run_ids(current_warehouse(state))) == 1
    settle(state)
    clear_unpublished(state)
    current = current_generation(state)
    assert current is not None
    assert current.number == before.number + (point == "after_current")
    assert [record.status_code for record in read_records(state)] == [
        "published",
        "published" if point == "after_current" else "died",
    ]
    assert len(run_ids(publish_once(state, settings).warehouse)) == 1


def test_reader_goes_through_ten_publications_and_never_sees_two_runs(state: StatePaths, settings: Settings) -> None:
    publish_once(state, settings)
    # A process of its own, as a BI tool is: DuckDB shares one open file within a process.
    reader = subprocess.Popen(
        [sys.executable, "-m", "tests.warehouse.reader", str(state.published / "current" / "warehouse.duckdb")],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert reader.stdout is not None
    assert reader.stdout.readline() == "reading\n"
    for _ in range(10):
        publish_once(state, settings)
        prune_generations(state, 1)
    out, _ = reader.communicate("stop\n", timeout=30)
    report = json.loads(out)
    assert report["failures"] == []
    assert report["most_run_ids"] == 1
    assert report["reads"] > 10


def test_two_publications_of_one_process_leave_the_first_as_it_was(state: StatePaths, settings: Settings) -> None:
    first = publish_once(state, settings)
    before = {path: hash_file(path) for path in first.folder.rglob("*") if path.is_file()}
    publish_once(state, settings)
    assert {path: hash_file(path) for path in first.folder.rglob("*") if path.is_file()} == before


def test_candidate_without_a_declared_mart_is_refused(state: StatePaths, settings: Settings) -> None:
    record = new_record(state)
    candidate = build_candidate(state, settings, record.run_id)
    connection = duckdb.connect(str(candidate))
    connection.execute("alter table marts.fct_payouts drop column earned_amount")
    connection.close()
    with pytest.raises(OpenspmError, match=r"lacks declared columns of marts\.fct_payouts: earned_amount"):
        publish(state, settings, candidate, TABLES, record)
    assert not any((state.published / "generations").iterdir())


def test_damaged_block_is_found_before_readers_find_it(state: StatePaths, settings: Settings) -> None:
    generation = publish_once(state, settings, rows=200_000)
    contents = {"marts.dim_payees": TableContent(1, "0")}
    with pytest.raises(GenerationDamaged, match="does not read back"):
        verify_duckdb(generation.warehouse, contents)
    with generation.warehouse.open("r+b") as file:
        file.seek(generation.warehouse.stat().st_size // 2)
        file.write(os.urandom(200_000))
    with pytest.raises(GenerationDamaged):
        verify_duckdb(generation.warehouse, contents)
