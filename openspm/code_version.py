"""Which code computed a number: the package's version and a hash over the files that decide what a run computes."""

from __future__ import annotations

import hashlib
from pathlib import Path

from openspm import __version__

CHECKOUT = Path(__file__).resolve().parent.parent
DECIDING_FOLDERS = ("openspm", "models", "dbt_project", "expectations", "ml")
DECIDING_SUFFIXES = frozenset({".py", ".sql", ".yml", ".csv", ".json"})


def code_version() -> str:
    """`<version>+<12 hex digits>`; equal for equal files, whether they come from git, an archive or an edit."""
    digest = hashlib.sha256()
    for folder in DECIDING_FOLDERS:
        for path in sorted((CHECKOUT / folder).rglob("*")):
            if path.suffix in DECIDING_SUFFIXES and path.is_file():
                digest.update(path.relative_to(CHECKOUT).as_posix().encode() + b"\0")
                digest.update(hashlib.sha256(path.read_bytes()).digest())
    return f"{__version__}+{digest.hexdigest()[:12]}"
