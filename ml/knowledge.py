"""When each column is known, and the guards that keep what is written after an outcome out of every model.

Three guards, each of which raises `LeakError` and names the columns:

* declared: a model may read a column only when this module, or company.yml for an extension column, says that it is
  known at creation or that it comes from a dated history;
* dated: no snapshot may rest on a record that is newer than the day the snapshot is of;
* measured: no single column may tell the outcome too well. Out of its fold, a real cause rarely ranks above
  `SUSPICIOUS_AUC`; a column that was filled in after the outcome usually does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
import pandas as pd

from openspm.errors import OpenspmError

SUSPICIOUS_AUC = 0.90
FEWEST_ROWS_TO_MEASURE = 200
FOLD_COUNT = 5
BIN_COUNT = 20
PRIOR_ROWS = 10.0


class KnownAt(StrEnum):
    """When the value of a column is fixed."""

    CREATION = "creation"
    HISTORY = "history"
    OUTCOME = "outcome"
    UNKNOWN = "unknown"


USABLE = frozenset({KnownAt.CREATION, KnownAt.HISTORY})

LEAD_COLUMNS: Mapping[str, KnownAt] = {
    "lead_id": KnownAt.CREATION,
    "created_at": KnownAt.CREATION,
    "country_code": KnownAt.CREATION,
    "industry_name": KnownAt.CREATION,
    "employee_count": KnownAt.CREATION,
    "lead_source_name": KnownAt.CREATION,
    "campaign_id": KnownAt.CREATION,
    "campaign_kind_name": KnownAt.CREATION,
    "age_days": KnownAt.HISTORY,
    "activity_count": KnownAt.HISTORY,
    "inbound_activity_count": KnownAt.HISTORY,
    "call_count": KnownAt.HISTORY,
    "email_count": KnownAt.HISTORY,
    "meeting_count": KnownAt.HISTORY,
    "demo_count": KnownAt.HISTORY,
    "days_since_activity": KnownAt.HISTORY,
    "response_hours": KnownAt.HISTORY,
    "owner_user_id": KnownAt.UNKNOWN,
    "lead_status_name": KnownAt.OUTCOME,
    "is_converted": KnownAt.OUTCOME,
    "converted_at": KnownAt.OUTCOME,
    "converted_opportunity_id": KnownAt.OUTCOME,
    "converted_account_id": KnownAt.OUTCOME,
}

OPPORTUNITY_COLUMNS: Mapping[str, KnownAt] = {
    "opportunity_id": KnownAt.CREATION,
    "created_at": KnownAt.CREATION,
    "opportunity_kind_code": KnownAt.CREATION,
    "lead_source_name": KnownAt.CREATION,
    "owner_payee_id": KnownAt.CREATION,
    "product_family_name": KnownAt.CREATION,
    "industry_name": KnownAt.CREATION,
    "segment_name": KnownAt.CREATION,
    "employee_count": KnownAt.CREATION,
    "age_days": KnownAt.HISTORY,
    "stage_code": KnownAt.HISTORY,
    "stage_order": KnownAt.HISTORY,
    "stage_age_days": KnownAt.HISTORY,
    "stage_change_count": KnownAt.HISTORY,
    "deal_amount": KnownAt.HISTORY,
    "currency_code": KnownAt.HISTORY,
    "expected_close_days": KnownAt.HISTORY,
    "close_push_count": KnownAt.HISTORY,
    "activity_count": KnownAt.HISTORY,
    "meeting_count": KnownAt.HISTORY,
    "days_since_activity": KnownAt.HISTORY,
    "owner_win_ratio": KnownAt.HISTORY,
    "owner_closed_count": KnownAt.HISTORY,
    "close_date": KnownAt.OUTCOME,
    "is_won": KnownAt.OUTCOME,
    "is_lost": KnownAt.OUTCOME,
    "lost_reason_name": KnownAt.OUTCOME,
    "opportunity_status_code": KnownAt.OUTCOME,
    "sales_cycle_days": KnownAt.OUTCOME,
    "last_activity_date": KnownAt.UNKNOWN,
    "is_stale": KnownAt.UNKNOWN,
}


class LeakError(OpenspmError):
    """A model was asked to learn from what is only written after the outcome.

    Attributes:
        columns: the columns that leak, sorted.
    """

    def __init__(self, columns: Iterable[str], reason: str, where: str, next_step: str) -> None:
        self.columns = tuple(sorted(columns))
        super().__init__(f"{', '.join(self.columns)}: {reason}", where, next_step)

    def __reduce__(self) -> tuple[type[LeakError], tuple[object, ...]]:
        """Keep the columns when the error crosses a process boundary."""
        return type(self), (self.columns, self.message.partition(": ")[2], self.where or "", self.next_step or "")


@dataclass(frozen=True)
class Catalogue:
    """When the columns of one table are known.

    Attributes:
        table: canonical table, such as leads.
        known_at: column -> when it is known.
    """

    table: str
    known_at: Mapping[str, KnownAt] = field(default_factory=dict)

    def extended(self, columns: Mapping[str, str]) -> Catalogue:
        """This catalogue with a company's extension columns: name -> creation, outcome or unknown."""
        declared = {name: KnownAt(known_at) for name, known_at in columns.items()}
        return Catalogue(self.table, {**self.known_at, **declared})

    def refused(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Those of the columns that no model may read, sorted."""
        return tuple(sorted(name for name in columns if self.known_at.get(name, KnownAt.UNKNOWN) not in USABLE))

    def demand_usable(self, columns: Iterable[str]) -> None:
        """Refuse columns that are not declared to be known in time.

        Raises:
            LeakError: names them with what they are declared as.
        """
        refused = self.refused(columns)
        if refused:
            declared = ", ".join(f"{name} is {self.known_at.get(name, 'not declared')}" for name in refused)
            raise LeakError(
                refused,
                f"known too late to predict from ({declared})",
                f"features of {self.table}",
                "Leave them out, or declare `known_at: creation` in company.yml if they are fixed at creation.",
            )


def demand_dated_evidence(snapshots: pd.DataFrame, table: str) -> None:
    """Refuse snapshots that rest on records newer than their own day.

    Args:
        snapshots: with origin_date and newest_evidence_date, the day of the newest record that a snapshot reads.
        table: what the snapshots are of, for the message.

    Raises:
        LeakError: some record is newer than its snapshot.
    """
    late = snapshots["newest_evidence_date"] > snapshots["origin_date"]
    if bool(late.any()):
        raise LeakError(
            ["newest_evidence_date"],
            f"{int(late.sum())} snapshots read records that are newer than they are",
            f"snapshots of {table}",
            "Filter the history by the snapshot's day before it is aggregated.",
        )


def demand_unsuspicious(
    features: pd.DataFrame,
    labels: np.ndarray,
    table: str,
    groups: pd.Series | None = None,
    measured: dict[str, float] | None = None,
) -> None:
    """Refuse columns that tell the outcome too well on their own to be a cause of it.

    Args:
        features: one column a feature, numbers or texts, any missing values.
        labels: 0 or 1 a row.
        table: what the rows are of, for the message.
        groups: rows of one group stay in one fold; by default each row is its own.
        measured: how well columns of these rows rank, by name; what is missing is measured and added.

    Raises:
        LeakError: names the columns and how well each ranks.
    """
    measured = {} if measured is None else measured
    missing = [str(name) for name in features.columns if name not in measured]
    folds = _folds(len(labels), groups) if missing else np.empty(0)
    measured |= {name: _single_column_auc(features[name], labels, folds) for name in missing}
    ranked = {str(name): measured[str(name)] for name in features.columns}
    suspicious = {name: auc for name, auc in ranked.items() if auc >= SUSPICIOUS_AUC}
    if suspicious:
        shown = ", ".join(f"{name} {auc:.2f}" for name, auc in sorted(suspicious.items()))
        raise LeakError(
            suspicious,
            f"each tells the outcome too well on its own (AUC {shown}; at most {SUSPICIOUS_AUC:.2f} is believed)",
            f"features of {table}",
            "Declare them `known_at: outcome` in company.yml: they look filled in after the outcome.",
        )


def single_column_auc(column: pd.Series, labels: np.ndarray, groups: pd.Series | None = None) -> float:
    """How well one column ranks the outcome, out of fold: 0.5 is not at all, 1 is perfectly.

    Each value, or each of twenty bins of a number, is scored by the outcome rate of the other folds. A missing value
    is a value like any other, because "only filled in for the won ones" is the most usual leak.
    """
    return _single_column_auc(column, labels, _folds(len(labels), groups))


def _folds(row_count: int, groups: pd.Series | None) -> np.ndarray:
    """The fold of each row, by a hash of its group."""
    keys = pd.Series(np.arange(row_count)) if groups is None else groups
    return np.asarray(pd.util.hash_pandas_object(keys, index=False).to_numpy() % FOLD_COUNT).astype(int)


def _single_column_auc(column: pd.Series, labels: np.ndarray, folds: np.ndarray) -> float:
    """`single_column_auc` with the folds given."""
    if len(labels) < FEWEST_ROWS_TO_MEASURE or labels.min() == labels.max():
        return 0.5
    codes = _codes(column)
    scores = np.empty(len(codes))
    for fold in range(FOLD_COUNT):
        inside, outside = folds == fold, folds != fold
        size = int(codes.max()) + 1
        wins = np.bincount(codes[outside], weights=labels[outside], minlength=size)
        rows = np.bincount(codes[outside], minlength=size)
        rate = labels[outside].mean() if outside.any() else labels.mean()
        scores[inside] = ((wins + PRIOR_ROWS * rate) / (rows + PRIOR_ROWS))[codes[inside]]
    return ranking_auc(labels, scores)


def ranking_auc(labels: np.ndarray, scores: np.ndarray) -> float:
    """The chance that a positive row scores above a negative one, ties counting half; 0.5 when a class is missing."""
    positive = int(labels.sum())
    negative = len(labels) - positive
    if positive == 0 or negative == 0:
        return 0.5
    ranks = pd.Series(scores).rank(method="average").to_numpy()
    return float((ranks[labels == 1].sum() - positive * (positive + 1) / 2) / (positive * negative))


def _codes(column: pd.Series) -> np.ndarray:
    """A small integer for each value; numbers of many values are binned by their quantiles, missing is one bin."""
    if pd.api.types.is_numeric_dtype(column) and column.nunique() > BIN_COUNT:
        column = pd.qcut(column, BIN_COUNT, labels=False, duplicates="drop")
    codes, _ = pd.factorize(column, use_na_sentinel=True, sort=True)
    return np.asarray(codes, dtype=np.int64) + 1
