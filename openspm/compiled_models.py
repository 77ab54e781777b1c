"""The models as dbt compiled them: one folder for each state of the models, shared by all companies.

| below `Settings.compiled_dir`, in the folder of a state of the models | content |
|---|---|
| manifest.json, partial_parse.msgpack | what dbt parsed |
| recordings/ | what dbt sends for a command (openspm.recordings) |

Beside these folders, charts/ has the script of the reports' charts (openspm.reports), which no model changes.

What dbt makes of the models depends on the models alone, and takes longer than the night of a small company. `make
setup` does it (openspm.model_compiler); otherwise the first run after a change does it for all that come.
"""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.metadata import version
from pathlib import Path

from openspm.settings import StatePaths

CHECKOUT = Path(__file__).resolve().parent.parent
PROJECT_DIR = CHECKOUT / "dbt_project"
MODELS_DIR = CHECKOUT / "models"
MANIFEST = "manifest.json"
PACKED_MANIFEST = "partial_parse.msgpack"
INPUT_SUFFIXES = frozenset({".sql", ".yml", ".yaml", ".md", ".csv"})
# Two checkouts of one home, or a change that is taken back, find their models again.
KEPT_STATES = 4


@cache
def models_hash() -> str:
    """A hash over all that decides what dbt makes of the models: models, project, macros and dbt's versions.

    It is that of the files when this process first asked: what a process runs does not change under it.
    """
    digest = hashlib.sha256()
    for package in ("dbt-core", "dbt-adapters", "dbt-duckdb"):
        digest.update(f"{package}=={version(package)}\n".encode())
    for root in (MODELS_DIR, PROJECT_DIR):
        for path in sorted(root.rglob("*")):
            if path.suffix in INPUT_SUFFIXES and path.is_file() and path.parent.name not in {"target", "logs"}:
                content = hashlib.sha256(path.read_bytes()).hexdigest()
                digest.update(f"{path.relative_to(CHECKOUT).as_posix()} {content}\n".encode())
    return digest.hexdigest()


def compiled_folder(compiled_dir: Path) -> Path:
    """The folder of the models as they are now; it need not exist."""
    return compiled_dir / models_hash()[:16]


def manifest_path(state: StatePaths) -> Path:
    """Where dbt's manifest.json of the models lies, once they are parsed."""
    return compiled_folder(state.compiled) / MANIFEST


def is_parsed(state: StatePaths) -> bool:
    """Whether the models as they are now were parsed."""
    return manifest_path(state).exists()


@contextmanager
def parse_folder(compiled_dir: Path) -> Iterator[Path]:
    """A folder for dbt to parse into, with what it knows of another state of the models, so that it parses the rest.

    Left without an error it becomes that of the models as they are now, and the oldest states are deleted; otherwise
    it is gone.
    """
    compiled_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".parsing-", dir=compiled_dir) as name:
        folder = Path(name) / "target"
        folder.mkdir(mode=0o700)
        for other in _states(compiled_dir)[:1]:
            with contextlib.suppress(FileNotFoundError):
                shutil.copy(other / PACKED_MANIFEST, folder)
        yield folder
        target = compiled_folder(compiled_dir)
        try:
            folder.rename(target)
        except OSError:
            # Another run may have been faster: what it made is the same.
            if not (target / MANIFEST).exists():
                raise
    for surplus in _states(compiled_dir)[KEPT_STATES:]:
        if surplus != target:
            shutil.rmtree(surplus, ignore_errors=True)


def _states(compiled_dir: Path) -> list[Path]:
    """The states of the models that were parsed, the last one first."""
    parsed = {path.parent: path.stat().st_mtime_ns for path in compiled_dir.glob(f"[0-9a-f]*/{MANIFEST}")}
    return sorted(parsed, key=lambda folder: (-parsed[folder], folder))
