"""How much of each running quota will be reached, and the chance of missing it.

A row is a payee, a component, one of its windows and a moment in it: the window's start or the end of one of its
periods. What is still to come is told from naive guesses: the pace so far, what the payee's earlier windows gave, both
blended by how much of the window has passed, and the open pipeline that is expected to close inside the window. A
linear regression that may only add learns how far each can be trusted. Its baseline is the pace so far, or before there
is one, the payee's usual window.

Pay is not read here, and nothing here is read by pay.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MaxAbsScaler

from ml.candidate import Candidate, Context, days
from ml.cards import forecast_card
from ml.evaluation import AccuracyRow, classification_metrics, mae
from ml.learning import note_row
from ml.single_thread import single_thread
from ml.store import Trained, data_hash, fingerprint, load, save

TARGET = "attainment"
MODEL_CODE = "pace_and_pipeline_regression"
BASELINE_CODE = "run_rate"
NUMBERS = ("blend_ratio", "pace_ratio", "usual_ratio", "pipeline_ratio", "left_ratio")
# Share of a window after which its own pace counts as much as the windows before it.
EQUAL_TRUST_RATIO = 0.5
LEAST_BACKTESTS = 4
MOST_BACKTESTS = 6
FEWEST_ROWS = 60
FEWEST_ERRORS = 30
STATE_COLUMNS = ("payee_id", "component_id", "calendar_id", "window_period_id")


def build(candidate: Candidate, context: Context) -> tuple[list[dict[str, Any]], Trained]:
    """Forecast every window that is running and has a quota.

    Returns:
        Rows of ml.attainment_forecasts, none without quotas or without any finished window, and what was learned.
    """
    moments = read_moments(candidate)
    as_of = pd.Timestamp(context.as_of_date)
    finished = moments[moments["final_ratio"].notna() & (moments["window_end_date"] <= as_of)]
    # A running window whose measure is held has no newer moment than its start: nothing honest can be said of it.
    is_measured = moments["is_newest"] & (moments["moment_date"] >= moments["window_start_date"])
    running = moments[is_measured & (moments["window_end_date"] > as_of)]
    trained = _learn(finished, context)
    return _forecast(running, trained, context), trained


def read_moments(candidate: Candidate) -> pd.DataFrame:
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
    pipeline = Pipeline([("size", MaxAbsScaler()), ("sum", LinearRegression(positive=True, fit_intercept=False))])
    with single_thread():
        return pipeline.fit(rows[list(NUMBERS)], rows["rest_ratio"])


def expected_rest(estimator: Pipeline | None, rows: pd.DataFrame) -> np.ndarray:
    """What is still to come, over the quota, never below zero; the pace goes on where there is no model."""
    if estimator is None or rows.empty:
        return np.asarray(np.maximum(rows["pace_ratio"].to_numpy(dtype=float), 0.0))
    with single_thread():
        return np.asarray(np.maximum(estimator.predict(rows[list(NUMBERS)]), 0.0))


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


def _learn(finished: pd.DataFrame, context: Context) -> Trained:
    """The model of the finished windows: the saved one where nothing changed, else a new one."""
    rows = finished[(finished["left_ratio"] > 0) & finished["has_guess"]]
    columns = [*NUMBERS, "rest_ratio", "left_ratio", "so_far_ratio"]
    data = data_hash(rows[[*columns, *STATE_COLUMNS]])
    wanted = fingerprint(TARGET, data, context.seed, {})
    saved = load(context.models_dir, TARGET, wanted)
    if saved is not None:
        return saved
    tests = _backtests(rows)
    notes: list[str] = []
    accuracy: list[AccuracyRow] = []
    is_model = False
    errors = {"model": np.empty(0), "baseline": np.empty(0)}
    if tests:
        pooled = pd.concat(tests, ignore_index=True)
        is_model = len(tests) >= LEAST_BACKTESTS and bool(
            pooled["model_error"].abs().mean() < pooled["baseline_error"].abs().mean()
        )
        for who in errors:
            errors[who] = (pooled[f"{who}_error"] / np.sqrt(pooled["left_ratio"])).to_numpy(dtype=float)
        accuracy = _accuracy(tests, is_model)
    verdict = "beats" if is_model else "does not beat"
    text = f"Over {len(tests)} past quarters of moments the model {verdict} {BASELINE_CODE}."
    if len(tests) < LEAST_BACKTESTS:
        text = (
            f"Too few finished windows: {len(tests)} of {LEAST_BACKTESTS} backtests, so {BASELINE_CODE} is published."
        )
    notes.append(text)
    published_errors = errors["model" if is_model else "baseline"]
    if len(published_errors) < FEWEST_ERRORS:
        notes.append("Too few earlier forecasts are known to say a chance of missing: miss_probability_ratio is empty.")
        published_errors = np.empty(0)
    accuracy += [note_row(TARGET, BASELINE_CODE, is_model, len(rows), note, MODEL_CODE) for note in notes]
    facts = {"errors": np.round(np.quantile(published_errors, np.linspace(0, 1, 201)), 9).tolist()} if len(
        published_errors
    ) else {"errors": []}  # fmt: skip
    card = forecast_card(
        "Attainment", context, notes, [f"{len(rows)} moments of finished windows. Data hash {data}."], NUMBERS, accuracy
    )
    estimators = (train_regression(rows),) if is_model else ()
    trained = Trained(TARGET, estimators, facts, tuple(accuracy), card)
    save(context.models_dir, trained, wanted, data, context.seed)
    return trained


def _backtests(rows: pd.DataFrame) -> list[pd.DataFrame]:
    """For the newest window ends: moments of windows that ended then, told from windows that had ended before."""
    tests: list[pd.DataFrame] = []
    for end in sorted(rows["window_end_date"].unique(), reverse=True):
        test = rows[rows["window_end_date"] == end]
        first_moment = test["moment_date"].min()
        known = rows[rows["window_end_date"] <= first_moment]
        if len(known) < FEWEST_ROWS:
            continue
        model = expected_rest(train_regression(known), test)
        rest = test["rest_ratio"].to_numpy(dtype=float)
        tests.append(
            pd.DataFrame(
                {
                    "origin_date": pd.Timestamp(first_moment),
                    "model_error": rest - model,
                    "baseline_error": rest - expected_rest(None, test),
                    "left_ratio": test["left_ratio"].to_numpy(dtype=float),
                    "needed": 1 - test["so_far_ratio"].to_numpy(dtype=float) - model,
                    "is_missed": (test["final_ratio"] < 1).to_numpy(dtype=float),
                    "known_miss_ratio": float((known["final_ratio"] < 1).mean()),
                }
            )
        )
        if len(tests) == MOST_BACKTESTS:
            break
    return tests[::-1]


def _accuracy(tests: list[pd.DataFrame], is_model: bool) -> list[AccuracyRow]:
    """Error of the forecast attainment by origin and over all; of the chance to miss, against the usual share."""
    pooled = pd.concat(tests, ignore_index=True)
    rows: list[AccuracyRow] = []
    for origin_date, test in [(None, pooled), *((test["origin_date"].iloc[0].date(), test) for test in tests)]:
        model, baseline = (test[f"{who}_error"].to_numpy(dtype=float) for who in ("model", "baseline"))
        nothing = np.zeros(len(test))
        rows.append(_row("mae", origin_date, mae(nothing, model), mae(nothing, baseline), is_model, len(test)))
    judged = _judged_chances(tests)
    if len(judged):
        labels = judged["is_missed"].to_numpy(dtype=float)
        said = classification_metrics(labels, judged["chance"].to_numpy(dtype=float))
        usual = classification_metrics(labels, judged["known_miss_ratio"].to_numpy(dtype=float))
        rows += [_row(code, None, said[code], usual[code], is_model, len(judged)) for code in said]
    return rows


def _judged_chances(tests: list[pd.DataFrame]) -> pd.DataFrame:
    """Chances of missing as they would have been said, from the errors of the backtests before."""
    judged: list[pd.DataFrame] = []
    for position in range(1, len(tests)):
        earlier = pd.concat(tests[:position])
        errors = (earlier["model_error"] / np.sqrt(earlier["left_ratio"])).to_numpy(dtype=float)
        if len(errors) >= FEWEST_ERRORS:
            test = tests[position]
            chance = miss_chances(test["needed"].to_numpy(), test["left_ratio"].to_numpy(), errors)
            judged.append(test.assign(chance=chance))
    return pd.concat(judged, ignore_index=True) if judged else pd.DataFrame()


def _row(metric_code: str, origin_date: Any, model: float, baseline: float, is_model: bool, count: int) -> AccuracyRow:
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


def _forecast(running: pd.DataFrame, trained: Trained, context: Context) -> list[dict[str, Any]]:
    """One row for each running window; a quota that is already reached cannot be missed."""
    estimator = trained.estimators[0] if trained.estimators else None
    rest = expected_rest(estimator, running)
    so_far = running["so_far_ratio"].to_numpy(dtype=float)
    errors = np.array(trained.facts["errors"], dtype=float)
    needed = 1 - so_far - rest
    chances = miss_chances(needed, running["left_ratio"].to_numpy(dtype=float), errors) if len(errors) else None
    rows: list[dict[str, Any]] = []
    for position, state in enumerate(running.to_dict("records")):
        chance = None if chances is None else float(chances[position])
        if so_far[position] >= 1:
            chance = 0.0
        measure, quota = float(state["measure_amount"]), float(state["quota_amount"])
        rows.append(
            {
                "payee_id": state["payee_id"],
                "component_id": state["component_id"],
                "window_period_id": state["window_period_id"],
                "as_of_date": context.as_of_date,
                "measure_amount": measure,
                "quota_amount": quota,
                "forecast_measure_amount": measure + float(rest[position]) * quota,
                "miss_probability_ratio": chance,
                "currency_code": None if pd.isna(state["currency_code"]) else state["currency_code"],
                "model_code": MODEL_CODE if estimator is not None else BASELINE_CODE,
                "is_baseline": estimator is None,
            }
        )
    return rows
