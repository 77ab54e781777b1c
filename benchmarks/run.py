"""Measures nights of three sizes against one hand-written DuckDB script, after showing that both give the same numbers.

    python -m benchmarks.run [--rows 100000 --rows 1000000 --rows 10000000] [--to FOLDER]

For each size: a simulated company without defects is written as Parquet; the script of benchmarks/by_hand and a whole
night run on the same files; every column that the script writes must be equal in the published file to the last digit,
or nothing is timed; then the SQL models and their data tests alone run once more. Results are printed as a table and
written as JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import sys
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from benchmarks import by_hand
from benchmarks.measure import Measured, measure
from openspm.sources.simulated import SimulationSettings, write

CHECKOUT = Path(__file__).resolve().parent.parent
DEMO = CHECKOUT / "examples" / "demo"
# Rows over all tables that the generator makes for one deal, by counting.
ROWS_PER_DEAL = 17.5
THREADS = 2
MEMORY_LIMIT = "2GB"
GIB = 1024**3


def company_of(folder: Path, rows: int) -> tuple[Path, Path]:
    """Write the records and a company folder that reads them; returns both folders."""
    records = folder / "records"
    settings = SimulationSettings(opportunity_count=max(1000, round(rows / ROWS_PER_DEAL)), defects=False)
    write(settings, records, "parquet")
    company = folder / "company"
    shutil.copytree(DEMO / "plans", company / "plans")
    declared: dict[str, Any] = yaml.safe_load((DEMO / "company.yml").read_text(encoding="utf-8"))
    declared |= {"id": "benchmark", "sources": [{"name": "records", "kind": "files", "path": str(records)}]}
    (company / "company.yml").write_text(yaml.safe_dump(declared, sort_keys=False), encoding="utf-8")
    return records, company


def measure_size(rows: int, folder: Path) -> dict[str, Any]:
    """All figures for one size.

    Raises:
        RuntimeError: a step failed, or the two sides differ.
    """
    records, company = company_of(folder, rows)
    as_of_date = yaml.safe_load((company / "company.yml").read_text(encoding="utf-8"))["as_of_date"]
    environment = os.environ | {
        "OPENSPM_HOME": str(folder / "state"),
        # Those of the checkout, as `make setup` compiles them: a night does not begin with that.
        "OPENSPM_COMPILED_DIR": str(CHECKOUT / "var" / ".compiled"),
        "OPENSPM_THREADS": str(THREADS),
        "OPENSPM_MEMORY_LIMIT": MEMORY_LIMIT,
    }
    warehouse = folder / "by_hand.duckdb"
    hand = measure(
        [sys.executable, "-m", "benchmarks.run", "--by-hand", str(records), str(as_of_date), str(warehouse)],
        environment,
        CHECKOUT,
    )
    openspm = [sys.executable, "-m", "openspm.cli.main", "run", "--company", str(company), "--json"]
    night = measure(openspm, environment, CHECKOUT)
    outcome = json.loads(night.output[night.output.index("{") :])
    compared = by_hand.differences(warehouse, Path(outcome["paths"]["warehouse"]))
    different = {table: rows_of for table, rows_of in compared.items() if rows_of[1]}
    if different:
        raise RuntimeError(f"by hand and by openspm differ, so nothing is timed (rows, rows in one only): {different}")
    models = measure([sys.executable, "-m", "benchmarks.models_alone", str(company)], environment, CHECKOUT)
    return figures(outcome, compared, hand, night, models)


def figures(
    outcome: dict[str, Any], compared: dict[str, tuple[int, int]], hand: Measured, night: Measured, models: Measured
) -> dict[str, Any]:
    """What is reported of one size."""
    alone = json.loads(models.output.splitlines()[-1])
    return {
        "rows_landed": outcome["rows"]["rows_in"],
        "rows_compared": sum(count for count, _ in compared.values()),
        "by_hand_seconds": round(hand.seconds, 2),
        "by_hand_gib": round(hand.peak_bytes / GIB, 2),
        "models_seconds": round(alone["seconds"], 2),
        "data_test_seconds": round(alone["test_seconds"], 2),
        "models_ratio": round(alone["seconds"] / hand.seconds, 2),
        "night_seconds": round(night.seconds, 2),
        "night_ratio": round(night.seconds / hand.seconds, 2),
        "night_gib": round(night.peak_bytes / GIB, 2),
        "credits": alone["credits"],
        "credits_per_second": round(alone["credits"] / alone["pay_seconds"]),
        "step_seconds": outcome["step_seconds"],
        "slowest_models": alone["slowest"],
    }


def main() -> None:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, action="append", help="rows landed over all tables; may be given again")
    parser.add_argument("--to", type=Path, default=None, help="folder for the results; default: a new temporary one")
    parser.add_argument("--by-hand", nargs=3, metavar=("RECORDS", "AS_OF_DATE", "WAREHOUSE"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.by_hand:
        records, as_of_date, warehouse = arguments.by_hand
        by_hand.build(
            Path(records), "benchmark", date.fromisoformat(as_of_date), THREADS, MEMORY_LIMIT, Path(warehouse)
        )
        return
    results: dict[int, dict[str, Any]] = {}
    for rows in arguments.rows or [100_000, 1_000_000, 10_000_000]:
        with tempfile.TemporaryDirectory(prefix="openspm-benchmark-") as folder:
            results[rows] = measure_size(rows, Path(folder))
        print(f"\n{rows:,} rows asked for, on {platform.machine()}, {os.cpu_count()} cores, {THREADS} threads")
        for name, value in results[rows].items():
            print(f"  {name:20} {value}")
    if arguments.to:
        arguments.to.mkdir(parents=True, exist_ok=True)
        (arguments.to / "results.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
