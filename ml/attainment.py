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

from ml.attainment_backtests import (
    BASELINE_CODE,
    LEAST_BACKTESTS,
    MODEL_CODE,
    TARGET,
    accuracy_rows,
    backtests,
    chance_facts,
    mean_error,
    miss_chances,
)
from ml.attainment_moments import NUMBERS, expected_rest, train_regression
from ml.candidate import Context
from ml.cards import forecast_card
from ml.learning import note_row
from ml.store import Trained, data_hash, fingerprint, load, save

STATE_COLUMNS = ("payee_id", "component_id", "calendar_id", "window_period_id")


def build(moments: pd.DataFrame, context: Context) -> tuple[list[dict[str, Any]], Trained]:
    """Forecast every window that is running and has a quota.

    Args:
        moments: what `read_moments` gave.
        context: what all targets share.

    Returns:
        Rows of ml.attainment_forecasts, none without quotas or without any finished window, and what was learned.
    """
    as_of = pd.Timestamp(context.as_of_date)
    finished = moments[moments["final_ratio"].notna() & (moments["window_end_date"] <= as_of)]
    # A running window whose measure is held has no newer moment than its start: nothing honest can be said of it.
    is_measured = moments["is_newest"] & (moments["moment_date"] >= moments["window_start_date"])
    running = moments[is_measured & (moments["window_end_date"] > as_of)]
    trained = _learn(finished, context)
    return _forecast(running, trained, context), trained


def _learn(finished: pd.DataFrame, context: Context) -> Trained:
    """The model of the finished windows: the saved one where nothing changed, else a new one."""
    rows = finished[(finished["left_ratio"] > 0) & finished["has_guess"]]
    columns = [*NUMBERS, "rest_ratio", "left_ratio", "so_far_ratio"]
    data = data_hash(rows[[*columns, *STATE_COLUMNS]])
    wanted = fingerprint(TARGET, data, context.seed, {})
    saved = load(context.models_dir, TARGET, wanted)
    if saved is not None:
        return saved
    tests = backtests(rows)
    is_model = len(tests) >= LEAST_BACKTESTS and mean_error(tests, "model") < mean_error(tests, "baseline")
    chances = chance_facts(rows, tests, "model" if is_model else "baseline")
    notes = [_note(len(tests), is_model), str(chances.pop("note"))]
    accuracy = accuracy_rows(tests, is_model)
    accuracy += [note_row(TARGET, BASELINE_CODE, is_model, len(rows), note, MODEL_CODE) for note in notes]
    card = forecast_card(
        "Attainment", context, notes, [f"{len(rows)} moments of finished windows. Data hash {data}."], NUMBERS, accuracy
    )
    estimators = (train_regression(rows),) if is_model else ()
    trained = Trained(TARGET, estimators, chances, tuple(accuracy), card)
    save(context.models_dir, trained, wanted, data, context.seed)
    return trained


def _note(test_count: int, is_model: bool) -> str:
    """The decision in words."""
    if test_count < LEAST_BACKTESTS:
        return (
            f"Too few finished windows: {test_count} of {LEAST_BACKTESTS} backtests, so {BASELINE_CODE} is published."
        )
    verdict = "beats" if is_model else "does not beat"
    return f"Over {test_count} past window ends the model {verdict} {BASELINE_CODE}."


def _forecast(running: pd.DataFrame, trained: Trained, context: Context) -> list[dict[str, Any]]:
    """One row for each running window; a quota that is already reached cannot be missed."""
    estimator = trained.estimators[0] if trained.estimators else None
    rest = expected_rest(estimator, running)
    so_far = running["so_far_ratio"].to_numpy(dtype=float)
    errors = np.array(trained.facts["errors"], dtype=float)
    needed = 1 - so_far - rest
    usual = trained.facts["usual_miss_ratio"]
    chances = None if usual is None else np.full(len(running), usual)
    if len(errors):
        chances = miss_chances(needed, running["left_ratio"].to_numpy(dtype=float), errors)
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
