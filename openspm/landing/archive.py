"""The raw archive: every file as it came, under its hash, so that a batch can be made again with another mapping."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from openspm.durable_files import flush_folder
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
    part = state.raw / f".{os.getpid()}.part"
    digest = hashlib.sha256()
    size = 0
    try:
        with path.open("rb") as source, part.open("wb") as target:
            while block := source.read(COPY_BYTES):
                digest.update(block)
                size += len(block)
                target.write(block)
            target.flush()
            os.fsync(target.fileno())
        raw = RawFile(name, digest.hexdigest(), size)
        final = archived_path(state, raw.sha256)
        if not final.exists():
            final.parent.mkdir(mode=0o700, exist_ok=True)
            part.chmod(0o600)
            part.replace(final)
            flush_folder(final.parent)
    except PermissionError:
        raise SourceUnreachable(
            "A file of the source cannot be read", where=str(path), next_step="Give the user of the run the right to."
        ) from None
    finally:
        part.unlink(missing_ok=True)
    return raw


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
