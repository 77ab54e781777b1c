"""Measures payouts alone against hand-written SQL, pandas, polars and Tryton, after showing that all pay the same.

    python -m benchmarks.payouts.run [--lines 1000000 --lines 10000000] [--tryton-lines 5000] [--memory-limit 2GB]
        [--without pandas --without polars] [--to FOLDER]

Hand-written SQL, pandas and polars write the same five marts, equal to the last digit in every column that the SQL
writes. pandas and polars also write lines in cents alone (no names, no traces, no attainment), equal to the cent.
Tryton's commission module computes and saves the first deals of a company with one flat rate, equal before rounding.
What differs stops the run before anything is reported. Each side is a process of its own; its seconds are its work, its
memory is the peak of the process.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.measure import Measured, measure
from benchmarks.payouts.by_hand import differences, line_differences
from benchmarks.payouts.tryton_peer import commission_differences
from benchmarks.payouts.world import FLAT, make

CHECKOUT = Path(__file__).resolve().parents[2]
GIB = 1024**3
PEERS = ("pandas", "polars")


def side(name: str, memory_limit: str, *arguments: Path | int) -> Measured:
    """Run one side on two threads, in a process of its own."""
    command = [sys.executable, "-m", f"benchmarks.payouts.{name}", *map(str, arguments)]
    limits = {"OPENSPM_THREADS": "2", "OPENSPM_MEMORY_LIMIT": memory_limit, "POLARS_MAX_THREADS": "2"}
    return measure(command, {**os.environ, **limits}, CHECKOUT)


def measure_size(lines: int, memory_limit: str, folder: Path, peers: Sequence[str] = PEERS) -> dict[str, Any]:
    """All figures for one number of credit lines.

    The other sides have no limit but 4 GB for the hand-written SQL.

    Args:
        lines: credit lines asked for.
        memory_limit: what openspm's DuckDB may use.
        folder: for the files of all sides.
        peers: which of pandas and polars to measure.

    Raises:
        RuntimeError: a side failed, or two sides differ.
    """
    database = make(lines, folder)
    typed, hand = folder / "typed", folder / "by_hand.duckdb"
    measured = {"by_hand": side("by_hand", memory_limit, typed, hand)}
    engine = side("engine", memory_limit, database, folder / "state")
    different: dict[str, Any] = differences(hand, database)
    for peer in peers:
        bare, marts = folder / f"{peer}.parquet", folder / f"{peer}_marts"
        measured[f"{peer}_lines_in_cents_alone"] = side(f"{peer}_peer", memory_limit, typed, bare)
        measured[f"{peer}_same_marts"] = side(f"{peer}_marts", memory_limit, typed, marts)
        different[f"{peer}, lines in cents alone"] = line_differences(bare, hand)
        different |= {f"{peer}, {table}": count for table, count in differences(hand, marts).items()}
    if any(different.values()):
        raise RuntimeError(f"the sides pay differently, so nothing is reported (rows in one only): {different}")
    own = json.loads(engine.output.splitlines()[-1])
    figures: dict[str, Any] = {
        "credit_lines": own["credits"],
        "openspm_seconds": own["processor"],
        "openspm_wall_seconds": own["wall"],
        "openspm_lines_per_second": round(own["credits"] / own["wall"]),
        "openspm_gib": round(engine.peak_bytes / GIB, 2),
        "slowest_models": dict(list(own["models"].items())[:10]),
    }
    for name, result in measured.items():
        seconds = json.loads(result.output.splitlines()[-1])
        figures |= {
            f"{name}_seconds": seconds["processor"],
            f"{name}_wall_seconds": seconds["wall"],
            f"{name}_gib": round(result.peak_bytes / GIB, 2),
            f"speed_of_{name}": round(seconds["processor"] / own["processor"], 2),
        }
    return figures


def measure_tryton(lines: int, tryton_lines: int, memory_limit: str, folder: Path) -> dict[str, Any]:
    """Lines a second of openspm and of Tryton on the flat plan.

    Args:
        lines: what openspm computes.
        tryton_lines: what Tryton computes, the first of them: all would take it hours.
        memory_limit: what openspm's DuckDB may use.
        folder: for the files of both.

    Raises:
        RuntimeError: a side failed, or a deal earns something else.
    """
    database, out = make(lines, folder, FLAT), folder / "tryton.parquet"
    tryton = json.loads(side("tryton_peer", memory_limit, folder / "typed", out, tryton_lines).output.splitlines()[-1])
    own = json.loads(side("engine", memory_limit, database, folder / "state").output.splitlines()[-1])
    different = commission_differences(out, database)
    if different or tryton["lines"] != tryton_lines:
        raise RuntimeError(f"Tryton made {tryton['lines']} commissions of {tryton_lines}; {different} differ")
    own_rate, tryton_rate = own["credits"] / own["processor"], tryton["lines"] / tryton["processor"]
    return {
        "credit_lines": own["credits"],
        "tryton_lines": tryton["lines"],
        "openspm_lines_per_processor_second": round(own_rate),
        "tryton_lines_per_processor_second": round(tryton_rate),
        "speed_of_tryton": round(own_rate / tryton_rate),
    }


def main() -> None:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, action="append", help="credit lines; may be given again")
    parser.add_argument("--tryton-lines", type=int, default=5000, help="what Tryton computes; 0 leaves it out")
    parser.add_argument("--memory-limit", default="2GB", help="what openspm's DuckDB may use: 2GB, 6GB")
    parser.add_argument("--without", choices=PEERS, action="append", help="leave a peer out that cannot hold so many")
    parser.add_argument("--to", type=Path, default=None, help="folder for the results")
    arguments = parser.parse_args()
    peers = [peer for peer in PEERS if peer not in (arguments.without or ())]
    sizes = arguments.lines or [1_000_000, 10_000_000]
    results: dict[str, dict[str, Any]] = {}
    if arguments.tryton_lines:
        with tempfile.TemporaryDirectory(prefix="openspm-payouts-") as folder:
            flat = measure_tryton(min(sizes), arguments.tryton_lines, arguments.memory_limit, Path(folder))
        show(results, "one flat rate", flat)
    for lines in sizes:
        with tempfile.TemporaryDirectory(prefix="openspm-payouts-") as folder:
            figures = measure_size(lines, arguments.memory_limit, Path(folder), peers)
        show(results, f"four tiers, {lines:,} credit lines asked for", figures)
    if arguments.to:
        arguments.to.mkdir(parents=True, exist_ok=True)
        (arguments.to / "payouts.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


def show(results: dict[str, dict[str, Any]], name: str, figures: dict[str, Any]) -> None:
    """Keep the figures and print them."""
    results[name] = figures
    print(f"\n{name}")
    for figure, value in figures.items():
        print(f"  {figure:44} {value}")


if __name__ == "__main__":
    main()
