"""A whole run that is killed at any moment leaves readers one whole publication, and the next run succeeds.

What silently breaks without these: children that live on and write into the next run's candidate, a half-written batch
that counts as landed, a lock that nobody frees.
"""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

from openspm.warehouse.generations import current_generation
from openspm.warehouse.run_records import read_records
from tests.faults.micro_runs import CHECKOUT, copy_home, micro_state, run_micro

pytestmark = pytest.mark.timeout(900)


def kill_a_run(home: Path, seconds: float) -> None:
    """Start a run and kill its process after so many seconds; its children are left to find out by themselves."""
    process = subprocess.Popen([sys.executable, "-m", "tests.faults.micro_runs", str(home)], cwd=CHECKOUT)
    try:
        time.sleep(seconds)
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()


def current_run_ids(home: Path) -> set[str]:
    """The run ids that a reader finds in the current publication."""
    generation = current_generation(micro_state(home))
    assert generation is not None
    connection = duckdb.connect(str(generation.warehouse), read_only=True)
    try:
        newest = "select run_id from meta.publications order by generation_number desc limit 1"
        rows = connection.execute(f"select run_id from marts.fct_validation_results union ({newest})").fetchall()
        tables = connection.execute("select table_schema, table_name from information_schema.tables").fetchall()
        for schema, name in tables:
            connection.execute(f'select count(*) from "{schema}"."{name}"')
    finally:
        connection.close()
    return {generation.run_id} | {row[0] for row in rows}


def duration_of_a_run(home: Path) -> float:
    """Seconds that the first run of a home took from its start to its end."""
    first = read_records(micro_state(home))[0]
    assert first.finished_at is not None
    return (first.finished_at - first.started_at).total_seconds()


def test_three_kills_and_then_a_night(tmp_path: Path, published_home: Path) -> None:
    """Each kill is followed by a run that clears up after it and is killed itself; the last one is left alone.

    It would fail for what `test_kill_at_a_random_moment` fails for, at fewer moments.
    """
    home = copy_home(published_home, tmp_path / "home")
    moments = random.Random(20260123)
    for _ in range(3):
        kill_a_run(home, moments.uniform(0.5, duration_of_a_run(home)))
        assert len(current_run_ids(home)) == 1
    outcome = run_micro(home)
    assert outcome.status == "published", outcome.message
    assert current_run_ids(home) == {outcome.run_id}
    assert {record.status_code for record in read_records(micro_state(home))} <= {"published", "died"}


@pytest.mark.faults
@pytest.mark.parametrize("seed", range(30))
def test_kill_at_a_random_moment(tmp_path: Path, published_home: Path, seed: int) -> None:
    home = copy_home(published_home, tmp_path / "home")
    kill_a_run(home, random.Random(seed).uniform(0.5, duration_of_a_run(home)))
    assert len(current_run_ids(home)) == 1
    outcome = run_micro(home)
    assert outcome.status == "published", outcome.message
    assert current_run_ids(home) == {outcome.run_id}
