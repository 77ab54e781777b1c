"""Lead scores: the chance that an open lead converts, learned from leads whose time to convert is over.

With dates a row is a lead on a day: when it was created, and two and six weeks later if it was still open; it counts
as converted if it does within `WINDOW_DAYS` of that day. The baseline knows how often leads of that age convert.

Some sources give no dates. Then a row is a lead, converted or not, told apart by what is declared known at creation;
held-out leads are drawn at random, and the accuracy table says so. Each lead is scored by a pipeline that never saw it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ml.candidate import Candidate, Context, days, sample_condition, sample_limit
from ml.cards import classifier_card
from ml.classifier import Features, TrainingSet, probabilities
from ml.knowledge import LEAD_COLUMNS, Catalogue, demand_dated_evidence
from ml.learning import MODEL_CODE, Backtest, decide, note_row
from ml.store import Trained, data_hash, fingerprint, load, save

TARGET = "lead"
BASELINE_CODE = "base_rate_by_age"
UNDATED_BASELINE_CODE = "base_rate"
WINDOW_DAYS = 90
TEST_DAYS = 60
BACKTEST_COUNT = 4
FOLD_COUNT = 4
MOST_LEADS = 20_000
LEAST_DATED_RATIO = 0.9
HIGH_BAND = 1.5
LOW_BAND = 0.5
AGE_CODES = ((7, "new"), (28, "two_weeks"))
OLDEST_AGE_CODE = "six_weeks"
NUMBERS = (
    "age_days",
    "employee_count",
    "response_hours",
    "activity_count",
    "call_count",
    "email_count",
    "meeting_count",
    "demo_count",
    "days_since_activity",
)
CATEGORIES = ("country_code", "industry_name", "lead_source_name", "campaign_kind_name")
DATED_NOTE = (
    f"Held out: leads looked at in the {TEST_DAYS} days after each origin; converted means within {WINDOW_DAYS} days."
)
UNDATED_NOTE = "The source gives no dates: held-out leads were drawn at random, so nothing here shows change over time."


def build(snapshots: pd.DataFrame, context: Context) -> tuple[list[dict[str, Any]], Trained]:
    """Score every unconverted lead.

    Args:
        snapshots: what `read_snapshots` gave.
        context: what all targets share.

    Returns:
        Rows of ml.lead_scores, none where no lead's outcome is known, and what was learned.
    """
    catalogue = Catalogue("leads", LEAD_COLUMNS).extended(context.extension_columns.get("leads", {}))
    extensions = [name for name in snapshots.columns if name in context.extension_columns.get("leads", {})]
    is_dated = bool(snapshots["created_date"].notna().mean() >= LEAST_DATED_RATIO) if len(snapshots) else True
    if is_dated:
        demand_dated_evidence(snapshots[~snapshots["is_current"]], "leads")
    else:
        snapshots = snapshots.drop_duplicates("lead_id", ignore_index=True)
    features = _features(snapshots, extensions)
    trained = _learn(snapshots, features, catalogue, context, is_dated)
    open_leads = snapshots[~snapshots["is_converted"] & (snapshots["is_current"] | (not is_dated))]
    return _score(open_leads, trained, context), trained


def read_snapshots(candidate: Candidate, context: Context) -> pd.DataFrame:
    """Leads on the days on which they are looked at, with the company's extension columns; undated ones once each."""
    extensions = context.extension_columns.get("leads", {})
    present = [name for name in candidate.columns("staging.stg_crm__leads") if name in extensions]
    extra = "".join(f", leads.{name}" for name in present)
    limit = sample_limit(candidate.value("select count(*) from staging.stg_crm__leads"), MOST_LEADS)
    snapshots = candidate.frame(
        f"""
        select snapshots.*{extra}
        from intermediate.int_leads_snapshotted as snapshots
        inner join staging.stg_crm__leads as leads using (lead_id)
        where snapshots.is_current or {sample_condition("snapshots.lead_id")}
        order by snapshots.origin_date, snapshots.is_current, snapshots.lead_id
        """,
        [str(context.seed), limit],
    )
    for column in ("origin_date", "created_date", "converted_date", "newest_evidence_date"):
        snapshots[column] = days(snapshots[column])
    snapshots["is_converted"] = snapshots["is_converted"].fillna(False).astype(bool)
    return snapshots


def ended_by(snapshots: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """Looks at leads whose time to convert was over by a day, so that every outcome is known."""
    return snapshots[~snapshots["is_current"] & (snapshots["origin_date"] + pd.Timedelta(days=WINDOW_DAYS) <= day)]


def dated_labels(snapshots: pd.DataFrame) -> np.ndarray:
    """1 where the lead converted within the window after it was looked at, else 0."""
    waited = snapshots["converted_date"] - snapshots["origin_date"]
    return (waited <= pd.Timedelta(days=WINDOW_DAYS)).to_numpy(dtype=float)


def age_codes(snapshots: pd.DataFrame) -> pd.Series:
    """new, two_weeks or six_weeks: the look whose base rate applies to a lead of this age."""
    codes = pd.Series(OLDEST_AGE_CODE, index=snapshots.index)
    for bound, code in reversed(AGE_CODES):
        codes = codes.mask(snapshots["age_days"] < bound, code)
    return codes


def _features(snapshots: pd.DataFrame, extensions: list[str]) -> Features:
    """The features that hold more than one value; extension columns are numbers where staging typed them so."""
    numeric = tuple(name for name in extensions if pd.api.types.is_numeric_dtype(snapshots[name].dtype))
    texts = tuple(name for name in extensions if name not in numeric)
    wanted = Features((*NUMBERS, *numeric), (*CATEGORIES, *texts))
    return wanted.without(tuple(name for name in wanted.names if snapshots[name].nunique(dropna=False) <= 1))


def _training_set(rows: pd.DataFrame, labels: np.ndarray, features: Features, is_dated: bool) -> TrainingSet:
    """Leads as what the classifier takes; without dates a hash of the id stands for the order."""
    hashed = pd.util.hash_pandas_object(rows["lead_id"], index=False).to_numpy() >> 1
    order = rows["origin_date"].to_numpy().astype("int64") if is_dated else hashed.astype("int64")
    return TrainingSet(features.prepare(rows), labels, rows["lead_id"], order)


def _learn(
    snapshots: pd.DataFrame, features: Features, catalogue: Catalogue, context: Context, is_dated: bool
) -> Trained:
    """The model of these leads: the saved one where nothing changed, else a new one."""
    rows = ended_by(snapshots, pd.Timestamp(context.as_of_date)) if is_dated else snapshots
    labels = dated_labels(rows) if is_dated else rows["is_converted"].to_numpy(dtype=float)
    whole = _training_set(rows, labels, features, is_dated)
    data = data_hash(whole.rows, pd.DataFrame({"label": labels, "order": whole.order}))
    settings = {"known_at": dict(catalogue.known_at), "features": features.names, "is_dated": is_dated}
    wanted = fingerprint(TARGET, data, context.seed, settings)
    saved = load(context.models_dir, TARGET, wanted)
    if saved is not None:
        return saved
    if is_dated:
        baseline_code, note, finals = BASELINE_CODE, DATED_NOTE, [whole]
        backtests = _dated_backtests(snapshots, features, context)
    else:
        baseline_code, note = UNDATED_BASELINE_CODE, UNDATED_NOTE
        backtests = _random_backtests(rows, labels, features)
        finals = [backtest.training for backtest in backtests]
    decision = decide(TARGET, baseline_code, backtests, finals, features, catalogue, context.seed, note)
    ages = age_codes(rows)
    facts = {
        "is_model_published": decision.is_model_published,
        "baseline_code": baseline_code,
        "base_rate": float(labels.mean()) if len(labels) else None,
        "base_rates": {str(age): float(labels[ages == age].mean()) for age in sorted(ages.unique())}
        if is_dated
        else {},
        "features": {"numbers": decision.features.numbers, "categories": decision.features.categories},
    }
    accuracy = list(decision.accuracy)
    if facts["base_rate"] is None:
        accuracy.append(note_row(TARGET, baseline_code, False, 0, "No lead's time is over yet: nothing is published."))
    card = classifier_card("Lead scores", context, decision, whole, data, "a lead on a day" if is_dated else "a lead")
    trained = Trained(TARGET, decision.estimators, facts, tuple(accuracy), card)
    save(context.models_dir, trained, wanted, data, context.seed)
    return trained


def _dated_backtests(snapshots: pd.DataFrame, features: Features, context: Context) -> list[Backtest]:
    """The newest origins, `TEST_DAYS` apart, after which the window of every held-out lead is over by now."""
    backtests: list[Backtest] = []
    as_of = pd.Timestamp(context.as_of_date)
    past = snapshots[~snapshots["is_current"]]
    for number in range(1, BACKTEST_COUNT + 1):
        origin = as_of - pd.Timedelta(days=WINDOW_DAYS + number * TEST_DAYS)
        known = ended_by(snapshots, origin)
        if known.empty:
            break
        labels = dated_labels(known)
        test = past[(past["origin_date"] > origin) & (past["origin_date"] <= origin + pd.Timedelta(days=TEST_DAYS))]
        rates = pd.Series(labels).groupby(age_codes(known).to_numpy()).mean()
        baseline = age_codes(test).map(rates).fillna(labels.mean()).to_numpy(dtype=float)
        backtests.append(
            Backtest(
                origin.date(),
                _training_set(known, labels, features, True),
                features.prepare(test),
                dated_labels(test),
                baseline,
            )
        )
    return backtests[::-1]


def _folds(rows: pd.DataFrame) -> np.ndarray:
    """The random fold of each lead, by a hash of its id, so that it stays the same from run to run."""
    return np.asarray(pd.util.hash_pandas_object(rows["lead_id"], index=False).to_numpy() % FOLD_COUNT)


def _random_backtests(rows: pd.DataFrame, labels: np.ndarray, features: Features) -> list[Backtest]:
    """Each quarter of the leads once, told from the other three."""
    folds = _folds(rows)
    backtests: list[Backtest] = []
    for fold in range(FOLD_COUNT):
        inside, outside = folds == fold, folds != fold
        if not inside.any() or not outside.any():
            continue
        training = _training_set(rows[outside], labels[outside], features, False)
        baseline = np.full(int(inside.sum()), labels[outside].mean())
        backtests.append(Backtest(None, training, features.prepare(rows[inside]), labels[inside], baseline))
    return backtests


def _chances(open_leads: pd.DataFrame, trained: Trained) -> np.ndarray:
    """The chance of each open lead, from the pipeline that never saw it or from the baseline."""
    facts = trained.facts
    if not trained.estimators:
        rates = age_codes(open_leads).map(facts["base_rates"]).astype(float)
        return rates.fillna(facts["base_rate"]).to_numpy(dtype=float)
    named = Features(tuple(facts["features"]["numbers"]), tuple(facts["features"]["categories"]))
    rows = named.prepare(open_leads)
    if len(trained.estimators) == 1:
        return probabilities(trained.estimators[0], rows)
    chances = np.empty(len(open_leads))
    folds = _folds(open_leads)
    for fold, pipeline in enumerate(trained.estimators):
        chances[folds == fold] = probabilities(pipeline, rows[folds == fold])
    return chances


def _score(open_leads: pd.DataFrame, trained: Trained, context: Context) -> list[dict[str, Any]]:
    """One row for each open lead; bands are against the rate at which leads convert on average."""
    base_rate = trained.facts["base_rate"]
    if base_rate is None:
        return []
    code = MODEL_CODE if trained.estimators else str(trained.facts["baseline_code"])
    return [
        {
            "lead_id": lead_id,
            "as_of_date": context.as_of_date,
            "score_ratio": float(chance),
            "score_band_code": _band(float(chance), base_rate),
            "model_code": code,
            "is_baseline": not trained.estimators,
        }
        for lead_id, chance in zip(open_leads["lead_id"], _chances(open_leads, trained), strict=True)
    ]


def _band(chance: float, base_rate: float) -> str:
    """high from one and a half times the base rate on, low up to half of it, else medium."""
    if base_rate > 0 and chance >= HIGH_BAND * base_rate:
        return "high"
    return "low" if chance <= LOW_BAND * base_rate else "medium"
