"""Whole runs of the micro company in folders of their own."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from openspm.company import load_company
from openspm.nightly import RunOutcome, run_night
from openspm.settings import Settings, StatePaths, load_settings
from tests.compiled import COMPILED

CHECKOUT = Path(__file__).parents[2]
MICRO = CHECKOUT / "examples" / "micro"


def micro_settings(home: Path, **overrides: str) -> Settings:
    """Settings whose state lies under `home`."""
    environ = {f"OPENSPM_{name.upper()}": value for name, value in overrides.items()}
    return load_settings(MICRO, {"OPENSPM_HOME": str(home), **COMPILED, **environ})


def micro_state(home: Path) -> StatePaths:
    """The micro company's state under `home`."""
    return micro_settings(home).state("micro")


@dataclass(frozen=True)
class TwoNights:
    """The folder of two nights of one process (tests.faults.two_nights)."""

    folder: Path

    @property
    def home(self) -> Path:
        """The home with two publications; not to be changed."""
        return self.folder / "home"

    @property
    def printed(self) -> tuple[Path, Path]:
        """What each night printed on standard output."""
        return self.folder / "first.json", self.folder / "second.json"

    @property
    def first_hashes(self) -> Path:
        """Hashes of the files of the first publication, by name, before the second night."""
        return self.folder / "first_hashes.json"

    @property
    def contacts(self) -> Path:
        """Whom any process of the nights tried to reach."""
        return self.folder / "contacts.txt"


@cache
def two_nights_below(folder: Path) -> TwoNights:
    """Two nights of the micro company, made once a session for all tests that look at whole nights."""
    nights = TwoNights(folder / "two_nights")
    nights.folder.mkdir()
    watch = CHECKOUT / "tests" / "orchestration" / "network_watch"
    environment = {
        **os.environ,
        **COMPILED,
        "PYTHONPATH": str(watch),
        "NETWORK_WATCH_LOG": str(nights.contacts),
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.two_nights", str(nights.folder)],
        cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return nights


def run_micro(home: Path) -> RunOutcome:
    """Run the micro company without Dagster."""
    return run_night(micro_settings(home), load_company(MICRO))


def copy_home(source: Path, target: Path) -> Path:
    """A home of its own, with what was published in another one."""
    shutil.copytree(source, target, symlinks=True)
    return target


if __name__ == "__main__":
    outcome = run_micro(Path(sys.argv[1]))
    sys.exit(outcome.exit_code)
