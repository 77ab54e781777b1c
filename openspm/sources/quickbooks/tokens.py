"""Refresh tokens that are exchanged for new ones: the newest is kept, and nothing is used before it is kept.

QuickBooks takes a refresh token, gives an access token for an hour and another refresh token, and refuses the old one
from then on. So the new one is on disk, for good, before anything else happens. The room for it is taken before it is
asked for, so that a full disk shows while the old one is still good.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from openspm.durable_files import flush_folder
from openspm.errors import OpenspmError
from openspm.settings import StatePaths

ROOM_BYTES = 8192


class KeptToken:
    """The newest refresh token of a source, in the company's state."""

    def __init__(self, state: StatePaths, source_name: str, first: str) -> None:
        """Take where it is kept; nothing is read yet.

        Args:
            state: the company's state.
            source_name: the source.
            first: the token that the environment has. Another one than last time is a new authorisation, and counts.
        """
        self.state = state
        self.path = state.secrets / f"{source_name}.refresh_token.json"
        self._first = first

    def exchange(self, ask: Callable[[str], tuple[str, str]]) -> str:
        """Exchange the newest refresh token; one at a time, whoever asks.

        Args:
            ask: given a refresh token, gives an access token and the next refresh token.

        Returns:
            The access token.

        Raises:
            OpenspmError: the token cannot be kept; it was not exchanged then.
        """
        with self._alone():
            current = self.newest()
            descriptor, beside = self._room()
            try:
                access, following = ask(current)
                self._keep(descriptor, beside, following)
            finally:
                os.close(descriptor)
                beside.unlink(missing_ok=True)
        return access

    def newest(self) -> str:
        """The refresh token to use next.

        Raises:
            OpenspmError: the file cannot be read; the environment's token is an old one by now.
        """
        if not self.path.exists():
            return self._first
        try:
            kept = json.loads(self.path.read_text(encoding="utf-8"))
            return str(kept["refresh_token"]) if kept["first_sha256"] == _hash(self._first) else self._first
        except (OSError, ValueError, KeyError, TypeError):
            raise OpenspmError(
                "The kept refresh token cannot be read",
                where=str(self.path),
                next_step="Authorise again and give the new refresh token in the environment; the README of the kind "
                "says how. Then remove this file.",
            ) from None

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Nobody else exchanges the token meanwhile, whether a night or a check."""
        self.state.claim()
        self.path.parent.mkdir(mode=0o700, exist_ok=True)
        descriptor = os.open(self.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _room(self) -> tuple[int, Path]:
        """A file beside, of the owner alone, that has its room on the disk already."""
        beside = self.path.with_suffix(".part")
        try:
            descriptor = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
            os.write(descriptor, b" " * ROOM_BYTES)
            os.fsync(descriptor)
        except OSError as error:
            raise OpenspmError(
                f"A new refresh token could not be kept ({error.strerror}), so the old one was not exchanged",
                where=str(beside),
                next_step="Make room on the disk, or give the user of the run the right to write there.",
            ) from None
        return descriptor, beside

    def _keep(self, descriptor: int, beside: Path, token: str) -> None:
        """Write the token into its room and move it into place."""
        text = json.dumps({"first_sha256": _hash(self._first), "refresh_token": token})
        os.pwrite(descriptor, text.encode().ljust(ROOM_BYTES), 0)
        os.fsync(descriptor)
        beside.replace(self.path)
        flush_folder(self.path.parent)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
