"""The raw archive: every file as it came, under its hash, so that a batch can be made again with another mapping."""

from __future__ import annotations

import hashlib
import os
import threading
from pathlib import Path

from openspm.durable_files import flush_folder, hash_file
from openspm.errors import OpenspmError, SourceUnreachable
from openspm.settings import StatePaths
from openspm.sources import RawFile

COPY_BYTES = 1 << 20


def archive_file(state: StatePaths, path: Path, name: str) -> RawFile:
    """Copy a file into the archive; one that is there already is not stored again.

    Args:
        state: the company's state.
        path: the file.
        name: what people call it, relative to the source's folder.

    Raises:
        SourceUnreachable: the file cannot be read.
    """
    state.raw.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = state.raw / f".{os.getpid()}.{threading.get_ident()}.part"
    try:
        # Most files of most nights are there already; only new ones are copied, and hashed again as they are copied.
        sha256 = hash_file(path)
        if archived_path(state, sha256).exists():
            return RawFile(name, sha256, path.stat().st_size)
        raw = _copy(path, name, part)
        final = archived_path(state, raw.sha256)
        final.parent.mkdir(mode=0o700, exist_ok=True)
        part.replace(final)
        flush_folder(final.parent)
    except PermissionError:
        raise SourceUnreachable(
            "A file of the source cannot be read", where=str(path), next_step="Give the user of the run the right to."
        ) from None
    finally:
        part.unlink(missing_ok=True)
    return raw


def _copy(path: Path, name: str, part: Path) -> RawFile:
    """Copy a file to disk for good, and say what was copied."""
    digest = hashlib.sha256()
    size = 0
    with path.open("rb") as source, part.open("wb") as target:
        os.fchmod(target.fileno(), 0o600)
        while block := source.read(COPY_BYTES):
            digest.update(block)
            size += len(block)
            target.write(block)
        target.flush()
        os.fsync(target.fileno())
    return RawFile(name, digest.hexdigest(), size)


def archived_path(state: StatePaths, sha256: str) -> Path:
    """Where the file with a hash lies."""
    return state.raw / sha256[:2] / sha256


def find_archived(state: StatePaths, raw: RawFile) -> Path:
    """The archived file.

    Raises:
        OpenspmError: it is not there any more.
    """
    path = archived_path(state, raw.sha256)
    if not path.exists():
        raise OpenspmError(
            f"The raw file {raw.name!r} is not in the archive any more",
            where=str(path),
            next_step="Restore it from a backup, or land the source again.",
        )
    return path
