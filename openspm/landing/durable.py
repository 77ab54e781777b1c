"""Writing files so that a crash leaves the old state or the new one, and never half of one."""

from __future__ import annotations

import os
from pathlib import Path


def make_private_folder(folder: Path) -> None:
    """Make a folder and its parents, closed to others."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def sync_folder(folder: Path) -> None:
    """Make renames within a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_file(path: Path) -> None:
    """Make a file's content durable and close it to others."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fchmod(descriptor, 0o600)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def put_in_place(temporary: Path, final: Path) -> None:
    """Give a finished file its name in one step.

    Args:
        temporary: a complete file in the same folder as `final`.
        final: its name; an existing file is replaced.
    """
    sync_file(temporary)
    temporary.replace(final)
    sync_folder(final.parent)
