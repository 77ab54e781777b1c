"""Two runs at once would build in one file and land the same batch numbers; the lock is all that keeps them apart.

What silently breaks without these: a second night that starts while the first one still runs, or a lock that a killed
run leaves behind for ever.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from openspm.errors import Locked
from openspm.settings import StatePaths
from openspm.warehouse.lock import hold_lock
from tests.warehouse.small_warehouse import settings_at

HOLDER = """
import sys, time
from pathlib import Path
from openspm.settings import StatePaths
from openspm.warehouse.lock import hold_lock
with hold_lock(StatePaths(company_id="micro", root=Path(sys.argv[1]), compiled=Path(sys.argv[1])), "run 20260101"):
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
"""


@pytest.fixture
def state(tmp_path: Path) -> StatePaths:
    return settings_at(tmp_path).state("micro")


def start_holder(state: StatePaths, seconds: float) -> subprocess.Popen[str]:
    """Another process that holds the lock."""
    state.root.mkdir(parents=True, exist_ok=True)
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(state.root), str(seconds)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_second_run_says_who_holds_the_lock(state: StatePaths) -> None:
    with start_holder(state, 30) as process:
        with pytest.raises(Locked, match=f"run 20260101, process {process.pid}") as raised, hold_lock(state, "mine"):
            pass
        assert raised.value.exit_code == 4
        process.kill()


def test_second_run_waits_when_told_to(state: StatePaths) -> None:
    with start_holder(state, 0.5), hold_lock(state, "mine", wait_seconds=20):
        pass


def test_killed_holder_frees_the_lock(state: StatePaths) -> None:
    process = start_holder(state, 30)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert process.stdout is not None
    process.stdout.close()
    with hold_lock(state, "mine"):
        pass
