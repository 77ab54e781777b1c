"""Attainment forecasts. Somebody is told that they are at risk of missing their quota: it had better be likely, and a
quota that is reached already must never be called at risk.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from ml.attainment_backtests import miss_chances
from ml.products import product_path
from ml.run import MlOutcome

Planted = tuple[Path, Path, MlOutcome]


def test_running_windows_are_forecast_once_near_their_pace(planted: Planted) -> None:
    folder, _, _ = planted
    rows = pq.read_table(product_path(folder / "builds" / "ml", "attainment_forecasts")).to_pylist()
    assert len(rows) == 40
    assert {row["window_period_id"] for row in rows} == {"2026-Q2"}
    for row in rows:
        assert row["forecast_measure_amount"] >= row["measure_amount"]
        pace = float(row["measure_amount"]) / 61 * 91
        assert float(row["forecast_measure_amount"]) == pytest.approx(pace, rel=0.35)


def test_the_chance_of_missing_follows_the_gap(planted: Planted) -> None:
    folder, _, _ = planted
    rows = pq.read_table(product_path(folder / "builds" / "ml", "attainment_forecasts")).to_pylist()
    far_below = [float(row["miss_probability_ratio"]) for row in rows if row["forecast_measure_amount"] < 80]
    far_above = [float(row["miss_probability_ratio"]) for row in rows if row["forecast_measure_amount"] > 120]
    assert min(far_below) > 0.9
    assert max(far_above) < 0.1
    assert {float(row["miss_probability_ratio"]) for row in rows if row["measure_amount"] >= 100} <= {0.0}


def test_chances_are_calibrated_on_known_errors() -> None:
    errors = np.random.default_rng(1).normal(size=2000)
    chances = miss_chances(np.array([-1.0, 0.0, 1.0]), np.ones(3), errors)
    assert chances == pytest.approx([0.159, 0.5, 0.841], abs=0.03)
    nearly_over = miss_chances(np.array([0.1]), np.array([0.0001]), errors)
    assert nearly_over[0] > 0.99
