"""The long comparisons: 20,000 random worlds against the reference, and the same rows wherever they are computed.

Without these a rare meeting of rules would pay a cent too much for years, and a payout computed again on another
machine, in another country, could differ from the one that was signed. `make test-exact` runs them.

Seeds move on every day, so that the search goes on. A failure names its seed, and each test its first one:
`make test-exact SEED=n` begins there, with as many worlds as WORLDS=n says.
"""

from __future__ import annotations

import datetime
import os
import subprocess
import sys
from pathlib import Path

import pytest

from openspm.plans.case_landing import land_worlds
from openspm.plans.case_runs import build_pay
from openspm.settings import load_settings
from tests.pay.test_against_reference import differing, prepared
from tests.pay.test_laws import marts

pytestmark = pytest.mark.exact

# Every world's rules meet every world's events in some models: larger batches cost more than they save.
BATCH = 250
WORLDS = int(os.environ.get("OPENSPM_WORLDS", 20_000))
FIRST = int(os.environ.get("OPENSPM_FIRST_SEED", datetime.datetime.now(datetime.UTC).date().toordinal() * 20_000))
PLACES = {
    "threads of 1": {"OPENSPM_THREADS": "1"},
    "threads of 4": {"OPENSPM_THREADS": "4"},
    "a time zone far east": {"TZ": "Pacific/Kiritimati"},
    "a time zone far west": {"TZ": "Pacific/Pago_Pago"},
    "a language with other letters": {"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8"},
    "plain C": {"LC_ALL": "C", "LANG": "C"},
    "another hash seed": {"PYTHONHASHSEED": "4711"},
}


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where dbt writes for this file."""
    return tmp_path_factory.mktemp("exactness")


@pytest.mark.parametrize("seed", range(FIRST, FIRST + WORLDS, BATCH))
def test_worlds_from_a_seed_on(seed: int, state: Path) -> None:
    """Every line, draw and payout, to the last digit."""
    count = min(BATCH, FIRST + WORLDS - seed)
    different = differing(seed, count, state)
    first_lines = "\n".join(world.splitlines()[0][:200] for world in different)
    assert not different, f"{len(different)} of {count} worlds differ:\n{first_lines}\nThe first:\n{different[0]}"


def build(database: Path, state: Path) -> None:
    """Land and build some worlds, as the child processes of the test below do."""
    land_worlds([prepared(seed, seed)[1] for seed in range(90_000, 90_060)], database)
    settings = load_settings(Path.cwd())
    build_pay(settings, settings.state("exactness").model_copy(update={"root": state}), database)


@pytest.fixture(scope="module")
def here(state: Path) -> Path:
    """What this process builds."""
    database = state / "here" / "warehouse.duckdb"
    database.parent.mkdir()
    build(database, state)
    return database


@pytest.mark.parametrize("place", sorted(PLACES))
def test_the_same_rows_everywhere(place: str, here: Path, tmp_path: Path) -> None:
    """Threads, time zones, languages and hash seeds of a process change no row."""
    there = tmp_path / "there" / "warehouse.duckdb"
    there.parent.mkdir()
    command = (
        "import sys, pathlib; from tests.pay.test_exactness import build; "
        "build(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))"
    )
    environment = {**os.environ, **PLACES[place]}
    subprocess.run([sys.executable, "-c", command, str(there), str(tmp_path / "state")], env=environment, check=True)
    assert marts(there) == marts(here)
