"""From backtests to a decision: train at each past origin, compare with the baseline, publish the better one.

Shared by opportunity and lead scores, which differ in what a row is and in what the baseline knows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from ml.classifier import (
    Features,
    HeldOut,
    TrainingSet,
    is_model_better,
    pool,
    probabilities,
    refuse_leaks,
    train_classifier,
)
from ml.evaluation import AccuracyRow, classification_metrics
from ml.knowledge import Catalogue

MODEL_CODE = "gradient_boosting_calibrated"
LEAST_BACKTESTS = 4


@dataclass(frozen=True)
class Backtest:
    """One look back: what could be learned then, and rows of which the outcome is known by now.

    Attributes:
        origin_date: the day of the look; None for a random fold.
        training: what was known then.
        rows: prepared rows that are held out.
        labels: their outcomes.
        baseline: what the baseline would have said of each.
    """

    origin_date: date | None
    training: TrainingSet
    rows: pd.DataFrame
    labels: np.ndarray
    baseline: np.ndarray


@dataclass(frozen=True)
class Decision:
    """What is published, and why.

    Attributes:
        is_model_published: false means the baseline.
        estimators: one fitted pipeline for each final training set; none where the baseline is published.
        features: what they read.
        refused: one sentence for each refusal of the leak guard.
        accuracy: rows of fct_forecast_accuracy.
        note: the decision in a sentence.
    """

    is_model_published: bool
    estimators: tuple[Any, ...]
    features: Features
    refused: tuple[str, ...]
    accuracy: tuple[AccuracyRow, ...]
    note: str


def decide(
    target_code: str,
    baseline_code: str,
    backtests: list[Backtest],
    finals: list[TrainingSet],
    features: Features,
    catalogue: Catalogue,
    seed: int,
    evaluation_note: str,
) -> Decision:
    """Backtest, decide, and fit what is published.

    Args:
        finals: training sets of the pipelines that would be published; the guard measures them all.
        evaluation_note: how the held-out rows were chosen, for the reader of the accuracy table.
    """
    features, refused = _usable(finals, features, catalogue)
    measured: list[tuple[Backtest, HeldOut]] = []
    for backtest in backtests:
        training = backtest.training.only(features)
        if not training.is_enough or len(backtest.labels) == 0 or not features.names:
            continue
        safe, later = refuse_leaks(training, features, catalogue)
        refused = (*refused, *(reason for reason in later if reason not in refused))
        pipeline = train_classifier(training.only(safe), safe, catalogue, seed)
        said = probabilities(pipeline, backtest.rows[list(safe.names)])
        measured.append((backtest, HeldOut(backtest.labels, said, backtest.baseline)))
    is_published = len(measured) >= LEAST_BACKTESTS and is_model_better([test for _, test in measured])
    note = _note(len(measured), is_published, baseline_code, evaluation_note)
    estimators = (
        tuple(train_classifier(final.only(features), features, catalogue, seed) for final in finals)
        if is_published
        else ()
    )
    accuracy = _accuracy(target_code, baseline_code, measured, is_published, note)
    accuracy += [
        note_row(target_code, baseline_code, is_published, len(finals[0].labels) if finals else 0, f"Refused: {reason}")
        for reason in refused
    ]
    return Decision(is_published, estimators, features, refused, tuple(accuracy), note)


def note_row(
    target_code: str, baseline_code: str, is_published: bool, sample_count: int, text: str, model_code: str = MODEL_CODE
) -> AccuracyRow:
    """A row that only says something: why there is no model, or which columns were refused."""
    return AccuracyRow(
        target_code=target_code,
        model_code=model_code,
        baseline_code=baseline_code,
        subject_kind_code=None,
        subject_id=None,
        metric_code="note",
        horizon_months=None,
        origin_date=None,
        model_value=None,
        baseline_value=None,
        is_model_published=is_published,
        sample_count=sample_count,
        note_text=text,
    )


def _usable(finals: list[TrainingSet], features: Features, catalogue: Catalogue) -> tuple[Features, tuple[str, ...]]:
    """The features that no final training set gives a reason to refuse, and the reasons."""
    refused: tuple[str, ...] = ()
    for final in finals:
        features, reasons = refuse_leaks(final, features, catalogue)
        refused = (*refused, *(reason for reason in reasons if reason not in refused))
    return features, refused


def _note(backtest_count: int, is_published: bool, baseline_code: str, evaluation_note: str) -> str:
    """The decision in words."""
    if is_published:
        return f"The model beats {baseline_code} and is published. {evaluation_note}"
    if backtest_count < LEAST_BACKTESTS:
        return (
            f"Too little history: {backtest_count} of {LEAST_BACKTESTS} backtests could be run, so {baseline_code} is "
            f"published. {evaluation_note}"
        )
    return f"The model does not know more than {baseline_code}, which is published. {evaluation_note}"


def _accuracy(
    target_code: str, baseline_code: str, measured: list[tuple[Backtest, HeldOut]], is_published: bool, note: str
) -> list[AccuracyRow]:
    """One row a metric over all backtests, then one a metric and origin; a note alone where nothing was measured."""
    if not measured:
        return [note_row(target_code, baseline_code, is_published, 0, note)]
    looks: list[tuple[date | None, HeldOut, str | None]] = [(None, pool([test for _, test in measured]), note)]
    looks += [(backtest.origin_date, test, None) for backtest, test in measured if backtest.origin_date is not None]
    rows: list[AccuracyRow] = []
    for origin_date, test, text in looks:
        model = classification_metrics(test.labels, test.model)
        baseline = classification_metrics(test.labels, test.baseline)
        for metric_code, value in model.items():
            rows.append(
                AccuracyRow(
                    target_code=target_code,
                    model_code=MODEL_CODE,
                    baseline_code=baseline_code,
                    subject_kind_code=None,
                    subject_id=None,
                    metric_code=metric_code,
                    horizon_months=None,
                    origin_date=origin_date,
                    model_value=value,
                    baseline_value=baseline[metric_code],
                    is_model_published=is_published,
                    sample_count=len(test.labels),
                    note_text=text,
                )
            )
    return rows
