"""openspm's own side: the pay models through dbt, on a file that holds the landed company.

    python -m benchmarks.payouts.engine DATABASE STATE_FOLDER

builds what pay reads (staging, people, rates) first, then the pay models, and prints one line of JSON: seconds of wall
time of the pay models as dbt ran them, the seconds of each, and the credits.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import duckdb

from openspm.plans.case_runs import PAY_MARTS
from openspm.settings import StatePaths, load_settings
from openspm.transform import NodeResult, run_dbt_in_process

PAY = ["openspm.intermediate.pay", *PAY_MARTS]


def main(database: Path, state_root: Path) -> None:
    """Build and print."""
    settings = load_settings(Path.cwd())
    state = StatePaths(company_id="benchmark", root=state_root)
    state.dbt.mkdir(parents=True, exist_ok=True)
    before = ["run", "--select", *(f"+{mart}" for mart in PAY_MARTS), "--exclude", *PAY]
    for command in (before, ["run", "--select", *PAY]):
        started = time.monotonic()
        result = run_dbt_in_process(command, settings, state, database)
        seconds = time.monotonic() - started
        if not result.is_success:
            raise SystemExit("\n".join(f"{node.name}: {node.message}" for node in result.failed_nodes))
    with duckdb.connect(str(database), read_only=True) as connection:
        found = connection.execute("select count(*) from marts.fct_credits").fetchone()
    print(json.dumps({"seconds": seconds, "credits": found[0] if found else 0, "models": _seconds(result.nodes)}))


def _seconds(nodes: tuple[NodeResult, ...]) -> dict[str, float]:
    """Seconds by model, slowest first."""
    return {node.name: round(node.seconds, 2) for node in sorted(nodes, key=lambda node: -node.seconds)}


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
