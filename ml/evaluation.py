"""How good a forecast or a probability was, and the rows of fct_forecast_accuracy that say so.

Metrics are pure functions of arrays. An `AccuracyRow` holds a model and its baseline side by side on the same held-out
rows: a metric without a baseline is never published.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import numpy as np

from ml.knowledge import ranking_auc

SMALLEST_PROBABILITY = 1e-6
CALIBRATION_BIN_COUNT = 10


@dataclass(frozen=True)
class AccuracyRow:
    """One metric of a model and of its baseline, on the same held-out rows.

    Attributes:
        target_code: revenue, opportunity, lead or attainment.
        subject_kind_code, subject_id: whose forecasts; None where the metric is over all.
        horizon_months: None where the metric is over all horizons.
        origin_date: None where the metric is over all origins.
        model_value, baseline_value: None where there was too little to measure.
    """

    target_code: str
    model_code: str
    baseline_code: str
    subject_kind_code: str | None
    subject_id: str | None
    metric_code: str
    horizon_months: int | None
    origin_date: date | None
    model_value: float | None
    baseline_value: float | None
    is_model_published: bool
    sample_count: int
    note_text: str | None = None

    def as_values(self) -> dict[str, Any]:
        """The row as column -> value."""
        return asdict(self)

    def as_record(self) -> dict[str, Any]:
        """The row as JSON can hold it."""
        record = asdict(self)
        record["origin_date"] = None if self.origin_date is None else self.origin_date.isoformat()
        return record

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> AccuracyRow:
        """The row that `as_record` wrote."""
        day = record["origin_date"]
        return cls(**{**record, "origin_date": None if day is None else date.fromisoformat(day)})


def classification_metrics(labels: np.ndarray, probabilities: np.ndarray) -> dict[str, float]:
    """auc, brier, log_loss and calibration_error of probabilities against 0/1 labels."""
    clipped = np.clip(probabilities, SMALLEST_PROBABILITY, 1 - SMALLEST_PROBABILITY)
    return {
        "auc": ranking_auc(labels, probabilities),
        "brier": float(np.mean((probabilities - labels) ** 2)),
        "log_loss": float(-np.mean(labels * np.log(clipped) + (1 - labels) * np.log(1 - clipped))),
        "calibration_error": calibration_error(labels, probabilities),
    }


def calibration_error(labels: np.ndarray, probabilities: np.ndarray) -> float:
    """Mean gap between what was predicted and what happened, over ten groups of equally many rows.

    Rows of equal probability stay in one group, so that a constant forecast is judged by its one true gap.
    """
    distinct = np.unique(np.quantile(probabilities, np.linspace(0, 1, CALIBRATION_BIN_COUNT + 1)))
    groups = np.searchsorted(distinct, probabilities, side="left")
    gap = 0.0
    for group in np.unique(groups):
        inside = groups == group
        gap += inside.mean() * abs(float(labels[inside].mean()) - float(probabilities[inside].mean()))
    return float(gap)


def mae(actual: np.ndarray, forecast: np.ndarray) -> float:
    """Mean absolute error, in the unit of the actual values."""
    return float(np.mean(np.abs(actual - forecast)))


def wape(actual: np.ndarray, forecast: np.ndarray) -> float | None:
    """Sum of absolute errors over the sum of actual values; None where those sum to nothing."""
    total = float(np.abs(actual).sum())
    return None if total == 0 else float(np.abs(actual - forecast).sum()) / total


def pinball(actual: np.ndarray, lower: np.ndarray, upper: np.ndarray, level: float) -> float:
    """Mean quantile loss of both ends of a central interval; lower is better, and width costs as misses do."""
    tail = (1 - level) / 2
    losses = [_quantile_loss(actual, lower, tail), _quantile_loss(actual, upper, 1 - tail)]
    return float(np.mean(losses))


def coverage(actual: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> float:
    """Share of actual values inside their interval."""
    return float(np.mean((actual >= lower) & (actual <= upper)))


def _quantile_loss(actual: np.ndarray, quantile: np.ndarray, share: float) -> float:
    """Mean pinball loss of one quantile."""
    gap = actual - quantile
    return float(np.mean(np.maximum(share * gap, (share - 1) * gap)))
