"""Model cards: one markdown page a model, for whoever must decide how far to trust it. Generated, never edited."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ml.candidate import Context
from ml.evaluation import AccuracyRow

if TYPE_CHECKING:
    from ml.classifier import TrainingSet
    from ml.learning import Decision

LIMITS = (
    "It says what happened to similar records before, not what causes an outcome.",
    "It does not read pay, and no pay rule reads it.",
    "It learns nothing from free text, names, e-mail addresses or telephone numbers.",
)


def classifier_card(
    title: str, context: Context, decision: Decision, training: TrainingSet, data: str, row_meaning: str
) -> str:
    """The card of a yes-or-no model.

    Args:
        training: what the published model learned from.
        data: hash of it.
        row_meaning: what a row is, in words.
    """
    positive = int(training.labels.sum())
    sections = [
        _heading(title, context),
        _section("Decision", [decision.note]),
        _section(
            "Data",
            [
                f"{len(training.labels)} rows, each {row_meaning}, of {training.subjects.nunique()} records; "
                f"{positive} with the outcome.",
                f"Data hash {data}, seed {context.seed}.",
            ],
        ),
        _section(
            "Model",
            [
                "scikit-learn Pipeline: categories encoded, gradient boosted trees, probabilities calibrated on the "
                "newest quarter of the records, which the trees did not see.",
            ],
        ),
        _section("Reads", [*decision.features.numbers, *decision.features.categories] or ["nothing"]),
        _section("Refused", list(decision.refused) or ["nothing"]),
        accuracy_section(decision.accuracy),
        _section("Limits", LIMITS),
    ]
    return "\n".join(sections)


def forecast_card(
    title: str,
    context: Context,
    notes: Sequence[str],
    data_notes: Sequence[str],
    reads: Sequence[str],
    accuracy: Iterable[AccuracyRow],
) -> str:
    """The card of a model that forecasts amounts."""
    sections = [
        _heading(title, context),
        _section("Decision", notes),
        _section("Data", data_notes),
        _section("Reads", reads),
        accuracy_section(accuracy),
        _section("Limits", LIMITS),
    ]
    return "\n".join(sections)


def accuracy_section(accuracy: Iterable[AccuracyRow]) -> str:
    """Model beside baseline, over all origins and subjects; fct_forecast_accuracy has the rest."""
    lines = ["## Held-out accuracy", "", "| metric | subject | model | baseline | rows |", "|---|---|---|---|---|"]
    for row in accuracy:
        if row.origin_date is None and row.subject_id is None and row.horizon_months is None:
            if row.model_value is None and row.baseline_value is None:
                continue
            subject = row.subject_kind_code or "all"
            lines.append(
                f"| {row.metric_code} | {subject} | {_shown(row.model_value)} | {_shown(row.baseline_value)} "
                f"| {row.sample_count} |"
            )
    if len(lines) == 4:
        lines.append("| nothing could be measured | | | | 0 |")
    return "\n".join([*lines, ""])


def _heading(title: str, context: Context) -> str:
    return f"# {title}\n\nCompany {context.company_id}, as of {context.as_of_date.isoformat()}.\n"


def _section(title: str, lines: Iterable[str]) -> str:
    return "\n".join([f"## {title}", "", *(f"- {line}" for line in lines), ""])


def _shown(value: float | None) -> str:
    """Four significant digits, plain notation for amounts."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
