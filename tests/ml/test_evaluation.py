"""The metrics that decide whether a model is published. One that is wrong publishes the worse of two forecasts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from ml.classifier import HeldOut, is_model_better
from ml.evaluation import calibration_error, classification_metrics, coverage, pinball, wape


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.floats(0.001, 0.999)), min_size=4, max_size=60))
def test_metrics_equal_those_of_scikit_learn(pairs: list[tuple[bool, float]]) -> None:
    labels = np.array([pair[0] for pair in pairs], dtype=float)
    said = np.array([pair[1] for pair in pairs])
    if labels.min() == labels.max():
        return
    found = classification_metrics(labels, said)
    assert found["auc"] == pytest.approx(roc_auc_score(labels, said))
    assert found["brier"] == pytest.approx(brier_score_loss(labels, said))
    assert found["log_loss"] == pytest.approx(log_loss(labels, said))


def test_calibration_error_knows_the_honest_from_the_boastful() -> None:
    random = np.random.default_rng(0)
    said = random.random(4000)
    labels = (random.random(4000) < said).astype(float)
    assert calibration_error(labels, said) < 0.03
    assert calibration_error(labels, np.where(said > 0.5, 0.99, 0.01)) > 0.15
    assert calibration_error(labels, np.full(4000, labels.mean())) < 1e-9


def test_a_model_must_win_clearly_and_often() -> None:
    random = np.random.default_rng(0)

    def test_of(strength: float) -> HeldOut:
        cause = random.normal(size=400)
        labels = (random.random(400) < 1 / (1 + np.exp(-strength * cause))).astype(float)
        return HeldOut(labels, 1 / (1 + np.exp(-strength * cause)), np.full(400, 0.5))

    assert is_model_better([test_of(1.0) for _ in range(4)])
    assert not is_model_better([test_of(0.05) for _ in range(4)])
    assert not is_model_better([])


def test_interval_metrics() -> None:
    actual, lower, upper = np.array([1.0, 5.0]), np.array([0.0, 0.0]), np.array([2.0, 2.0])
    assert coverage(actual, lower, upper) == 0.5
    assert pinball(actual, lower, upper, 0.8) < pinball(actual, lower - 9, upper + 9, 0.8)
    assert wape(np.zeros(2), np.ones(2)) is None
