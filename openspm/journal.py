"""What was written to other systems: an append-only journal, so that nothing is sent twice.

Before something is sent its intent is recorded, afterwards its outcome. An intent without an outcome means that the
process ended in between: whether it was sent is not known, so it is neither sent again nor called sent, until a person
says which (`settle`). Entries are never changed; what a key's last entry says holds.
"""

from __future__ import annotations

import datetime
import fcntl
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal, cast

from openspm.errors import Locked, OpenspmError, UsageError

Outcome = Literal["intended", "sent", "failed"]

SCHEMA = """
create table if not exists entries (
    entry_sequence integer primary key autoincrement,
    channel_code text not null,
    key text not null,
    outcome_code text not null check (outcome_code in ('intended', 'sent', 'failed')),
    recipient text not null,
    run_id text not null,
    recorded_at text not null,
    recorded_date text not null,
    reference text not null,
    reason_text text not null
) strict;
create index if not exists entries_of_keys on entries (channel_code, key, entry_sequence);
create trigger if not exists entries_stay before update on entries
begin select raise(abort, 'entries of the journal are never changed'); end;
create trigger if not exists entries_remain before delete on entries
begin select raise(abort, 'entries of the journal are never deleted'); end;
"""
LAST_ENTRIES = """
select entries.* from entries
inner join (
    select channel_code, key, max(entry_sequence) as entry_sequence from entries group by channel_code, key
) as last_entries using (channel_code, key, entry_sequence)
where entries.channel_code = ?
"""


@dataclass(frozen=True)
class Entry:
    """What the journal holds of one key.

    Attributes:
        key: what was to be sent, such as an action's id.
        outcome: the last word about it.
        recipient: whom it was for: an address, a record.
        run_id: the run that wrote the entry.
        recorded_at: when, UTC.
        recorded_date: the company's day of that moment.
        reference: by what the other system knows it, such as a Message-ID.
        reason: why it failed; empty otherwise.
    """

    key: str
    outcome: Outcome
    recipient: str
    run_id: str
    recorded_at: str
    recorded_date: datetime.date
    reference: str
    reason: str


class Journal:
    """The journal of one company: a SQLite file that only its owner can read. One process at a time writes it."""

    def __init__(self, path: Path, channel: str, run_id: str, now: datetime.datetime, today: datetime.date) -> None:
        """Open or make the journal.

        Args:
            path: the file; its folder exists.
            channel: what is written to: `email`, or a target of `openspm sync`.
            run_id: names the run in every entry.
            now: the aware moment of the run.
            today: the company's day of that moment.
        """
        self.path = path
        self._channel = channel
        self._run_id = run_id
        self._now = now.astimezone(datetime.UTC)
        self._today = today
        path.touch(mode=0o600, exist_ok=True)
        path.chmod(0o600)
        try:
            self._connection = sqlite3.connect(path, isolation_level=None)
            self._connection.row_factory = sqlite3.Row
            self._connection.execute("pragma synchronous = full")
            self._connection.executescript(SCHEMA)
        except sqlite3.DatabaseError as error:
            raise OpenspmError(
                f"The journal of what was sent cannot be read: {error}",
                where=str(path),
                next_step="Restore it from a backup. Without it everything would be sent once more.",
            ) from None

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def last_entries(self) -> dict[str, Entry]:
        """The last entry of every key of this channel."""
        rows = self._connection.execute(LAST_ENTRIES, [self._channel])
        return {row["key"]: _entry(row) for row in rows}

    def intend(self, keys: Iterable[str], recipient: str, reference: str) -> None:
        """Record, before it happens, that these keys are about to be sent to somebody."""
        self._append([(key, "intended", recipient, reference, "") for key in keys])

    def conclude(self, keys: Iterable[str], outcome: Outcome, recipient: str, reference: str, reason: str = "") -> None:
        """Record what became of keys that were intended."""
        self._append([(key, outcome, recipient, reference, reason) for key in keys])

    def settle(self, keys: Sequence[str], outcome: Outcome) -> None:
        """Record what a person found out about keys whose outcome is not known.

        Raises:
            UsageError: one of them is not waiting for that.
        """
        entries = self.last_entries()
        for key in keys:
            if key not in entries or entries[key].outcome != "intended":
                raise UsageError(
                    f"{key} is not waiting to be settled",
                    where=str(self.path),
                    next_step="Name a key that `openspm followups send` or `openspm sync` reports as uncertain.",
                )
        self._append([(key, outcome, entries[key].recipient, entries[key].reference, "settled") for key in keys])

    def _append(self, entries: Sequence[tuple[str, str, str, str, str]]) -> None:
        """Write entries in one transaction; they are on the disk when this returns."""
        moment = self._now.isoformat(timespec="seconds")
        rows = [
            (self._channel, key, outcome, recipient, self._run_id, moment, self._today.isoformat(), reference, reason)
            for key, outcome, recipient, reference, reason in entries
        ]
        self._connection.execute("begin immediate")
        try:
            self._connection.executemany(
                "insert into entries (channel_code, key, outcome_code, recipient, run_id, recorded_at, recorded_date, "
                "reference, reason_text) values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                rows,
            )
        except BaseException:
            self._connection.execute("rollback")
            raise
        self._connection.execute("commit")


@contextmanager
def hold_journal(path: Path) -> Iterator[None]:
    """Be the only process that sends: two at once would both find that nothing was sent yet.

    Raises:
        Locked: another process is sending.
    """
    with path.with_name(f"{path.name}.lock").open("a", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Locked(
                "Another process is writing to other systems for this company",
                where=str(path),
                next_step="Wait until it has ended.",
            ) from None
        yield


def _entry(row: sqlite3.Row) -> Entry:
    return Entry(
        row["key"],
        cast(Outcome, row["outcome_code"]),
        row["recipient"],
        row["run_id"],
        row["recorded_at"],
        datetime.date.fromisoformat(row["recorded_date"]),
        row["reference"],
        row["reason_text"],
    )
