"""The planted truths can be measured in the data.

Without it a model that finds nothing looks honest, and one that finds something cannot be told from one that leaks.
"""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_predict

from openspm.sources.simulated import SimulatedCompany

RATES = {"EUR": 1.0, "GBP": 1.17, "USD": 0.91}


@pytest.fixture(scope="module")
def tables(clean: SimulatedCompany) -> dict[str, pd.DataFrame]:
    return {name: table.to_pandas() for name, table in clean.tables.items()}


@pytest.fixture(scope="module")
def truths(clean: SimulatedCompany) -> dict[str, dict]:
    return {truth.name: truth.values for truth in clean.truths}


def test_lead_conversion_can_be_learned_and_not_too_well(tables) -> None:
    leads = tables["leads"]
    hours = pd.to_datetime(leads.first_responded_at) - pd.to_datetime(leads.created_at)
    features = pd.get_dummies(leads.lead_source_name).astype(float)
    features["response"] = np.log1p((hours.dt.total_seconds() / 3600).fillna(9))
    features["size"] = np.log(leads.employee_count.astype(float))
    converted = leads.is_converted == "true"
    scores = cross_val_predict(LogisticRegression(max_iter=500), features, converted, method="predict_proba")[:, 1]
    assert 0.70 < roc_auc_score(converted, scores) < 0.82
    by_source = converted.groupby(leads.lead_source_name).mean()
    assert by_source["Referral"] > by_source["Web"] > by_source["Purchased list"]


def test_stage_stars_are_near_the_top_of_their_stage(tables, truths) -> None:
    stars = truths["stage_skill"]["star_by_stage"]
    deals, stages = tables["opportunities"], tables["opportunity_stages"]
    entered = stages[~stages.stage_name.str.startswith("Closed")].groupby("opportunity_id").size()
    closed = deals[deals.stage_name.str.startswith("Closed") & (deals.opportunity_kind_code != "renewal")].copy()
    closed["entered"] = closed.opportunity_id.map(entered)
    assert len(stars) == 5
    for number, (stage, star) in enumerate(stars.items(), start=1):
        reached = closed[closed.entered >= number]
        passed = (reached.entered > number) | (reached.stage_name == "Closed Won")
        rates = passed.groupby(reached.owner_user_id).agg(["mean", "size"]).query("size > 40")["mean"]
        assert rates.rank(ascending=False)[star.replace("EMP", "USR")] <= 4, stage


def test_industries_prefer_their_products_and_companions_follow(tables, truths) -> None:
    lines = tables["opportunity_lines"].merge(tables["opportunities"], on="opportunity_id").merge(
        tables["accounts"][["account_id", "industry_name"]], on="account_id"
    ).merge(tables["products"][["product_id", "product_name"]], on="product_id")  # fmt: skip
    for industry, liked in truths["product_affinity"]["preferred"].items():
        here = lines.industry_name == industry
        assert lines[here].product_name.isin(liked).mean() > 1.5 * lines[~here].product_name.isin(liked).mean()
    by_deal = lines.groupby("opportunity_id").product_name.agg(set)
    for first, companion in truths["product_affinity"]["bought_together"].items():
        has_first = by_deal.map(lambda names, first=first: first in names)
        together = by_deal.map(lambda names, companion=companion: companion in names)
        assert together[has_first].mean() > 2 * together[~has_first].mean()


def test_revenue_grows_and_has_seasons(tables) -> None:
    deals = tables["opportunities"]
    won = deals[deals.stage_name == "Closed Won"]
    value = won.deal_amount.astype(float) * won.currency_code.map(RATES)
    monthly = value.groupby(won.close_date.str[:7]).sum()
    assert len(monthly) == 24
    assert monthly[12:].sum() > 1.15 * monthly[:12].sum()
    last_year = monthly["2025-06":"2026-05"]
    assert (
        last_year[["2025-09", "2025-12", "2026-03"]].mean() > 1.25 * last_year[["2025-08", "2026-01", "2026-02"]].mean()
    )


def test_one_employee_dips_in_the_last_month(tables, truths) -> None:
    activities = tables["activities"]
    recent = activities[activities.occurred_at >= "2025-12-01"]
    counts = recent.groupby([recent.user_id, recent.occurred_at.str[:7]]).size().unstack(fill_value=0)
    busy = counts[counts.iloc[:, :5].mean(axis=1) > 15]
    drop = busy["2026-05"] / busy.iloc[:, :5].mean(axis=1)
    assert drop.idxmin() == truths["activity_dip"]["employee_id"].replace("EMP", "USR")
    assert drop.min() < 0.6


def test_attainment_is_plausible(tables) -> None:
    deals, quotas = tables["opportunities"], tables["quotas"]
    won = deals[(deals.stage_name == "Closed Won") & (deals.opportunity_kind_code != "renewal")].copy()
    won["payee_id"] = won.owner_user_id.str.replace("USR", "EMP")
    quarter = (won.close_date.str[5:7].astype(int) + 2) // 3
    won["period_id"] = won.close_date.str[:4] + "-Q" + quarter.astype(str)
    won["value"] = won.deal_amount.astype(float) * won.currency_code.map(RATES)
    sold = won.groupby(["payee_id", "period_id"]).value.sum().reset_index()
    asked = quotas[(quotas.component_id == "new_business") & (quotas.period_id < "2026-Q2")]
    joined = asked.merge(sold, how="left").fillna({"value": 0})
    attainment = joined.value / joined.quota_amount.astype(float)
    assert 0.85 < attainment.median() < 1.05
    assert attainment.quantile(0.9) > 1.3
    assert attainment.quantile(0.1) < 0.7
