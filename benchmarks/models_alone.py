"""All SQL models of a night but the forecasts, on landed data: no landing, no gates, no publishing.

    python -m benchmarks.models_alone COMPANY_FOLDER

prints one line of JSON: seconds of wall time of the models and their data tests as a night sends them (from recordings,
without dbt), seconds of data tests and of the pay models added up over both threads, credits, the slowest nodes.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from openspm.company import load_company
from openspm.contract import load_contract
from openspm.landing.registration import RunIdentity, register
from openspm.model_builder import MODELS_COMMAND, STAGING_COMMAND
from openspm.replay import replay
from openspm.settings import load_settings
from openspm.transform import NodeResult

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
    seconds = 0.0
    for command in (STAGING_COMMAND, MODELS_COMMAND):
        result = replay(command, settings, state, state.candidate)
        if result is None:
            raise SystemExit(
                "The models are not compiled, or a test refuses something: run make setup and a night first"
            )
        ended += result.nodes
        seconds += result.seconds
    with duckdb.connect(state.candidate, read_only=True) as connection:
        credits_row = connection.execute("select count(*) from marts.fct_credits").fetchone()
    print(
        json.dumps(
            {
                "seconds": seconds,
                "test_seconds": sum(node.seconds for node in ended if node.resource_type == "test"),
                "pay_seconds": sum(
                    node.seconds for node in ended if node.resource_type == "model" and node.name.startswith(PAY)
                ),
                "credits": credits_row[0] if credits_row else 0,
                "slowest": sorted(((round(node.seconds, 2), node.name) for node in ended), reverse=True)[:12],
            }
        )
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
