"""Revenue of company, regions and teams for the next six months, with intervals.

One ridge regression learns from all teams together how a month differs from a team's usual one: the season, the place
in the quarter, growth, and the pipeline as it was then. Forecasts of regions and of the company are sums of those of
the teams. For each kind of subject the model is compared with the better of two naive forecasts over past origins, and
the one with the smaller error is published; each kind's interval comes from the errors of what is published for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ml.candidate import Candidate, Context
from ml.cards import forecast_card
from ml.intervals import LEVELS
from ml.learning import note_row
from ml.revenue_backtests import Looks, accuracy_rows, better_baseline, wape_of
from ml.revenue_history import CATEGORIES, HORIZONS, NUMBERS, History, known_at, learnable, read_history
from ml.single_thread import single_thread
from ml.store import Trained, data_hash, fingerprint, load, save

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

TARGET = "revenue"
MODEL_CODE = "pooled_ridge"
SEASONAL_CODE = "seasonal_naive"
LAST_CODE = "last_value"
KINDS = ("company", "region", "team")
FEWEST_MONTHS = 6
FEWEST_MONTHS_FOR_NAIVE = 3
FEWEST_MONTHS_BEFORE = 6
MONTHS_BEFORE = 12
MOST_ORIGINS = 18
LEAST_ORIGINS = 4
FEWEST_ROWS = 40
RIDGE_PENALTY = 30.0


@dataclass(frozen=True)
class Subjects:
    """Who is forecast: one row a subject, and which series make it up.

    Attributes:
        kinds, ids: of each subject.
        members: subjects x series, 1 where the series belongs to the subject.
    """

    kinds: np.ndarray
    ids: tuple[str, ...]
    members: np.ndarray


def read(candidate: Candidate, context: Context) -> tuple[History | None, int]:
    """The history, None where there is none, and the first month of the fiscal year."""
    return read_history(candidate, context), fiscal_start_month(candidate)


def build(known: tuple[History | None, int], context: Context) -> tuple[list[dict[str, Any]], Trained]:
    """Forecast every subject that had revenue in the last twelve months.

    Args:
        known: what `read` gave.
        context: what all targets share.

    Returns:
        Rows of ml.revenue_forecasts, none with fewer than six whole months, and what was learned. A
        kind of subject for which no interval can be drawn yet is left out: a forecast without one misleads.
    """
    history, fiscal = known
    if history is None or history.month_count < FEWEST_MONTHS:
        count = 0 if history is None else history.month_count
        text = (
            f"{count} whole months of revenue are known; {FEWEST_MONTHS} are the fewest for a forecast: none is made."
        )
        row = note_row(TARGET, LAST_CODE, False, count, text, MODEL_CODE)
        card = forecast_card("Revenue", context, [text], [], [], [])
        return [], Trained(TARGET, (), {}, (row,), card)
    subjects = _subjects(history, context)
    trained = _learn(history, subjects, fiscal, context)
    return _forecast(history, subjects, fiscal, trained, context), trained


def fiscal_start_month(candidate: Candidate) -> int:
    """First calendar month of the company's fiscal year; January where no calendar was landed."""
    month = candidate.value(
        "select month(min(start_date) + 14) from marts.dim_periods "
        "where is_company_calendar and period_kind_code = 'year'"
    )
    return 1 if month is None else int(month)


def train_ridge(rows: pd.DataFrame) -> Pipeline:
    """Fit the pipeline on rows of `learnable`."""
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import Ridge
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    numbers = Pipeline(
        [("missing", SimpleImputer(strategy="mean", keep_empty_features=True)), ("size", StandardScaler())]
    )
    columns = ColumnTransformer(
        [("categories", OneHotEncoder(handle_unknown="ignore"), list(CATEGORIES)), ("numbers", numbers, list(NUMBERS))],
        sparse_threshold=0.0,
    )
    pipeline = Pipeline([("columns", columns), ("ridge", Ridge(alpha=RIDGE_PENALTY))])
    with single_thread():
        return pipeline.fit(
            rows[[*CATEGORIES, *NUMBERS]],
            rows["target_ratio"],
            ridge__sample_weight=rows["weight"].to_numpy(dtype=float),
        )


def model_forecast(pipeline: Pipeline, history: History, origin: int, fiscal: int) -> np.ndarray:
    """Forecasts of the model at an origin: series x horizons, company currency, never below zero."""
    rows = known_at(history, origin, fiscal)
    with single_thread():
        ratios = np.maximum(pipeline.predict(rows[[*CATEGORIES, *NUMBERS]]), 0.0)
    flat = ratios * rows["scale"].to_numpy()
    return np.asarray(flat.reshape(len(HORIZONS), -1).T)


def naive_forecast(history: History, origin: int, code: str) -> np.ndarray:
    """Forecasts of a baseline at an origin, series x horizons: the same month a year before, or the last month."""
    last = np.repeat(history.amounts[origin][:, None], len(HORIZONS), axis=1)
    if code == LAST_CODE:
        return last
    columns = [history.amounts[origin + horizon - 12] if origin + horizon >= 12 else last[:, 0] for horizon in HORIZONS]
    return np.column_stack(columns)


def _subjects(history: History, context: Context) -> Subjects:
    """Company, regions and teams with revenue in the last twelve months."""
    series = history.series
    is_active = history.scale(history.month_count - 1) > 0
    kinds, ids, members = ["company"], [context.company_id], [np.ones(len(series))]
    for kind in ("region", "team"):
        column = series[f"{kind}_id"]
        for subject in sorted(column[column.notna() & is_active].unique()):
            kinds.append(kind)
            ids.append(str(subject))
            members.append((column == subject).to_numpy(dtype=float))
    return Subjects(np.array(kinds), tuple(ids), np.vstack(members))


def _learn(history: History, subjects: Subjects, fiscal: int, context: Context) -> Trained:
    """The model of this history: the saved one where nothing changed, else a new one."""
    values = np.column_stack([history.amounts, history.pipeline.reshape(history.month_count, -1)])
    columns = pd.DataFrame(values, columns=[f"column_{i}" for i in range(values.shape[1])])
    data = data_hash(history.series.fillna("").astype(str), columns)
    settings = {
        "fiscal": fiscal,
        "measure": history.measure_code,
        "first": str(history.first_month),
        "ids": subjects.ids,
    }
    wanted = fingerprint(TARGET, data, context.seed, settings)
    saved = load(context.models_dir, TARGET, wanted)
    if saved is not None:
        return saved
    looks = look_back(history, subjects.members, fiscal)
    baseline_code = better_baseline(looks, subjects.kinds, history.month_count, SEASONAL_CODE, LAST_CODE)
    origin_count = 0 if MODEL_CODE not in looks.forecasts else len(looks.origins)
    published = {
        kind: origin_count >= LEAST_ORIGINS
        and wape_of(looks, MODEL_CODE, subjects.kinds == kind) < wape_of(looks, baseline_code, subjects.kinds == kind)
        for kind in KINDS
        if (subjects.kinds == kind).any()
    }
    widths = {
        kind: {
            str(level): looks.widths(MODEL_CODE if is_model else baseline_code, subjects.kinds == kind, level)[1]
            for level in LEVELS
        }
        for kind, is_model in published.items()
    }
    notes = [_note(kind, is_model, baseline_code, origin_count) for kind, is_model in published.items()]
    notes += [f"{kind}: too few errors are known to draw an interval, so nothing is published." for kind in widths
              if None in widths[kind].values()]  # fmt: skip
    if history.unconverted_count:
        notes.append(f"{history.unconverted_count} records have no exchange rate and are in no sum.")
    facts = {"baseline_code": baseline_code, "published": published, "widths": widths}
    accuracy = accuracy_rows(
        looks, subjects.kinds, subjects.ids, history, published, (MODEL_CODE, baseline_code), notes
    )
    estimators = (
        (train_ridge(learnable(history, history.month_count - 1, FEWEST_MONTHS_BEFORE - 1, fiscal)),)
        if any(published.values())
        else ()
    )
    data_notes = [
        f"{history.month_count} whole months of {history.measure_code} from {history.first_month}, "
        f"{len(history.series)} series of team and region.",
        f"Data hash {data}, seed {context.seed} (nothing here is random).",
    ]
    card = forecast_card("Revenue", context, notes, data_notes, [*CATEGORIES, *NUMBERS], accuracy)
    trained = Trained(TARGET, estimators, facts, tuple(accuracy), card)
    save(context.models_dir, trained, wanted, data, context.seed)
    return trained


def look_back(history: History, members: np.ndarray, fiscal: int) -> Looks:
    """What model and baselines would have said at past origins, for every subject, beside what came.

    Origins with less than a year before them count only where the history is too short to have four others, and with
    less than half a year only for the naive forecasts, so that a young company has errors to draw intervals from.
    """
    last = history.month_count - 2
    choices = (MONTHS_BEFORE - 1, FEWEST_MONTHS_BEFORE - 1, FEWEST_MONTHS_FOR_NAIVE - 1)
    first = next((choice for choice in choices if last + 1 - choice >= LEAST_ORIGINS), choices[-1])
    origins = tuple(range(max(first, last + 1 - MOST_ORIGINS), last + 1))
    forecasts: dict[str, list[np.ndarray]] = {SEASONAL_CODE: [], LAST_CODE: [], MODEL_CODE: []}
    actuals: list[np.ndarray] = []
    scales: list[np.ndarray] = []
    for origin in origins:
        came = np.full((history.amounts.shape[1], len(HORIZONS)), np.nan)
        for horizon in HORIZONS:
            if origin + horizon < history.month_count:
                came[:, horizon - 1] = history.amounts[origin + horizon]
        actuals.append(members @ came)
        scales.append(members @ history.scale(origin))
        for code in (SEASONAL_CODE, LAST_CODE):
            forecasts[code].append(members @ naive_forecast(history, origin, code))
        rows = learnable(history, origin, FEWEST_MONTHS_BEFORE - 1, fiscal)
        if len(rows) >= FEWEST_ROWS:
            pipeline = train_ridge(rows)
            forecasts[MODEL_CODE].append(members @ model_forecast(pipeline, history, origin, fiscal))
    if len(forecasts[MODEL_CODE]) < len(origins) or not origins:
        del forecasts[MODEL_CODE]
    return Looks(
        origins, {code: np.array(made) for code, made in forecasts.items()}, np.array(actuals), np.array(scales)
    )


def _forecast(
    history: History, subjects: Subjects, fiscal: int, trained: Trained, context: Context
) -> list[dict[str, Any]]:
    """One row for each subject and month."""
    origin = history.month_count - 1
    facts = trained.facts
    by_code = {facts["baseline_code"]: subjects.members @ naive_forecast(history, origin, facts["baseline_code"])}
    if trained.estimators:
        by_code[MODEL_CODE] = subjects.members @ model_forecast(trained.estimators[0], history, origin, fiscal)
    scales = subjects.members @ history.scale(origin)
    rows: list[dict[str, Any]] = []
    for position, (kind, subject_id) in enumerate(zip(subjects.kinds, subjects.ids, strict=True)):
        if None in facts["widths"][kind].values():
            continue
        code = MODEL_CODE if facts["published"][kind] else facts["baseline_code"]
        for horizon in HORIZONS:
            month, known = history.span(origin + horizon), history.span(origin)
            if month is None or known is None:
                continue
            middle = float(by_code[code][position, horizon - 1])
            row: dict[str, Any] = {
                "subject_kind_code": str(kind),
                "subject_id": subject_id,
                "period_id": month.period_id,
                "start_date": month.start_date,
                "origin_date": known.end_date,
                "horizon_months": horizon,
                "measure_code": history.measure_code,
                "model_code": code,
                "is_baseline": code != MODEL_CODE,
                "forecast_company_amount": middle,
                "company_currency_code": context.currency_code,
            }
            for level in LEVELS:
                half = facts["widths"][kind][str(level)] * float(scales[position])
                named = f"{level * 100:.0f}_company_amount"
                row[f"lower_{named}"] = max(0.0, middle - half)
                row[f"upper_{named}"] = middle + half
            rows.append(row)
    return rows


def _note(kind: str, is_model: bool, baseline_code: str, origin_count: int) -> str:
    """The decision for one kind of subject in words."""
    if is_model:
        return f"{kind}: the model beats {baseline_code} over {origin_count} origins and is published."
    if origin_count < LEAST_ORIGINS:
        return f"{kind}: too little history for {LEAST_ORIGINS} backtests, so {baseline_code} is published."
    return (
        f"{kind}: the model loses against {baseline_code} over {origin_count} origins, so {baseline_code} is published."
    )
