"""Win probabilities of open deals, learned from how open deals of the past ended.

A row is a deal on a month end on which it was open, as its stage history and its activities said by then. A month end
is learned from once its slow deals have ended too, because the quick ones are not like them.
"""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np
import pandas as pd

from ml.candidate import Candidate, Context, days, sample_condition, sample_limit
from ml.cards import classifier_card
from ml.classifier import Features, TrainingSet, probabilities
from ml.knowledge import OPPORTUNITY_COLUMNS, Catalogue, demand_dated_evidence
from ml.learning import MODEL_CODE, Backtest, decide, note_row
from ml.store import Trained, data_hash, fingerprint, load, save

TARGET = "opportunity"
BASELINE_CODE = "base_rate"
FEATURES = Features(
    numbers=(
        "stage_order",
        "age_days",
        "stage_age_days",
        "stage_change_count",
        "deal_amount",
        "expected_close_days",
        "close_push_count",
        "activity_count",
        "meeting_count",
        "days_since_activity",
        "employee_count",
        "owner_win_ratio",
        "owner_closed_count",
    ),
    categories=(
        "stage_code",
        "currency_code",
        "opportunity_kind_code",
        "lead_source_name",
        "industry_name",
        "segment_name",
        "product_family_name",
        "owner_payee_id",
    ),
)
MOST_DEALS = 20_000
BACKTEST_COUNT = 4
LEAST_ENDED_RATIO = 0.8
LONG_WAIT_QUANTILE = 0.9
PRIOR_DEALS = 10.0
FALLBACK_DAYS = 30
EVALUATION_NOTE = "Held out: deals open at each origin, learned from outcomes known by then."


def build(read: tuple[pd.DataFrame, Features], context: Context) -> tuple[list[dict[str, Any]], Trained]:
    """Score every open deal.

    Args:
        read: what `read_snapshots` gave.
        context: what all targets share.

    Returns:
        Rows of ml.opportunity_scores, none where nothing was ever won or lost, and what was learned.
    """
    catalogue = Catalogue("opportunities", OPPORTUNITY_COLUMNS).extended(
        context.extension_columns.get("opportunities", {})
    )
    snapshots, features = read
    demand_dated_evidence(snapshots[~snapshots["is_current"]], "opportunities")
    trained = _learn(snapshots, features, catalogue, context)
    return _score(snapshots[snapshots["is_current"]], trained, context), trained


def read_snapshots(candidate: Candidate, context: Context) -> tuple[pd.DataFrame, Features]:
    """Snapshots with their features, and the features that hold anything."""
    extensions = context.extension_columns.get("opportunities", {})
    present = [name for name in candidate.columns("staging.stg_crm__opportunities") if name in extensions]
    extra = "".join(f", source_deals.{name}" for name in present)
    join = "left join staging.stg_crm__opportunities as source_deals using (opportunity_id)" if present else ""
    limit = sample_limit(candidate.value("select count(*) from marts.fct_opportunities where not is_open"), MOST_DEALS)
    snapshots = candidate.frame(
        f"""
        select
            gathered.*,
            records.won_count as owner_won_count,
            records.closed_count as owner_closed_count,
            totals.won_count as all_won_count,
            totals.closed_count as all_closed_count{extra}
        from intermediate.int_opportunity_features_gathered as gathered
        left join intermediate.int_owner_records_accumulated as records
            using (owner_payee_id, origin_date)
        left join (
            select origin_date, sum(won_count) as won_count, sum(closed_count) as closed_count
            from intermediate.int_owner_records_accumulated
            group by origin_date
        ) as totals using (origin_date)
        {join}
        where gathered.is_current or {sample_condition("gathered.opportunity_id")}
        order by gathered.origin_date, gathered.is_current, gathered.opportunity_id
        """,
        [str(context.seed), limit],
    )
    for column in ("origin_date", "outcome_date", "newest_evidence_date", "expected_close_date"):
        snapshots[column] = days(snapshots[column])
    numbers = snapshots[["owner_won_count", "owner_closed_count", "all_won_count", "all_closed_count"]]
    won, closed, all_won, all_closed = (numbers[name].fillna(0).astype(float) for name in numbers.columns)
    usual = all_won / all_closed.where(all_closed > 0)
    snapshots["owner_win_ratio"] = (won + PRIOR_DEALS * usual) / (closed + PRIOR_DEALS)
    snapshots["owner_closed_count"] = closed
    wanted = Features(FEATURES.numbers, (*FEATURES.categories, *present))
    constant = tuple(name for name in wanted.names if snapshots[name].nunique(dropna=False) <= 1)
    return snapshots, wanted.without(constant)


def ended_by(snapshots: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """What could be learned on a day: the ended deals of origins that are old enough.

    An origin is old enough once most of its deals have ended, or as many days have passed as nine of ten deals that end
    at all take: some pipelines hold deals that nobody ever closes.
    """
    past = snapshots[~snapshots["is_current"] & (snapshots["origin_date"] < day)]
    is_ended = (past["outcome_date"] <= day) & past["is_won_count"].notna()
    if not is_ended.any():
        return past[is_ended]
    ended_ratio = is_ended.groupby(past["origin_date"]).transform("mean")
    waited = (past["outcome_date"] - past["origin_date"])[is_ended]
    is_waited_for = past["origin_date"] <= day - pd.Timedelta(days=float(waited.dt.days.quantile(LONG_WAIT_QUANTILE)))
    chosen: pd.DataFrame = past[is_ended & ((ended_ratio >= LEAST_ENDED_RATIO) | is_waited_for)]
    return chosen


def training_set(rows: pd.DataFrame, features: Features) -> TrainingSet:
    """Snapshots as what the classifier takes."""
    return TrainingSet(
        features.prepare(rows),
        rows["is_won_count"].to_numpy(dtype=float),
        rows["opportunity_id"],
        rows["origin_date"].to_numpy().astype("int64"),
    )


def _learn(snapshots: pd.DataFrame, features: Features, catalogue: Catalogue, context: Context) -> Trained:
    """The model of these snapshots: the saved one where nothing changed, else a new one."""
    now = pd.Timestamp(context.as_of_date)
    learned = ended_by(snapshots, now)
    final = training_set(learned, features)
    data = data_hash(final.rows, pd.DataFrame({"label": final.labels, "order": final.order, "as_of": now}))
    settings = {"known_at": dict(catalogue.known_at), "features": features.names}
    wanted = fingerprint(TARGET, data, context.seed, settings)
    saved = load(context.models_dir, TARGET, wanted)
    if saved is not None:
        return saved
    decision = decide(
        TARGET, BASELINE_CODE, _backtests(snapshots, learned, features), [final], features, catalogue, context.seed,
        EVALUATION_NOTE,
    )  # fmt: skip
    facts = {
        "is_model_published": decision.is_model_published,
        "base_rate": float(final.labels.mean()) if len(final.labels) else _closed_rate(snapshots),
        "features": {"numbers": decision.features.numbers, "categories": decision.features.categories},
        "remaining_days": _remaining_days(learned),
    }
    card = classifier_card("Opportunity win probabilities", context, decision, final, data, "a deal at a month end")
    accuracy = list(decision.accuracy)
    if facts["base_rate"] is None:
        accuracy.append(note_row(TARGET, BASELINE_CODE, False, 0, "No deal has ended yet: nothing is published."))
    trained = Trained(TARGET, decision.estimators, facts, tuple(accuracy), card)
    save(context.models_dir, trained, wanted, data, context.seed)
    return trained


def _backtests(snapshots: pd.DataFrame, learned: pd.DataFrame, features: Features) -> list[Backtest]:
    """The newest origins that can be judged by now and could have been learned for then."""
    backtests: list[Backtest] = []
    for origin in sorted(learned["origin_date"].unique(), reverse=True):
        known = ended_by(snapshots, pd.Timestamp(origin))
        training = training_set(known, features)
        if not training.is_enough:
            continue
        test = learned[learned["origin_date"] == origin]
        baseline = np.full(len(test), training.labels.mean())
        labels = test["is_won_count"].to_numpy(dtype=float)
        backtests.append(Backtest(pd.Timestamp(origin).date(), training, features.prepare(test), labels, baseline))
        if len(backtests) == BACKTEST_COUNT:
            break
    return backtests[::-1]


def _closed_rate(snapshots: pd.DataFrame) -> float | None:
    """Share won of all deals that ended, where there are too few snapshots; None where none ended."""
    current = snapshots[snapshots["is_current"]]
    won, closed = current["all_won_count"].max(), current["all_closed_count"].max()
    return float(won) / float(closed) if pd.notna(closed) and closed > 0 else None


def _remaining_days(learned: pd.DataFrame) -> int:
    """Median days that an open deal that was won still took; for deals whose expected close has passed."""
    won = learned[learned["is_won_count"] == 1]
    if won.empty:
        return FALLBACK_DAYS
    return max(1, int((won["outcome_date"] - won["origin_date"]).dt.days.median()))


def _score(current: pd.DataFrame, trained: Trained, context: Context) -> list[dict[str, Any]]:
    """One row for each open deal."""
    facts = trained.facts
    if facts["base_rate"] is None:
        return []
    if trained.estimators:
        named = Features(tuple(facts["features"]["numbers"]), tuple(facts["features"]["categories"]))
        chances = probabilities(trained.estimators[0], named.prepare(current))
    else:
        chances = np.full(len(current), facts["base_rate"])
    later = context.as_of_date + datetime.timedelta(days=int(facts["remaining_days"]))
    as_of = pd.Timestamp(context.as_of_date)
    expected = current["expected_close_date"]
    closes = [day.date() if pd.notna(day) and day >= as_of else later for day in expected]
    return [
        {
            "opportunity_id": opportunity_id,
            "as_of_date": context.as_of_date,
            "win_probability_ratio": float(chance),
            "expected_close_date": close,
            "model_code": MODEL_CODE if trained.estimators else BASELINE_CODE,
            "is_baseline": not trained.estimators,
        }
        for opportunity_id, chance, close in zip(current["opportunity_id"], chances, closes, strict=True)
    ]
