"""Backtests of the attainment forecast: its errors, and the chance of missing that they give."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from ml.attainment_moments import expected_rest, train_regression
from ml.evaluation import AccuracyRow, classification_metrics, mae

TARGET = "attainment"
MODEL_CODE = "pace_and_pipeline_regression"
BASELINE_CODE = "run_rate"
LEAST_BACKTESTS = 4
MOST_BACKTESTS = 6
FEWEST_ROWS = 60
FEWEST_ERRORS = 30
ERROR_POINTS = 201


def backtests(rows: pd.DataFrame) -> list[pd.DataFrame]:
    """For the newest window ends: moments of windows that ended then, told from windows that had ended before."""
    tests: list[pd.DataFrame] = []
    for end in sorted(rows["window_end_date"].unique(), reverse=True):
        test = rows[rows["window_end_date"] == end]
        first_moment = test["moment_date"].min()
        known = rows[rows["window_end_date"] <= first_moment]
        if len(known) < FEWEST_ROWS:
            continue
        model, baseline = expected_rest(train_regression(known), test), expected_rest(None, test)
        rest = test["rest_ratio"].to_numpy(dtype=float)
        tests.append(
            pd.DataFrame(
                {
                    "origin_date": pd.Timestamp(first_moment),
                    "model_error": rest - model,
                    "baseline_error": rest - baseline,
                    "left_ratio": test["left_ratio"].to_numpy(dtype=float),
                    "model_needed": 1 - test["so_far_ratio"].to_numpy(dtype=float) - model,
                    "baseline_needed": 1 - test["so_far_ratio"].to_numpy(dtype=float) - baseline,
                    "is_missed": (test["final_ratio"] < 1).to_numpy(dtype=float),
                    "known_miss_ratio": float((known["final_ratio"] < 1).mean()),
                }
            )
        )
        if len(tests) == MOST_BACKTESTS:
            break
    return tests[::-1]


def mean_error(tests: list[pd.DataFrame], who: str) -> float:
    """Mean absolute error of model or baseline over all backtests, in shares of a quota."""
    return float(pd.concat(tests)[f"{who}_error"].abs().mean())


def chance_facts(rows: pd.DataFrame, tests: list[pd.DataFrame], who: str) -> dict[str, Any]:
    """How the chance of missing is said: from earlier errors, by the usual share where they do worse, or not at all."""
    errors = _spread_errors(tests, who)
    if len(errors) < FEWEST_ERRORS:
        note = "Too few earlier forecasts are known to say a chance of missing: miss_probability_ratio is empty."
        return {"errors": [], "usual_miss_ratio": None, "note": note}
    judged = _judged_chances(tests, who)
    if len(judged) and _brier(judged, "chance") >= _brier(judged, "known_miss_ratio"):
        usual = float((rows["final_ratio"] < 1).mean())
        note = "Chances from the forecast were worse than the usual share of missed quotas, which is published instead."
        return {"errors": [], "usual_miss_ratio": usual, "note": note}
    points = np.quantile(errors, np.linspace(0, 1, ERROR_POINTS))
    note = "Chances of missing come from how far earlier forecasts were off."
    return {"errors": np.round(points, 9).tolist(), "usual_miss_ratio": None, "note": note}


def miss_chances(needed: np.ndarray, left: np.ndarray, errors: np.ndarray) -> np.ndarray:
    """The chance that what is needed beyond the forecast does not come, from how far earlier forecasts were off.

    Args:
        needed: quota less forecast, over the quota; below zero where the forecast reaches it.
        left: share of the window's days that are left; errors shrink with its square root.
        errors: (actual - forecast) over the square root of the share that was left, of earlier forecasts.
    """
    ordered = np.sort(errors)
    spread = np.sqrt(np.maximum(left, 1e-9))
    below = np.searchsorted(ordered, needed / spread, side="left")
    return np.asarray((below + 0.5) / (len(ordered) + 1))


def accuracy_rows(tests: list[pd.DataFrame], is_model: bool) -> list[AccuracyRow]:
    """Error of the forecast attainment by origin and over all; of the chance to miss, against the usual share."""
    if not tests:
        return []
    pooled = pd.concat(tests, ignore_index=True)
    rows: list[AccuracyRow] = []
    for origin_date, test in [(None, pooled), *((test["origin_date"].iloc[0].date(), test) for test in tests)]:
        model, baseline = (test[f"{who}_error"].to_numpy(dtype=float) for who in ("model", "baseline"))
        nothing = np.zeros(len(test))
        rows.append(_row("mae", origin_date, mae(nothing, model), mae(nothing, baseline), is_model, len(test)))
    judged = _judged_chances(tests, "model")
    if len(judged):
        labels = judged["is_missed"].to_numpy(dtype=float)
        said = classification_metrics(labels, judged["chance"].to_numpy(dtype=float))
        usual = classification_metrics(labels, judged["known_miss_ratio"].to_numpy(dtype=float))
        rows += [_row(code, None, said[code], usual[code], is_model, len(judged)) for code in said]
    return rows


def _judged_chances(tests: list[pd.DataFrame], who: str) -> pd.DataFrame:
    """Chances of missing as they would have been said, from the errors of the backtests before."""
    judged: list[pd.DataFrame] = []
    for position in range(1, len(tests)):
        errors = _spread_errors(tests[:position], who)
        if len(errors) >= FEWEST_ERRORS:
            test = tests[position]
            chance = miss_chances(test[f"{who}_needed"].to_numpy(), test["left_ratio"].to_numpy(), errors)
            judged.append(test.assign(chance=chance))
    return pd.concat(judged, ignore_index=True) if judged else pd.DataFrame()


def _spread_errors(tests: list[pd.DataFrame], who: str) -> np.ndarray:
    """Errors of model or baseline over the root of the share of the window that was left."""
    if not tests:
        return np.empty(0)
    pooled = pd.concat(tests)
    return np.asarray(pooled[f"{who}_error"] / np.sqrt(pooled["left_ratio"]), dtype=float)


def _brier(judged: pd.DataFrame, column: str) -> float:
    """Mean squared error of a chance of missing."""
    return float(((judged[column] - judged["is_missed"]) ** 2).mean())


def _row(
    metric_code: str, origin_date: date | None, model: float, baseline: float, is_model: bool, count: int
) -> AccuracyRow:
    """One row of the accuracy table, over all payees."""
    return AccuracyRow(
        target_code=TARGET,
        model_code=MODEL_CODE,
        baseline_code=BASELINE_CODE,
        subject_kind_code="payee",
        subject_id=None,
        metric_code=metric_code,
        horizon_months=None,
        origin_date=origin_date,
        model_value=model,
        baseline_value=baseline,
        is_model_published=is_model,
        sample_count=count,
    )
