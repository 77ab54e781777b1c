"""Protects `openspm simulate` and `openspm sources`: the first look at data, of a company that does not exist."""

from __future__ import annotations

import json
from pathlib import Path

from .conftest import Openspm


def test_it_writes_one_file_a_table_and_what_is_planted(openspm: Openspm, tmp_path: Path) -> None:
    words = (
        "simulate",
        "--opportunities",
        "60",
        "--months",
        "6",
        "--format",
        "csv",
        "--json",
        "--to",
        tmp_path / "out",
    )
    answer = json.loads(openspm(*words).out)
    assert answer["row_counts"]["opportunities"] == 60
    assert {path.stem for path in (tmp_path / "out").glob("*.csv")} == set(answer["row_counts"])
    assert (tmp_path / "out" / "simulation.json").is_file()
    again = openspm(*words)
    assert again.exit_code == 1
    assert json.loads(again.out)["error"]["message"] == "the folder for the simulated company is not empty"


def test_sources_are_listed_before_anything_landed(openspm: Openspm) -> None:
    listed = openspm("sources")
    assert listed.exit_code == 0
    assert "nothing landed yet" in listed.out
