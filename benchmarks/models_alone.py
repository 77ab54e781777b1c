"""All SQL models of a night but the forecasts, on landed data: no landing, no tests, no gates, no publishing.

    python -m benchmarks.models_alone COMPANY_FOLDER

prints one line of JSON: seconds of wall time of the models, seconds of the pay models, credits.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from openspm.company import load_company
from openspm.contract import load_contract
from openspm.landing.registration import RunIdentity, register
from openspm.settings import load_settings
from openspm.transform import DbtChild, NodeResult

SELECTED = [
    "run",
    "--select",
    "openspm.staging",
    "openspm.intermediate",
    "openspm.marts",
    "--exclude",
    "openspm.intermediate.forecast",
    "openspm.intermediate.workflow",
    "openspm.marts.forecast",
    "openspm.marts.workflow",
    "openspm.marts.meta",
]
PAY = ("int_pay_", "fct_credits", "fct_attainment", "fct_payout")


def main(company_dir: Path) -> None:
    """Build the models once and print what it took."""
    settings, company = load_settings(company_dir), load_company(company_dir)
    state = settings.state(company.id)
    state.candidate.unlink(missing_ok=True)
    now = datetime.now(UTC)
    register(
        state.candidate, state, company.extend(load_contract()), company, now, RunIdentity("benchmark", "benchmark")
    )
    ended: list[NodeResult] = []
    with DbtChild(settings, state) as child:
        child.run(["ls", "--select", "openspm.staging"])
        started = time.monotonic()
        result = child.run(SELECTED, ended.append)
        seconds = time.monotonic() - started
    if not result.is_success:
        raise SystemExit("\n".join(f"{node.name}: {node.message}" for node in result.failed_nodes))
    with duckdb.connect(state.candidate, read_only=True) as connection:
        credits_row = connection.execute("select count(*) from marts.fct_credits").fetchone()
    print(
        json.dumps(
            {
                "seconds": seconds,
                "pay_seconds": sum(node.seconds for node in ended if node.name.startswith(PAY)),
                "credits": credits_row[0] if credits_row else 0,
                "slowest": sorted(((round(node.seconds, 2), node.name) for node in ended), reverse=True)[:12],
            }
        )
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
