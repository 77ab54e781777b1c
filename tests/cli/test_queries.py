"""Protects `openspm query`: it reads the published file, and can neither change it nor reach anything else.

Without it a query pasted from a mail reads another file of the machine or writes into what payroll reads.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from .conftest import Openspm

GOALS = "select goal_id, goal_value from marts.fct_goals where goal_id in ('G-2026-07', 'G-2026-08') order by goal_id"


def test_it_answers_as_table_csv_and_json(openspm: Openspm, published: Path) -> None:
    table = openspm("query", GOALS).out.splitlines()
    assert [line.split() for line in table] == [
        ["goal_id", "goal_value"], ["G-2026-07", "677600.0000"], ["G-2026-08", "683200.0000"],
    ]  # fmt: skip
    assert openspm("query", GOALS, "--csv").out == "goal_id,goal_value\nG-2026-07,677600.0000\nG-2026-08,683200.0000\n"
    answer = json.loads(openspm("query", GOALS, "--json").out)
    assert answer[0] == {"goal_id": "G-2026-07", "goal_value": "677600.0000"}, "exact amounts stay exact in JSON"


@pytest.mark.parametrize(
    "sql",
    [
        "delete from marts.fct_goals",
        "create table marts.mine as select 1 as one",
        "select * from read_csv('/etc/passwd')",
        "select * from '/etc/passwd'",
        "copy marts.fct_goals to 'stolen.csv'",
        "attach 'other.duckdb' as other",
        "install httpfs",
        "set enable_external_access = true",
    ],
)
def test_it_can_change_and_reach_nothing(sql: str, openspm: Openspm, published: Path) -> None:
    file = published / "current" / "warehouse.duckdb"
    before = hashlib.sha256(file.read_bytes()).hexdigest()
    ended = openspm("query", sql)
    assert ended.exit_code == 1
    assert "root:" not in ended.out
    assert hashlib.sha256(file.read_bytes()).hexdigest() == before


def test_one_query_at_a_time(openspm: Openspm, published: Path) -> None:
    assert openspm("query", "select 1; select 2").exit_code == 2
    assert openspm("query", "selec 1").exit_code == 2
    assert openspm("query", "select 1", "--csv", "--json").exit_code == 2


def test_before_the_first_publication_it_says_how_to_publish(openspm: Openspm, home: Path) -> None:
    ended = openspm("query", "select 1")
    assert ended.exit_code == 2
    assert "openspm run" in ended.err
