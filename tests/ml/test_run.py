"""A whole build of forecasts and scores. Without these a night could publish other numbers each time it runs, publish a
model that knows nothing, or stop because a company is young.
"""

from __future__ import annotations

import datetime
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from ml.products import TABLES, product_path, register_ml
from ml.run import MlOutcome, build
from openspm.company import Company
from tests.ml.planted_candidate import AS_OF, Plan, write_candidate

Planted = tuple[Path, Path, MlOutcome]


def rows_of(folder: Path, table: str) -> list[dict[str, object]]:
    return pq.read_table(product_path(folder / "builds" / "ml", table)).to_pylist()


def metric(folder: Path, target: str, code: str, kind: str | None = None) -> tuple[float, float]:
    """Model and baseline of a metric over everything."""
    found = [
        row
        for row in rows_of(folder, "forecast_accuracy")
        if (row["target_code"], row["metric_code"], row["subject_kind_code"]) == (target, code, kind)
        and row["origin_date"] is None
        and row["horizon_months"] is None
        and row["subject_id"] is None
    ]
    assert len(found) == 1, found
    return float(found[0]["model_value"]), float(found[0]["baseline_value"])  # type: ignore[arg-type]


def notes(folder: Path, target: str) -> str:
    texts = [row["note_text"] for row in rows_of(folder, "forecast_accuracy") if row["target_code"] == target]
    return "\n".join(str(text) for text in texts if text)


def test_planted_truths_are_found_and_published(planted: Planted) -> None:
    folder, _, outcome = planted
    assert dict(outcome.published) == {
        "revenue": "model",
        "opportunity": "model",
        "lead": "model",
        "attainment": "model",
    }
    assert metric(folder, "lead", "auc")[0] > 0.68
    assert metric(folder, "opportunity", "auc")[0] > 0.62
    model, naive = metric(folder, "revenue", "wape", "company")
    assert model < 0.7 * naive
    for target, code in (("lead", "calibration_error"), ("opportunity", "calibration_error")):
        assert metric(folder, target, code)[0] < 0.09


def test_scores_follow_the_planted_causes(planted: Planted) -> None:
    """A model can have a good AUC and be turned round on the day of scoring: encoders fitted on other rows do that."""
    folder, candidate, _ = planted
    with duckdb.connect(str(candidate), read_only=True) as connection:
        found = connection.execute(
            "select lead_id, lead_source_name from intermediate.int_leads_snapshotted where is_current"
        ).fetchall()
    sources = dict(found)
    scores: dict[str, list[float]] = {}
    for row in rows_of(folder, "lead_scores"):
        scores.setdefault(sources[row["lead_id"]], []).append(float(row["score_ratio"]))  # type: ignore[arg-type]
    means = {source: sum(values) / len(values) for source, values in scores.items()}
    assert means["Referral"] > means["Web"] > means["Purchased list"]


def test_every_open_record_is_scored_once_and_every_subject_has_six_months(planted: Planted) -> None:
    folder, candidate, _ = planted
    with duckdb.connect(str(candidate), read_only=True) as connection:
        wanted = connection.execute(
            "select opportunity_id from intermediate.int_opportunity_features_gathered where is_current order by 1"
        ).fetchall()
    assert sorted(str(row["opportunity_id"]) for row in rows_of(folder, "opportunity_scores")) == [
        key for (key,) in wanted
    ]
    forecasts = rows_of(folder, "revenue_forecasts")
    counted = Counter((row["subject_kind_code"], row["subject_id"]) for row in forecasts)
    assert set(counted.values()) == {6}
    assert len(counted) == 1 + 2 + 6
    assert min(row["start_date"] for row in forecasts) == datetime.date(2026, 6, 1)  # type: ignore[type-var]
    for row in forecasts:
        ends = [row[f"{end}_company_amount"] for end in ("lower_95", "lower_80", "forecast", "upper_80", "upper_95")]
        assert ends == sorted(ends)  # type: ignore[type-var]


def test_regions_add_up_to_the_company(planted: Planted) -> None:
    """Three plans for one company in one meeting: the leaders' first question."""
    folder, _, _ = planted
    sums: Counter[tuple[object, object]] = Counter()
    for row in rows_of(folder, "revenue_forecasts"):
        sums[row["subject_kind_code"], row["period_id"]] += round(float(row["forecast_company_amount"]))  # type: ignore[arg-type]
    for (kind, period), amount in sums.items():
        assert amount == pytest.approx(sums["company", period], rel=1e-4), (kind, period)


def test_two_builds_give_the_same_bytes(planted: Planted, company: Company, tmp_path: Path) -> None:
    """Trained anew, and reused from disk: a forecast that changes without new data cannot be explained."""
    folder, candidate, first = planted
    written = {name: product_path(folder / "builds" / "ml", name).read_bytes() for name in TABLES}
    anew = build(candidate, tmp_path / "models", tmp_path / "anew", company, seed=5)
    assert anew.reused == ()
    reused = build(candidate, folder / "models", tmp_path / "reused", company, seed=5)
    assert set(reused.reused) == {"revenue", "opportunity", "lead", "attainment"}
    assert first.reused == ()
    for name in TABLES:
        assert product_path(tmp_path / "anew", name).read_bytes() == written[name], name
        assert product_path(tmp_path / "reused", name).read_bytes() == written[name], name


def test_another_seed_trains_anew(planted: Planted, company: Company, tmp_path: Path) -> None:
    folder, candidate, _ = planted
    assert build(candidate, folder / "models", tmp_path, company, seed=6).reused == ()
    build(candidate, folder / "models", tmp_path, company, seed=5)


def test_what_cannot_be_known_is_not_modelled(company: Company, tmp_path: Path) -> None:
    """On noise a model fits noise: the mart must publish the base rate and say that the model does not know."""
    candidate = write_candidate(tmp_path / "warehouse.duckdb", Plan(is_predictable=False, is_seasonal=False))
    outcome = build(candidate, tmp_path / "models", tmp_path / "builds" / "ml", company)
    assert (outcome.published["lead"], outcome.published["opportunity"]) == ("baseline", "baseline")
    for target in ("lead", "opportunity"):
        assert "does not know more than" in notes(tmp_path, target)
        assert metric(tmp_path, target, "auc")[0] < 0.6
    scores = rows_of(tmp_path, "opportunity_scores")
    assert {row["is_baseline"] for row in scores} == {True}
    assert len({row["win_probability_ratio"] for row in scores}) == 1
    for row in rows_of(tmp_path, "forecast_accuracy"):
        is_overall = all(row[name] is None for name in ("horizon_months", "subject_id", "origin_date"))
        if (
            row["target_code"] == "revenue"
            and row["metric_code"] == "wape"
            and is_overall
            and row["is_model_published"]
        ):
            assert row["model_value"] < row["baseline_value"]  # type: ignore[operator]


def test_a_leak_is_refused_named_and_survived(company: Company, tmp_path: Path) -> None:
    """A night goes on without the column, and the accuracy table names it for who corrects the declaration."""
    for leak in ("x_answer", "x_note"):
        folder = tmp_path / leak
        candidate = write_candidate(folder / "warehouse.duckdb", Plan(leak=leak))
        build(candidate, folder / "models", folder / "builds" / "ml", company)
        assert f"Refused: {leak}" in notes(folder, "lead")
        assert 0.65 < metric(folder, "lead", "auc")[0] < 0.9
        assert leak in (folder / "models" / "lead" / "card.md").read_text(encoding="utf-8").split("## Refused")[1]


def test_leads_without_dates_are_split_at_random_and_it_says_so(company: Company, tmp_path: Path) -> None:
    candidate = write_candidate(tmp_path / "warehouse.duckdb", Plan(has_dates=False, leak="x_note"))
    outcome = build(candidate, tmp_path / "models", tmp_path / "builds" / "ml", company)
    assert outcome.published["lead"] == "model"
    assert "drawn at random" in notes(tmp_path, "lead")
    assert "x_note" in notes(tmp_path, "lead")
    assert metric(tmp_path, "lead", "auc")[0] > 0.68
    leads = rows_of(tmp_path, "lead_scores")
    assert len(leads) == len({row["lead_id"] for row in leads}) > 900


@pytest.mark.parametrize(("months", "deals", "leads"), [(3, 12, 8), (1, 2, 1), (7, 60, 40)])
def test_a_young_company_gets_the_baseline_or_nothing(
    company: Company, tmp_path: Path, months: int, deals: int, leads: int
) -> None:
    candidate = write_candidate(tmp_path / "warehouse.duckdb", Plan(months=months, deals=deals, leads=leads))
    outcome = build(candidate, tmp_path / "models", tmp_path / "builds" / "ml", company)
    assert {outcome.published[target] for target in ("revenue", "opportunity", "lead")} <= {"baseline", "nothing"}
    assert outcome.published["revenue"] == ("nothing" if months < 6 else "baseline")
    for target in ("revenue", "opportunity", "lead"):
        assert notes(tmp_path, target)


def test_a_candidate_without_any_of_it_gives_empty_tables_with_all_columns(company: Company, tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema landing")
        connection.execute(f"create table landing.run as select date '{AS_OF}' as as_of_date")
    outcome = build(path, tmp_path / "models", tmp_path / "ml", company)
    assert set(outcome.published.values()) == {"nothing"}
    register_ml(path, tmp_path / "ml")
    with duckdb.connect(str(path)) as connection:
        for name, schema in TABLES.items():
            found = connection.execute(f"select * from ml.{name}")
            assert [column[0] for column in found.description] == schema.names
        assert connection.execute("select count(*) from ml.forecast_accuracy").fetchone() == (4,)


def test_registering_without_products_gives_empty_tables(tmp_path: Path) -> None:
    """dbt stops on a source that is not there; a night without models must still publish the rest."""
    register_ml(tmp_path / "warehouse.duckdb", tmp_path / "nowhere")
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        assert connection.execute("select count(*) from ml.lead_scores").fetchone() == (0,)


def test_the_child_process_builds_and_leaves_the_candidate_free(
    planted: Planted, company: Company, tmp_path: Path
) -> None:
    folder, candidate, _ = planted
    command = [sys.executable, "-m", "ml.run", "--wait", "--seed", "5"]
    for name, place in {
        "--candidate": candidate,
        "--models-dir": folder / "models",
        "--output-dir": tmp_path,
        "--company-dir": company.folder,
    }.items():
        command += [name, str(place)]
    done = subprocess.run(command, input="begin\n", capture_output=True, text=True, timeout=120, check=True)
    assert json.loads(done.stdout)["outcome"]["published"]["lead"] == "model"
    with duckdb.connect(str(candidate)):
        pass
