"""openspm's own side: the pay models as a night sends them, on a file that holds the landed company.

    python -m benchmarks.payouts.engine DATABASE STATE_FOLDER

builds what pay reads (staging, people, rates) first, then the pay models, and prints one line of JSON: seconds of the
pay models, the wall seconds of each, and the credits. A night sends recordings and does not wait for dbt
(`docs/decisions/recorded_nights.md`); where there is none yet, a small company is built through dbt before the clock
starts.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import duckdb

from benchmarks.payouts.clock import Clock
from benchmarks.payouts.world import make
from openspm.plans.case_runs import PAY_MARTS
from openspm.replay import is_recorded, replay
from openspm.settings import Settings, StatePaths, load_settings
from openspm.transform import DbtResult, NodeResult, run_dbt_in_process

PAY = ["openspm.intermediate.pay", *PAY_MARTS]
BEFORE_PAY = ["run", "--select", *(f"+{mart}" for mart in PAY_MARTS), "--exclude", *PAY]
PAY_ALONE = ["run", "--select", *PAY]
SMALL_COMPANY_LINES = 1000


def main(database: Path, state_root: Path) -> None:
    """Build and print."""
    settings = load_settings(Path.cwd())
    state = settings.state("benchmark").model_copy(update={"root": state_root})
    state.dbt.mkdir(parents=True, exist_ok=True)
    if not all(is_recorded(command, state) for command in (BEFORE_PAY, PAY_ALONE)):
        with tempfile.TemporaryDirectory(prefix="openspm-payouts-recorded-") as folder:
            small = make(SMALL_COMPANY_LINES, Path(folder))
            for command in (BEFORE_PAY, PAY_ALONE):
                _succeeded(run_dbt_in_process(command, settings, state, small))
    _replayed(BEFORE_PAY, settings, state, database)
    clock = Clock()
    nodes = _replayed(PAY_ALONE, settings, state, database)
    with duckdb.connect(str(database), read_only=True) as connection:
        found = connection.execute("select count(*) from marts.fct_credits").fetchone()
    clock.print_seconds(credits=found[0] if found else 0, models=_wall_seconds(nodes))


def _replayed(command: list[str], settings: Settings, state: StatePaths, database: Path) -> tuple[NodeResult, ...]:
    """Send what was recorded of a command; end where that does not hold."""
    result = replay(command, settings, state, database)
    if result is None:
        raise SystemExit(f"dbt {' '.join(command)}: what was recorded does not hold for this company, or it failed")
    return _succeeded(result)


def _succeeded(result: DbtResult) -> tuple[NodeResult, ...]:
    """The nodes of a command; end with its messages where a model failed."""
    if not result.is_success:
        raise SystemExit("\n".join(f"{node.name}: {node.message}" for node in result.failed_nodes))
    return result.nodes


def _wall_seconds(nodes: tuple[NodeResult, ...]) -> dict[str, float]:
    """Wall seconds by model, slowest first; two models run at a time."""
    return {node.name: round(node.seconds, 2) for node in sorted(nodes, key=lambda node: -node.seconds)}


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
