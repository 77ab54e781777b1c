"""dbt's child leaves the warehouse to others after each command, and does not outlive its parent.

What silently breaks without these: a gate that cannot open the candidate, an orphan that goes on writing into the file
of the next run, a graph that is drawn from models that have changed since.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

from openspm.transform import DbtChild, DbtFailed, fresh_manifest, run_dbt_in_process
from tests.faults.micro_runs import CHECKOUT, copy_home, micro_settings, micro_state

pytestmark = pytest.mark.timeout(600)
PARENT = """
import sys, time
from pathlib import Path
from openspm.transform import DbtChild
from tests.faults.micro_runs import micro_settings, micro_state
home = Path(sys.argv[1])
child = DbtChild(micro_settings(home), micro_state(home))
print(child._process.pid, flush=True)
time.sleep(600)
"""


def is_alive(pid: int) -> bool:
    """Whether a process runs, a zombie that nobody has waited for left aside."""
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks a process up in /proc")
def test_child_of_a_killed_parent_ends(tmp_path: Path, published_home: Path) -> None:
    home = copy_home(published_home, tmp_path / "home")
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(home)], cwd=CHECKOUT, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 60
    while is_alive(child) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not is_alive(child)


def test_warehouse_is_free_after_each_command(tmp_path: Path, published_home: Path) -> None:
    home = copy_home(published_home, tmp_path / "home")
    state = micro_state(home)
    with DbtChild(micro_settings(home), state) as child:
        for _ in range(2):
            result = child.run(["build", "--select", "publications"])
            assert [node.status for node in result.nodes] == ["success"]
            with duckdb.connect(str(state.candidate)) as connection:
                connection.execute("select count(*) from meta.publications")
        with pytest.raises(DbtFailed, match="--no-such-option"):
            child.run(["build", "--no-such-option"])


def test_in_process_runs_leave_no_file_open(tmp_path: Path, published_home: Path) -> None:
    settings, state = micro_settings(published_home), micro_state(published_home)
    for name in ("one", "two"):
        warehouse = tmp_path / name / "warehouse.duckdb"
        warehouse.parent.mkdir()
        assert run_dbt_in_process(["build", "--select", "publications"], settings, state, warehouse).is_success
        with duckdb.connect(str(warehouse)) as connection:
            connection.execute("insert into meta.publications by name select * from meta.publications")
    with pytest.raises(ValueError, match="built by a child process"):
        run_dbt_in_process(["ls"], settings, state, state.candidate)


def test_models_are_parsed_once_for_all_companies(tmp_path: Path) -> None:
    """The one test that parses all models; others take what `make setup` or an earlier test has parsed."""
    settings = micro_settings(tmp_path / "home", compiled_dir=str(tmp_path / "compiled"))
    path = fresh_manifest(settings, settings.state("one"))
    before = path.stat().st_mtime_ns
    assert path.is_relative_to(tmp_path / "compiled")
    assert fresh_manifest(settings, settings.state("other")) == path
    assert path.stat().st_mtime_ns == before
