"""What the tests of the command line share: a command that ends in this process, and a home with one publication."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from openspm.cli.main import main
from tests.reports.published_warehouse import write_warehouse


class Ended(NamedTuple):
    """How a command ended, and what it printed."""

    exit_code: int
    out: str
    err: str


Openspm = Callable[..., Ended]


@pytest.fixture
def openspm(capsys: pytest.CaptureFixture[str], home: Path) -> Iterator[Openspm]:
    """The command `openspm`, in this process; what it changes in the process is put back."""
    umask = os.umask(0o022)
    os.umask(umask)

    def run(*words: str | Path) -> Ended:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(word) for word in words])
        printed = capsys.readouterr()
        code = ended.value.code
        return Ended(code if isinstance(code, int) else 0, printed.out, printed.err)

    yield run
    os.umask(umask)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """An empty home of state; what the command changes in the environment is put back."""
    before = dict(os.environ)
    folder = tmp_path / "home"
    os.environ.update(OPENSPM_HOME=str(folder), NO_COLOR="1")
    yield folder
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="session")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A published file."""
    return write_warehouse(tmp_path_factory.mktemp("published") / "warehouse.duckdb")


@pytest.fixture
def published(home: Path, warehouse: Path) -> Path:
    """Two publications of the company `demo`, the second one current; returns the published folder."""
    folder = home / "demo" / "published"
    for number in (1, 2):
        generation = folder / "generations" / str(number)
        generation.mkdir(parents=True)
        for name in ("warehouse.duckdb", "warehouse_open.duckdb"):
            (generation / name).hardlink_to(warehouse)
        manifest = {
            "run_id": f"run-{number}",
            "as_of_date": f"2026-08-{number + 10}",
            "code_version": "0.1.0+abc",
            "publication": {"published_at": f"2026-08-{number + 10}T02:00:00Z"},
        }
        (generation / "manifest.json").write_text(json.dumps(manifest))
    (folder / "current").symlink_to("generations/2")
    (home / "demo" / "company_id").write_text("demo\n")
    return folder
