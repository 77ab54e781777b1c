"""What a candidate is computed from: its as-of date, its landed batches, the head of its ledger."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from openspm.settings import Settings
from openspm.warehouse.candidate import connect_candidate


@dataclass(frozen=True)
class CandidateInput:
    """The input of a candidate, for the record of its run.

    Attributes:
        batches_hash: SHA-256 over the ids of all batches that are known, current or not.
        ledger_head: hash of the newest ledger entry; None while the ledger is empty.
    """

    as_of_date: date
    batch_count: int
    batches_hash: str
    ledger_head: str | None


def read_input(candidate: Path, settings: Settings) -> CandidateInput:
    """Read what was registered in a candidate."""
    connection = connect_candidate(candidate, settings, read_only=True)
    try:
        as_of = connection.execute("select as_of_date from landing.run").fetchall()
        batches = connection.execute(
            "select batch_id from landing.batches where not is_same_as_before order by batch_id"
        ).fetchall()
        head = connection.execute(
            "select entry_sha256 from landing.ledger_entries order by ledger_sequence desc limit 1"
        ).fetchone()
    finally:
        connection.close()
    return CandidateInput(
        as_of_date=as_of[0][0],
        batch_count=len(batches),
        batches_hash=hashlib.sha256("\n".join(row[0] for row in batches).encode()).hexdigest(),
        ledger_head=None if head is None else head[0],
    )
