"""Builds every forecast and score of one candidate: read, learn or reuse, write Parquet.

What the next target reads is fetched while the one before it is learned, since the engine and Python need a core each.
`build` runs in the caller's process. `python -m ml.run` does the same as a child process; with --wait it imports
first and begins when a line comes in on standard input, so that seconds of importing pass while dbt is at work.
scikit-learn, scipy and skops are imported where they are used; ahead only where an earlier night has trained models,
for a company with too little data never needs them.

A target whose inputs were never built, or for which a company has too little data, gives empty tables and a note.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ml import attainment, leads, opportunities, revenue
from ml.attainment_moments import read_moments
from ml.candidate import Candidate, Context
from ml.evaluation import AccuracyRow
from ml.learning import note_row
from ml.products import register_ml, write_products
from ml.store import Trained, is_any_trained
from openspm.company import Company, load_company
from openspm.errors import OpenspmError

__all__ = ["MlOutcome", "build", "main", "register_ml"]

LIBRARIES = (
    "skops.io",
    "scipy.stats",
    "sklearn.calibration",
    "sklearn.compose",
    "sklearn.ensemble",
    "sklearn.linear_model",
)

Reader = Callable[[Candidate, Context], Any]
Builder = Callable[[Any, Context], tuple[list[dict[str, Any]], Trained]]


@dataclass(frozen=True)
class Target:
    """One thing that is forecast: which table it fills, what reads and builds it, and which relations it reads."""

    code: str
    table: str
    read: Reader
    build: Builder
    needs: tuple[str, ...]


TARGETS = (
    Target(
        revenue.TARGET,
        "revenue_forecasts",
        revenue.read,
        revenue.build,
        ("intermediate.int_revenue_by_month_summed",),
    ),
    Target(
        opportunities.TARGET,
        "opportunity_scores",
        opportunities.read_snapshots,
        opportunities.build,
        ("intermediate.int_opportunity_features_gathered", "intermediate.int_owner_records_accumulated"),
    ),
    Target(leads.TARGET, "lead_scores", leads.read_snapshots, leads.build, ("intermediate.int_leads_snapshotted",)),
    Target(
        "attainment",
        "attainment_forecasts",
        read_moments,
        attainment.build,
        ("intermediate.int_attainment_moments_measured",),
    ),
)


@dataclass(frozen=True)
class MlOutcome:
    """What a build did.

    Attributes:
        row_counts: table of schema ml -> rows written.
        published: target -> model or baseline; nothing where no row could be made.
        reused: targets whose saved model was used.
        seconds: target -> wall time.
        notes: what a reader of the run should know, a sentence each; no pay figures.
    """

    row_counts: Mapping[str, int]
    published: Mapping[str, str]
    reused: tuple[str, ...]
    seconds: Mapping[str, float]
    notes: tuple[str, ...]


def build(candidate: Path, models_dir: Path, output_dir: Path, company: Company, seed: int = 0) -> MlOutcome:
    """Write the Parquet files of schema `ml` for one candidate.

    Args:
        candidate: the DuckDB file with marts and intermediate models built; it is opened read-only and closed.
        models_dir: trained models, kept between runs.
        output_dir: where the Parquet files go; `register_ml` reads them from there.
        company: for its id, its currency and its extension columns.
        seed: of every random choice.

    Raises:
        UntrustedModel: a saved model was made by something else than this package.
    """
    rows: dict[str, list[dict[str, Any]]] = {"forecast_accuracy": []}
    published: dict[str, str] = {}
    seconds: dict[str, float] = {}
    notes: list[str] = []
    reused: list[str] = []
    with Candidate(candidate) as opened, ThreadPoolExecutor(1) as pool:
        context = _context(opened, company, models_dir, seed)
        missing = {target.code: [name for name in target.needs if not opened.has(name)] for target in TARGETS}
        # From here on the pool's thread alone reads, one target ahead of the one that is built.
        waiting = [target for target in TARGETS if not missing[target.code]]

        def read_next() -> Future[Any] | None:
            return pool.submit(waiting.pop(0).read, opened, context) if waiting else None

        reading = read_next()
        for target in TARGETS:
            started = time.monotonic()
            if missing[target.code] or reading is None:
                text = f"{', '.join(missing[target.code])} was not built: nothing is forecast."
                accuracy: tuple[AccuracyRow, ...] = (note_row(target.code, "none", False, 0, text, "none"),)
                made: list[dict[str, Any]] = []
            else:
                read = reading.result()
                reading = read_next()
                made, trained = target.build(read, context)
                accuracy = trained.accuracy
                if trained.is_reused:
                    reused.append(target.code)
            rows[target.table] = made
            rows["forecast_accuracy"] += [row.as_values() for row in accuracy]
            notes += [f"{target.code}: {row.note_text}" for row in accuracy if row.metric_code == "note"]
            is_baseline = all(row["is_baseline"] for row in made)
            published[target.code] = "nothing" if not made else "baseline" if is_baseline else "model"
            seconds[target.code] = round(time.monotonic() - started, 3)
    counts = write_products(output_dir, rows)
    return MlOutcome(counts, published, tuple(reused), seconds, tuple(notes))


def main(arguments: list[str] | None = None) -> int:
    """The child process: build, and print the outcome as one line of JSON."""
    parser = argparse.ArgumentParser(prog="python -m ml.run", description=__doc__)
    parser.add_argument("--candidate", type=Path, required=True)
    parser.add_argument("--models-dir", type=Path, required=True)
    parser.add_argument("--output-dir", type=Path, required=True)
    parser.add_argument("--company-dir", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--wait", action="store_true", help="begin when a line comes in; end when the input ends")
    options = parser.parse_args(arguments)
    if options.wait:
        if is_any_trained(options.models_dir):
            _import_ahead()
        if not sys.stdin.readline():
            return 0
    try:
        company = load_company(options.company_dir)
        outcome = build(options.candidate, options.models_dir, options.output_dir, company, options.seed)
    except OpenspmError as error:
        sys.stdout.write(json.dumps({"error": [error.message, error.where, error.next_step, error.exit_code]}) + "\n")
        return error.exit_code
    sys.stdout.write(json.dumps({"outcome": asdict(outcome)}) + "\n")
    return 0


def _import_ahead() -> None:
    """Import what training and scoring need."""
    for name in LIBRARIES:
        importlib.import_module(name)


def _context(opened: Candidate, company: Company, models_dir: Path, seed: int) -> Context:
    """What all targets share."""
    extensions: dict[str, dict[str, str]] = {}
    for column in company.extension_columns:
        extensions.setdefault(column.table, {})[column.name] = column.known_at
    return Context(opened.as_of_date(), company.id, company.currency_code, seed, models_dir, extensions)


if __name__ == "__main__":
    sys.exit(main())
