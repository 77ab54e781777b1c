"""openspm's own side: the pay models through dbt, on a file that holds the landed company.

    python -m benchmarks.payouts.engine DATABASE STATE_FOLDER

builds what pay reads (staging, people, rates) first, then the pay models, and prints one line of JSON: seconds of the
pay models as dbt ran them, its own included, the processor seconds of each, and the credits.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import duckdb

from benchmarks.payouts.clock import Clock
from openspm.plans.case_runs import PAY_MARTS
from openspm.settings import Settings, StatePaths, load_settings
from openspm.transform import NodeResult, Progress, run_dbt_in_process

PAY = ["openspm.intermediate.pay", *PAY_MARTS]


def main(database: Path, state_root: Path) -> None:
    """Build and print."""
    settings = load_settings(Path.cwd())
    state = StatePaths(company_id="benchmark", root=state_root)
    state.dbt.mkdir(parents=True, exist_ok=True)
    before = ["run", "--select", *(f"+{mart}" for mart in PAY_MARTS), "--exclude", *PAY]
    _run(before, settings, state, database)
    clock, models = Clock(), _Models()
    _run(["run", "--select", *PAY], settings, state, database, models.ended)
    with duckdb.connect(str(database), read_only=True) as connection:
        found = connection.execute("select count(*) from marts.fct_credits").fetchone()
    clock.print_seconds(credits=found[0] if found else 0, models=models.slowest_first())


def _run(
    command: list[str], settings: Settings, state: StatePaths, database: Path, progress: Progress | None = None
) -> None:
    """Run one dbt command; end with its messages where a model fails."""
    result = run_dbt_in_process(command, settings, state, database, progress)
    if not result.is_success:
        raise SystemExit("\n".join(f"{node.name}: {node.message}" for node in result.failed_nodes))


class _Models:
    """Processor seconds by model: from the end of the one before it to its own, since one runs at a time."""

    def __init__(self) -> None:
        """Start with the first."""
        self._before, self._seconds = time.process_time(), dict[str, float]()

    def ended(self, node: NodeResult) -> None:
        """Take down what a model took."""
        now = time.process_time()
        self._seconds[node.name] = round(now - self._before, 2)
        self._before = now

    def slowest_first(self) -> dict[str, float]:
        """All of them."""
        return dict(sorted(self._seconds.items(), key=lambda model: -model[1]))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
