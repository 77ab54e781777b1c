"""One scikit-learn pipeline for a yes-or-no outcome: encode, boost, calibrate; and the rule by which it is published.

Every fitted step stands inside the pipeline, so that nothing learned from a row that is held out reaches a forecast.
The newest quarter of the subjects (deals, leads) is held out inside `fit` to calibrate the probabilities on.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ml.evaluation import classification_metrics
from ml.knowledge import Catalogue, LeakError, demand_unsuspicious
from ml.single_thread import single_thread

if TYPE_CHECKING:
    from sklearn.compose import ColumnTransformer
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.pipeline import Pipeline

MISSING = "(none)"
FEWEST_ROWS = 200
FEWEST_OF_A_CLASS = 30
FEWEST_CALIBRATION_ROWS = 60
CALIBRATION_SHARE = 0.25
FEWEST_ROWS_FOR_ISOTONIC = 2000
MOST_CATEGORIES = 60
LEAST_CHANCE = 0.001
LEAST_SKILL = 0.01
LEAST_AUC = 0.55


@dataclass(frozen=True)
class Features:
    """Names of the columns that a model reads: numbers, and categories as text."""

    numbers: tuple[str, ...]
    categories: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """All columns, numbers first."""
        return (*self.numbers, *self.categories)

    def without(self, columns: tuple[str, ...]) -> Features:
        """The features left when some are refused."""
        return Features(
            tuple(name for name in self.numbers if name not in columns),
            tuple(name for name in self.categories if name not in columns),
        )

    def prepare(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The columns as the pipeline takes them: float64 numbers, text categories with missing spelled out."""
        columns: dict[str, pd.Series] = {}
        for name in self.numbers:
            columns[name] = pd.to_numeric(frame[name], errors="coerce").astype("float64")
        for name in self.categories:
            texts = frame[name].astype("object")
            columns[name] = texts.where(texts.notna(), MISSING).astype(str).astype("object")
        return pd.DataFrame(columns, index=frame.index)


@dataclass(frozen=True)
class TrainingSet:
    """Rows to learn from, prepared by `Features.prepare`.

    Attributes:
        rows: one column a feature.
        labels: 0 or 1 a row.
        subjects: the deal or lead of a row; its rows stay together.
        order: what is newer is larger; the newest subjects calibrate.
        measured: how well single columns of these rows rank, as far as the guard has measured them.
    """

    rows: pd.DataFrame
    labels: np.ndarray
    subjects: pd.Series
    order: np.ndarray
    measured: dict[str, float] = field(default_factory=dict, compare=False)

    def only(self, features: Features) -> TrainingSet:
        """The same rows with these features alone."""
        return TrainingSet(self.rows[list(features.names)], self.labels, self.subjects, self.order, self.measured)

    @property
    def is_enough(self) -> bool:
        """Whether there is enough of both outcomes to learn and to calibrate."""
        positive = int(self.labels.sum())
        return len(self.labels) >= FEWEST_ROWS and FEWEST_OF_A_CLASS <= positive <= len(self.labels) - FEWEST_OF_A_CLASS


def train_classifier(training: TrainingSet, features: Features, catalogue: Catalogue, seed: int) -> Pipeline:
    """Fit the calibrated pipeline on rows whose columns are known in time.

    Raises:
        LeakError: a feature is not declared to be known in time, or tells the outcome too well; it is named.
        ValueError: too few rows; ask `is_enough` first.
    """
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.model_selection import PredefinedSplit
    from sklearn.pipeline import Pipeline

    catalogue.demand_usable(features.names)
    if not training.is_enough:
        raise ValueError(f"{len(training.labels)} rows are too few to train on")
    demand_unsuspicious(training.rows, training.labels, catalogue.table, training.subjects, training.measured)
    held_out = _newest_subjects(training)
    enough = held_out.sum() >= FEWEST_CALIBRATION_ROWS and 0 < training.labels[held_out].mean() < 1
    split = PredefinedSplit(np.where(held_out, 0, -1)) if enough else 4
    method = "isotonic" if held_out.sum() >= FEWEST_ROWS_FOR_ISOTONIC else "sigmoid"
    pipeline = Pipeline(
        [
            ("columns", _encoder(features)),
            ("model", CalibratedClassifierCV(_booster(features, seed), method=method, cv=split)),
        ]
    )
    with single_thread():
        return pipeline.fit(training.rows, training.labels)


def refuse_leaks(training: TrainingSet, features: Features, catalogue: Catalogue) -> tuple[Features, tuple[str, ...]]:
    """The features that may be used, and why each of the others may not: one sentence a refusal."""
    reasons: list[str] = []
    try:
        catalogue.demand_usable(features.names)
    except LeakError as leak:
        reasons.append(leak.message)
        features = features.without(leak.columns)
    if training.is_enough:
        try:
            rows = training.rows[list(features.names)]
            demand_unsuspicious(rows, training.labels, catalogue.table, training.subjects, training.measured)
        except LeakError as leak:
            reasons.append(leak.message)
            features = features.without(leak.columns)
    return features, tuple(reasons)


def probabilities(pipeline: Pipeline, rows: pd.DataFrame) -> np.ndarray:
    """The chance of the outcome for each prepared row; nothing that lies ahead is certain, so never 0 or 1."""
    if rows.empty:
        return np.empty(0)
    with single_thread():
        chances = np.asarray(pipeline.predict_proba(rows)[:, 1], dtype=float)
    return np.asarray(np.clip(chances, LEAST_CHANCE, 1 - LEAST_CHANCE))


@dataclass(frozen=True)
class HeldOut:
    """What one backtest saw: labels, and what model and baseline had said; model is None where it was not trained."""

    labels: np.ndarray
    model: np.ndarray
    baseline: np.ndarray


def is_model_better(tests: list[HeldOut]) -> bool:
    """Whether a model knows enough to be published in place of its baseline.

    It must lower the log loss by `LEAST_SKILL` over all backtests and in most of them, and rank better than
    `LEAST_AUC`: less than that is what noise gives, and then the honest answer is the base rate.
    """
    if not tests:
        return False
    pooled = pool(tests)
    model = classification_metrics(pooled.labels, pooled.model)
    baseline = classification_metrics(pooled.labels, pooled.baseline)
    wins = sum(
        classification_metrics(test.labels, test.model)["log_loss"]
        < classification_metrics(test.labels, test.baseline)["log_loss"]
        for test in tests
    )
    is_skilled = model["log_loss"] <= baseline["log_loss"] * (1 - LEAST_SKILL)
    return is_skilled and model["auc"] >= LEAST_AUC and wins * 2 > len(tests)


def pool(tests: list[HeldOut]) -> HeldOut:
    """All backtests as one."""
    return HeldOut(
        np.concatenate([test.labels for test in tests]),
        np.concatenate([test.model for test in tests]),
        np.concatenate([test.baseline for test in tests]),
    )


def _newest_subjects(training: TrainingSet) -> np.ndarray:
    """Which rows belong to the newest quarter of the subjects, by the first row of each."""
    order = pd.Series(training.order).reset_index(drop=True)
    first = order.groupby(training.subjects.reset_index(drop=True)).transform("min").to_numpy()
    return np.asarray(first > np.quantile(first, 1 - CALIBRATION_SHARE))


def _encoder(features: Features) -> ColumnTransformer:
    """Categories as small integers, rare ones together; numbers as they are."""
    from sklearn.compose import ColumnTransformer
    from sklearn.preprocessing import OrdinalEncoder

    categories = OrdinalEncoder(
        handle_unknown="use_encoded_value", unknown_value=np.nan, max_categories=MOST_CATEGORIES, min_frequency=20
    )
    return ColumnTransformer(
        [("categories", categories, list(features.categories)), ("numbers", "passthrough", list(features.numbers))]
    )


def _booster(features: Features, seed: int) -> HistGradientBoostingClassifier:
    """Small trees, few of them: it must learn in a second and not memorise people."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(
        max_iter=80,
        learning_rate=0.08,
        max_leaf_nodes=12,
        min_samples_leaf=25,
        l2_regularization=1.0,
        early_stopping=False,
        categorical_features=list(range(len(features.categories))),
        random_state=seed,
    )
