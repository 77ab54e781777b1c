"""openspm's own side: the pay models through dbt, on a file that holds the landed company.

    python -m benchmarks.payouts.engine DATABASE STATE_FOLDER

builds what pay reads (staging, people, rates) first, then the pay models, and prints one line of JSON: seconds of the
pay models as dbt ran them, its own included, the wall seconds of each, and the credits.
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb

from benchmarks.payouts.clock import Clock
from openspm.plans.case_runs import PAY_MARTS
from openspm.settings import Settings, StatePaths, load_settings
from openspm.transform import NodeResult, run_dbt_in_process

PAY = ["openspm.intermediate.pay", *PAY_MARTS]


def main(database: Path, state_root: Path) -> None:
    """Build and print."""
    settings = load_settings(Path.cwd())
    state = settings.state("benchmark").model_copy(update={"root": state_root})
    state.dbt.mkdir(parents=True, exist_ok=True)
    before = ["run", "--select", *(f"+{mart}" for mart in PAY_MARTS), "--exclude", *PAY]
    _run(before, settings, state, database)
    clock = Clock()
    nodes = _run(["run", "--select", *PAY], settings, state, database)
    with duckdb.connect(str(database), read_only=True) as connection:
        found = connection.execute("select count(*) from marts.fct_credits").fetchone()
    clock.print_seconds(credits=found[0] if found else 0, models=_wall_seconds(nodes))


def _run(command: list[str], settings: Settings, state: StatePaths, database: Path) -> tuple[NodeResult, ...]:
    """Run one dbt command; end with its messages where a model fails."""
    result = run_dbt_in_process(command, settings, state, database)
    if not result.is_success:
        raise SystemExit("\n".join(f"{node.name}: {node.message}" for node in result.failed_nodes))
    return result.nodes


def _wall_seconds(nodes: tuple[NodeResult, ...]) -> dict[str, float]:
    """Wall seconds by model, slowest first; two models run at a time."""
    return {node.name: round(node.seconds, 2) for node in sorted(nodes, key=lambda node: -node.seconds)}


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
