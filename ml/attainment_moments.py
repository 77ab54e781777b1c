"""Moments of quota windows, and what is still to come after one: what is known, and the regression that reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ml.candidate import Candidate, Context, days
from ml.single_thread import single_thread

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

NUMBERS = ("blend_ratio", "pace_ratio", "usual_ratio", "pipeline_ratio", "left_ratio")
# Share of a window after which its own pace counts as much as the windows before it.
EQUAL_TRUST_RATIO = 0.5


def read_moments(candidate: Candidate, _: Context) -> pd.DataFrame:
    """Each window with a quota at its start and at the end of each of its periods, with what was known then.

    Returns:
        Amounts are divided by the quota. `rest_ratio` is what came after the moment, missing while the window runs.
        `has_guess` is false at the start of a payee's first window, when nothing is known.
    """
    states = candidate.frame(
        "select * from intermediate.int_attainment_moments_measured "
        "order by payee_id, component_id, calendar_id, window_period_id, plan_id, moment_date"
    )
    for column in ("moment_date", "window_start_date", "window_end_date"):
        states[column] = days(states[column])
    quota = states["quota_amount"].astype(float)
    length = (states["window_end_date"] - states["window_start_date"]).dt.days + 1
    elapsed = (states["moment_date"] - states["window_start_date"]).dt.days + 1
    so_far = states["measure_amount"].astype(float) / quota
    left = 1 - elapsed / length
    states["left_ratio"] = left
    states["so_far_ratio"] = so_far
    states["final_ratio"] = states["final_measure_amount"].astype(float) / quota
    states["rest_ratio"] = states["final_ratio"] - so_far
    usual = states["usual_measure_amount"].astype(float) / quota * left
    pace = (so_far / elapsed.where(elapsed > 0) * (length - elapsed)).where(elapsed > 0, usual)
    states["has_guess"] = pace.notna()
    states["pace_ratio"] = pace.fillna(0.0)
    states["usual_ratio"] = usual.fillna(states["pace_ratio"])
    trust = (1 - left) / (1 - left + EQUAL_TRUST_RATIO)
    states["blend_ratio"] = trust * states["pace_ratio"] + (1 - trust) * states["usual_ratio"]
    states["pipeline_ratio"] = (states["pipeline_amount"].astype(float) / quota).fillna(0.0)
    return states


def train_regression(rows: pd.DataFrame) -> Pipeline:
    """Fit what was still to come on the guesses and on the share of the window that is left.

    No weight is negative, so more pipeline never means less; there is no constant, so with no days left nothing comes.
    """
    from sklearn.linear_model import LinearRegression
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import MaxAbsScaler

    pipeline = Pipeline([("size", MaxAbsScaler()), ("sum", LinearRegression(positive=True, fit_intercept=False))])
    with single_thread():
        return pipeline.fit(rows[list(NUMBERS)], rows["rest_ratio"])


def expected_rest(estimator: Pipeline | None, rows: pd.DataFrame) -> np.ndarray:
    """What is still to come, over the quota, never below zero; the pace goes on where there is no model."""
    if estimator is None or rows.empty:
        return np.asarray(np.maximum(rows["pace_ratio"].to_numpy(dtype=float), 0.0))
    with single_thread():
        return np.asarray(np.maximum(estimator.predict(rows[list(NUMBERS)]), 0.0))
