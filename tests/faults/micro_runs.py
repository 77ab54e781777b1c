"""Whole runs of the micro company in folders of their own."""

import shutil
import sys
from functools import cache
from pathlib import Path

from openspm.company import load_company
from openspm.nightly import RunOutcome, run_night
from openspm.settings import Settings, StatePaths, load_settings
from orchestration.run import run_nightly
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


@cache
def published_home_below(folder: Path) -> tuple[Path, RunOutcome]:
    """A home in which the micro company has been published once, through Dagster; made once a process."""
    home = folder / "published_micro"
    return home, run_nightly(micro_settings(home), load_company(MICRO))


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
