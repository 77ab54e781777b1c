"""The file that a run builds in, and clearing away what a run that died left behind."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb

from openspm.settings import Settings, StatePaths


def clear_builds(state: StatePaths) -> None:
    """Delete the candidate and everything that was built beside it; nothing there outlives a run.

    A process that still had the old candidate open would go on in a file without a name.
    """
    if state.builds.exists():
        shutil.rmtree(state.builds)
    state.builds.mkdir(mode=0o700, parents=True)


def connect_candidate(path: Path, settings: Settings, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    """Open a candidate with the limits of the settings; the caller closes it before another process opens it."""
    return duckdb.connect(
        str(path),
        read_only=read_only,
        config={
            "threads": settings.threads,
            "memory_limit": settings.memory_limit,
            "temp_directory": str(path.parent / "spill"),
        },
    )
