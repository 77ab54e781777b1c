"""A disk that fills up while a generation is written costs the new publication and nothing else.

What silently breaks without this: a warehouse that opens and lacks its last rows, because a write failed unheard.
"""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from openspm.durable_files import hash_file
from openspm.warehouse.generations import current_generation, publish
from tests.warehouse.small_warehouse import TABLES, build_candidate, new_record, publish_once, settings_at

DISK_MEGABYTES = 8
ROWS_TOO_MANY = 1_200_000


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of a few megabytes; the test skips where it may not be mounted."""
    folder = tmp_path / "small_disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MEGABYTES}m", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount command; the injected full disk stands in for this test")
    if mounted.returncode != 0:
        pytest.skip(f"a tmpfs may not be mounted here: {mounted.stderr.strip()}; the injected one stands in")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=False)


def test_full_disk_leaves_the_last_publication(tmp_path: Path, small_disk: Path) -> None:
    settings = settings_at(small_disk)
    state = settings.state("micro")
    before = publish_once(state, settings)
    seen = hash_file(before.warehouse)
    elsewhere = settings_at(tmp_path).state("micro")
    record = new_record(state)
    candidate = build_candidate(elsewhere, settings, record.run_id, rows=ROWS_TOO_MANY)
    with pytest.raises((duckdb.Error, OSError)):
        publish(state, settings, candidate, TABLES, record)
    current = current_generation(state)
    assert current is not None
    assert (current.number, hash_file(current.warehouse)) == (1, seen)
    assert not list((state.published / "generations").glob(".*"))
    assert publish_once(state, settings).number == 2
