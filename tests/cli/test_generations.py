"""Protects going back to an earlier publication from the command line, and the list that it is chosen from."""

from __future__ import annotations

import json
from pathlib import Path

from .conftest import Openspm


def test_a_rollback_moves_what_readers_see(openspm: Openspm, published: Path) -> None:
    listed = json.loads(openspm("warehouse", "generations", "--json").out)
    assert [(entry["generation_number"], entry["is_current"]) for entry in listed] == [(1, False), (2, True)]
    ended = openspm("warehouse", "rollback")
    assert ended.exit_code == 0
    assert "Readers see generation 1 again, the numbers for 2026-08-11." in ended.out
    assert (published / "current").readlink() == Path("generations/1")
    assert "current" in openspm("warehouse", "generations").out.splitlines()[1]


def test_there_is_nothing_before_the_first(openspm: Openspm, published: Path) -> None:
    assert openspm("warehouse", "rollback", "7").exit_code == 2
    openspm("warehouse", "rollback", "1")
    ended = openspm("warehouse", "rollback")
    assert ended.exit_code == 2
    assert (published / "current").readlink() == Path("generations/1")
