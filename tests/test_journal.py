"""Protects the memory of what was sent: without it a second process, or a changed file, sends everything again."""

from __future__ import annotations

import datetime
import sqlite3
from pathlib import Path

import pytest

from openspm.errors import Locked, OpenspmError
from openspm.journal import Journal, hold_journal

NOW = datetime.datetime(2026, 4, 1, 23, tzinfo=datetime.UTC)
TODAY = datetime.date(2026, 4, 2)


def test_the_last_word_of_a_key_holds_and_channels_know_nothing_of_each_other(tmp_path: Path) -> None:
    path = tmp_path / "sent.sqlite"
    with Journal(path, "email", "run", NOW, TODAY) as journal:
        journal.intend(["a", "b"], "ada@example.org", "<1>")
        journal.conclude(["a"], "failed", "ada@example.org", "<1>", "550 no")
        journal.intend(["a"], "ada@example.org", "<2>")
        journal.conclude(["a"], "sent", "ada@example.org", "<2>")
    with Journal(path, "email", "later", NOW, TODAY) as journal:
        entries = journal.last_entries()
        assert {key: entry.outcome for key, entry in entries.items()} == {"a": "sent", "b": "intended"}
        assert (entries["a"].reference, entries["a"].recorded_date) == ("<2>", TODAY)
    with Journal(path, "tasks", "later", NOW, TODAY) as journal:
        assert journal.last_entries() == {}


@pytest.mark.parametrize("change", ["delete from entries", "update entries set outcome_code = 'failed'"])
def test_an_entry_stays_as_it_is(tmp_path: Path, change: str) -> None:
    path = tmp_path / "sent.sqlite"
    with Journal(path, "email", "run", NOW, TODAY) as journal:
        journal.intend(["a"], "ada@example.org", "<1>")
    connection = sqlite3.connect(path)
    with pytest.raises(sqlite3.IntegrityError, match="never"):
        connection.execute(change)
    connection.close()


def test_one_process_sends_at_a_time_and_a_broken_journal_stops_it(tmp_path: Path) -> None:
    path = tmp_path / "sent.sqlite"
    with hold_journal(path), pytest.raises(Locked), hold_journal(path):
        pass
    path.write_bytes(b"no database at all, but long enough to be looked at" * 30)
    with pytest.raises(OpenspmError, match="cannot be read"):
        Journal(path, "email", "run", NOW, TODAY)
