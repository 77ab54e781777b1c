"""The revenue forecast's arithmetic. Without it a forecast could look into the future in its own backtests, or draw an
interval that holds far less than it says.
"""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import pytest

from ml.intervals import FEWEST_ERRORS, half_width
from ml.revenue import LAST_CODE, MODEL_CODE, SEASONAL_CODE, look_back, naive_forecast
from ml.revenue_history import HORIZONS, NUMBERS, History, _last_whole_month, known_at, learnable
from tests.ml.planted_candidate import Plan, revenue_rows


def history_of(seed: int, months: int = 30, is_seasonal: bool = True) -> History:
    rows = revenue_rows(Plan(months=months, is_seasonal=is_seasonal), np.random.default_rng(seed))
    amounts = rows.pivot_table(index="start_date", columns="team_id", values="company_amount").to_numpy()
    series = pd.DataFrame({"region_id": ["R"] * 6, "team_id": [f"T{i}" for i in range(6)]})
    first = pd.Period("2026-05", freq="M") - (months - 1)
    return History("won_value", first, series, amounts, np.zeros((months, 6, len(HORIZONS))), 0)


def test_what_is_known_at_an_origin_does_not_change_with_what_came_later() -> None:
    history = history_of(1)
    later = history.amounts.copy()
    later[21:] *= 100
    changed = History(history.measure_code, history.first_month, history.series, later, history.pipeline, 0)
    pd.testing.assert_frame_equal(known_at(history, 20, 1), known_at(changed, 20, 1))
    pd.testing.assert_frame_equal(learnable(history, 20, 5, 1), learnable(changed, 20, 5, 1))
    assert not np.array_equal(learnable(history, 22, 5, 1)[list(NUMBERS)], learnable(changed, 22, 5, 1)[list(NUMBERS)])


def test_backtests_have_at_least_four_origins_and_model_and_baselines_on_each() -> None:
    looks = look_back(history_of(1, months=24), np.ones((1, 6)), 1)
    assert len(looks.origins) >= 4
    assert {made.shape for made in looks.forecasts.values()} == {(len(looks.origins), 1, 6)}
    assert set(looks.forecasts) == {MODEL_CODE, SEASONAL_CODE, LAST_CODE}


def test_naive_forecasts_are_what_they_are_called() -> None:
    history = history_of(1, months=24)
    origin = 23
    np.testing.assert_array_equal(naive_forecast(history, origin, SEASONAL_CODE)[:, 0], history.amounts[12])
    np.testing.assert_array_equal(naive_forecast(history, origin, LAST_CODE)[:, 5], history.amounts[23])


@pytest.mark.parametrize("level", [0.8, 0.95])
def test_intervals_hold_what_they_say(level: float) -> None:
    """Over many draws of few and of many errors the share held must be near the level, never far below."""
    random = np.random.default_rng(0)
    for count in (FEWEST_ERRORS, 20, 200):
        held = []
        for _ in range(600):
            width = half_width(random.standard_normal(count), level)
            assert width is not None
            held.append(abs(random.standard_normal()) <= width)
        assert level - 0.05 <= np.mean(held) <= min(1.0, level + 0.06), count


def test_too_few_errors_draw_no_interval() -> None:
    assert half_width(np.ones(FEWEST_ERRORS - 1), 0.8) is None


def test_coverage_on_held_out_months_is_near_its_level() -> None:
    """The published coverage is measured as it would have been: with the errors known at each origin only."""
    from ml.revenue_backtests import accuracy_rows

    found: dict[str, list[float]] = {"coverage_80": [], "coverage_95": []}
    for seed in range(4):
        history = history_of(seed)
        kinds = np.array(["team"] * 6)
        looks = look_back(history, np.eye(6), 1)
        rows = accuracy_rows(
            looks, kinds, [f"T{i}" for i in range(6)], history, {"team": True}, (MODEL_CODE, SEASONAL_CODE), []
        )
        for row in rows:
            if row.metric_code in found and row.model_value is not None:
                found[row.metric_code].append(row.model_value)
    assert np.mean(found["coverage_80"]) == pytest.approx(0.8, abs=0.12)
    assert np.mean(found["coverage_95"]) == pytest.approx(0.95, abs=0.06)


@pytest.mark.parametrize(
    ("day", "month"),
    [("2026-05-31", "2026-05"), ("2026-05-30", "2026-04"), ("2026-02-28", "2026-02"), ("2024-02-28", "2024-01")],
)
def test_a_month_counts_once_it_has_ended(day: str, month: str) -> None:
    """A running month learned from as if it were whole teaches the model that every month ends badly."""
    assert str(_last_whole_month(datetime.date.fromisoformat(day))) == month
