"""One run of a company at a time: a file lock that dies with its process and names its holder."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from openspm.errors import Locked
from openspm.settings import StatePaths

POLL_SECONDS = 0.2


def lock_path(state: StatePaths) -> Path:
    """The file that is locked; it stays there between runs."""
    return state.root / "run.lock"


@contextmanager
def hold_lock(state: StatePaths, holder: str, wait_seconds: float = 0) -> Iterator[None]:
    """Hold the company's lock; whoever writes landing, builds, published or runs holds it.

    The kernel frees it when the process ends, however it ends.

    Args:
        state: the company's state; its root is claimed first.
        holder: what holds it, such as a run's id, for the message that a second run gets.
        wait_seconds: how long to wait for another holder.

    Raises:
        Locked: another process holds it, still so after the wait.
    """
    state.claim()
    with lock_path(state).open("a+", encoding="utf-8") as file:
        deadline = time.monotonic() + wait_seconds
        while not _try_lock(file):
            if time.monotonic() >= deadline:
                raise Locked(
                    f"Another run holds the lock of {state.company_id!r}: {describe_holder(state)}",
                    where=str(lock_path(state)),
                    next_step="Wait until it has ended, or set OPENSPM_LOCK_WAIT_SECONDS.",
                )
            time.sleep(POLL_SECONDS)
        _write_holder(file, holder)
        try:
            yield
        finally:
            file.truncate(0)
            fcntl.flock(file, fcntl.LOCK_UN)


def describe_holder(state: StatePaths) -> str:
    """Who holds the lock, in words; what the file says, as its holder wrote it."""
    try:
        fields = json.loads(lock_path(state).read_text(encoding="utf-8"))
        return f"{fields['holder']}, process {fields['pid']} on {fields['host']}, since {fields['since']}"
    except (OSError, ValueError, KeyError):
        return "it has not said who it is yet"


def _try_lock(file: IO[str]) -> bool:
    """Take the lock if it is free."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _write_holder(file: IO[str], holder: str) -> None:
    """Say in the locked file who holds it."""
    file.truncate(0)
    file.write(
        json.dumps(
            {
                "holder": holder,
                "pid": os.getpid(),
                "host": socket.gethostname(),
                "since": datetime.now(UTC).isoformat(timespec="seconds"),
            }
        )
    )
    file.flush()
