"""The leak guard. Without it a column that is filled in after the outcome makes a model look brilliant in every
backtest, and it knows nothing on the day that somebody relies on it.
"""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest

from ml.classifier import Features, TrainingSet, train_classifier
from ml.knowledge import (
    LEAD_COLUMNS,
    OPPORTUNITY_COLUMNS,
    Catalogue,
    LeakError,
    demand_dated_evidence,
    demand_unsuspicious,
    single_column_auc,
)

ROWS = 1200


def leads(**extra: object) -> tuple[pd.DataFrame, np.ndarray]:
    """Leads whose source matters a little, and whatever columns a test adds."""
    random = np.random.default_rng(1)
    source = random.choice(["Referral", "Web"], ROWS)
    labels = (random.random(ROWS) < np.where(source == "Referral", 0.5, 0.2)).astype(float)
    frame = pd.DataFrame({"lead_source_name": source, "employee_count": random.integers(1, 900, ROWS).astype(float)})
    for name, make in extra.items():
        frame[name] = make(labels, random)  # type: ignore[operator]
    return frame, labels


def train(frame: pd.DataFrame, labels: np.ndarray, catalogue: Catalogue) -> None:
    numbers = tuple(name for name in frame if pd.api.types.is_numeric_dtype(frame[name]))
    categories = tuple(name for name in frame if name not in numbers)
    features = Features(numbers, categories)
    subjects = pd.Series([f"L{i}" for i in range(len(frame))])
    training = TrainingSet(features.prepare(frame), labels, subjects, np.arange(len(frame)))
    train_classifier(training, features, catalogue, seed=0)


def test_trainer_refuses_a_column_written_after_the_outcome_and_names_it() -> None:
    frame, labels = leads(lead_status_name=lambda y, r: np.where(y == 1, "Customer", "Lost"))
    with pytest.raises(LeakError, match="lead_status_name") as caught:
        train(frame, labels, Catalogue("leads", LEAD_COLUMNS))
    assert caught.value.columns == ("lead_status_name",)


@pytest.mark.parametrize("known_at", ["outcome", "unknown"])
def test_trainer_refuses_extension_columns_that_are_not_known_at_creation(known_at: str) -> None:
    frame, labels = leads(x_mood=lambda y, r: r.choice(["good", "bad"], len(y)))
    with pytest.raises(LeakError, match="x_mood"):
        train(frame, labels, Catalogue("leads", LEAD_COLUMNS).extended({"x_mood": known_at}))


def test_trainer_refuses_a_column_that_nobody_declared() -> None:
    frame, labels = leads(shoe_size=lambda y, r: r.normal(size=len(y)))
    with pytest.raises(LeakError, match="shoe_size is not declared"):
        train(frame, labels, Catalogue("leads", LEAD_COLUMNS))


@pytest.mark.parametrize(
    "planted",
    [
        pytest.param(lambda y, r: np.where(y == 1, "called back", "no interest"), id="text"),
        pytest.param(lambda y, r: y * 50 + r.normal(size=len(y)), id="number"),
        pytest.param(lambda y, r: np.where(y == 1, r.normal(size=len(y)), np.nan), id="filled-in-only-for-the-won"),
    ],
)
def test_trainer_refuses_what_tells_the_outcome_too_well_whatever_it_is_declared_as(planted: object) -> None:
    frame, labels = leads(x_answer=planted)
    with pytest.raises(LeakError, match=r"x_answer.*AUC") as caught:
        train(frame, labels, Catalogue("leads", LEAD_COLUMNS).extended({"x_answer": "creation"}))
    assert caught.value.columns == ("x_answer",)


def test_a_real_cause_is_not_refused() -> None:
    """A guard that refuses honest causes would leave every company with the base rate."""
    frame, labels = leads(x_strong=lambda y, r: y + r.normal(scale=1.0, size=len(y)))
    assert 0.7 < single_column_auc(frame["x_strong"], labels) < 0.85
    train(frame, labels, Catalogue("leads", LEAD_COLUMNS).extended({"x_strong": "creation"}))


def test_an_id_is_not_mistaken_for_a_leak() -> None:
    """Measured inside its fold, a column of distinct values would rank its own row perfectly."""
    _, labels = leads()
    assert single_column_auc(pd.Series([f"L{i}" for i in range(ROWS)]), labels) == pytest.approx(0.5, abs=0.05)


def test_snapshots_of_one_deal_stay_in_one_fold() -> None:
    """Ten snapshots of a deal share its outcome: across folds its id alone would look like a perfect cause."""
    random = np.random.default_rng(2)
    deals = np.repeat(np.arange(120), 10)
    labels = (random.random(120) < 0.5).astype(float)[deals]
    column = pd.Series([f"O{deal}" for deal in deals])
    demand_unsuspicious(pd.DataFrame({"opportunity_id": column}), labels, "opportunities", groups=column)
    with pytest.raises(LeakError):
        demand_unsuspicious(pd.DataFrame({"opportunity_id": column}), labels, "opportunities")


def test_snapshots_may_not_read_records_newer_than_themselves() -> None:
    days = pd.to_datetime(["2026-01-31", "2026-02-28"])
    good = pd.DataFrame({"origin_date": days, "newest_evidence_date": days})
    demand_dated_evidence(good, "opportunities")
    late = good.assign(newest_evidence_date=days + pd.Timedelta(days=1))
    with pytest.raises(LeakError, match="2 snapshots read records that are newer"):
        demand_dated_evidence(late, "opportunities")


def test_no_outcome_is_declared_usable() -> None:
    """The lists themselves are the guard: one wrong word in them and the guard is off."""
    written_later = [
        "close_date",
        "is_won",
        "is_lost",
        "lost_reason_name",
        "sales_cycle_days",
        "opportunity_status_code",
    ]
    assert Catalogue("opportunities", OPPORTUNITY_COLUMNS).refused(written_later) == tuple(sorted(written_later))
    written_later = ["is_converted", "converted_at", "converted_opportunity_id", "lead_status_name"]
    assert Catalogue("leads", LEAD_COLUMNS).refused(written_later) == tuple(sorted(written_later))


def test_the_refusal_crosses_a_process() -> None:
    """The models run in a child process: a refusal that loses its columns on the way names nobody."""
    error = LeakError(["x_tags"], "known too late", "features of leads", "Leave it out.")
    again = pickle.loads(pickle.dumps(error))
    assert (again.columns, again.message) == (("x_tags",), error.message)
