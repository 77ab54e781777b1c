"""A small candidate with truths planted in it: what ml/ reads, as tables of a DuckDB file, without dbt.

The SQL that makes these relations has dbt unit tests of its own. Here outcomes follow from columns by known odds, or by
nothing at all, so that a test knows what an honest model can find.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

AS_OF = datetime.date(2026, 5, 31)


@dataclass(frozen=True)
class Plan:
    """What is planted.

    Attributes:
        is_predictable: whether outcomes follow from the features.
        is_seasonal: whether revenue follows months and grows; otherwise it is a random walk without a season.
        months: whole months of revenue.
        leads, deals: how many there are.
        leak: name of an extension column of leads that copies the outcome; none if absent.
        has_dates: whether leads carry dates.
    """

    is_predictable: bool = True
    is_seasonal: bool = True
    months: int = 24
    leads: int = 1500
    deals: int = 900
    leak: str | None = None
    has_dates: bool = True
    seed: int = 3


def write_candidate(path: Path, plan: Plan = Plan()) -> Path:
    """Write the relations that ml/ reads; give back the path."""
    random = np.random.default_rng(plan.seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(path)) as connection:
        for schema in ("landing", "staging", "intermediate", "marts"):
            connection.execute(f"create schema {schema}")
        connection.execute(f"create table landing.run as select date '{AS_OF}' as as_of_date")
        connection.execute(
            "create table marts.dim_periods as select strftime(start_date, '%Y-%m') as period_id, "
            "cast(start_date as date) as start_date, last_day(start_date) as end_date, "
            "true as is_company_calendar, 'month' as period_kind_code "
            "from generate_series(timestamp '2018-01-01', timestamp '2028-12-01', interval 1 month) "
            "as months(start_date) "
            "union all select '2024', date '2024-01-01', date '2024-12-31', true, 'year'"
        )
        for name, frame in {
            **_leads(plan, random),
            **_deals(plan, random),
            **_revenue(plan, random),
            "intermediate.int_attainment_moments_measured": attainment_moments(random),
        }.items():
            connection.register("planted", frame)
            connection.execute(f"create table {name} as select * from planted")
            connection.unregister("planted")
    return path


def attainment_moments(random: np.random.Generator, payees: int = 40, quarters: int = 9) -> pd.DataFrame:
    """Quarterly windows of payees who each sell at a pace of their own; the last window has one month to go."""
    rows = []
    first = pd.Period("2026-Q2", freq="Q") - (quarters - 1)
    for payee in range(payees):
        level = random.uniform(60, 140)
        finals: list[float] = []
        for number in range(quarters):
            window = first + number
            start, end = window.start_time.normalize(), window.end_time.normalize()
            months = np.cumsum(level / 3 * random.lognormal(0, 0.25, 3))
            is_running = end.date() > AS_OF
            final = None if is_running else float(months[-1])
            ends = [
                start - pd.Timedelta(days=1),
                *(m.end_time.normalize() for m in pd.period_range(start, end, freq="M")),
            ]
            measures = [0.0, *months]
            known = [(day, measure) for day, measure in zip(ends, measures, strict=True) if day.date() <= AS_OF]
            for position, (day, measure) in enumerate(known):
                rows.append(
                    {
                        "payee_id": f"P{payee:03d}",
                        "plan_id": "plan",
                        "component_id": "commission",
                        "calendar_id": "company",
                        "window_period_id": f"{window.year}-Q{window.quarter}",
                        "window_start_date": start,
                        "window_end_date": end,
                        "moment_date": day,
                        "measure_amount": measure,
                        "quota_amount": 100.0,
                        "currency_code": "EUR",
                        "final_measure_amount": final,
                        "usual_measure_amount": float(np.mean(finals[-4:])) if finals else None,
                        "pipeline_amount": None,
                        "is_newest": position == len(known) - 1,
                    }
                )
            if final is not None:
                finals.append(final)
    return pd.DataFrame(rows)


def _leads(plan: Plan, random: np.random.Generator) -> dict[str, pd.DataFrame]:
    """Leads looked at when created and on the day of the run; the source of a lead decides, or nothing does."""
    count = plan.leads
    source = random.choice(["Referral", "Web", "Purchased list"], count)
    odds = pd.Series(source).map({"Referral": 0.6, "Web": 0.25, "Purchased list": 0.05}).to_numpy()
    is_converted = random.random(count) < (odds if plan.is_predictable else 0.3)
    age = random.integers(1, 700, count)
    created = pd.Timestamp(AS_OF) - pd.to_timedelta(age, unit="D")
    converted = pd.Series(created + pd.to_timedelta(random.integers(1, 60, count), unit="D")).where(is_converted)
    is_converted = (is_converted & (converted <= pd.Timestamp(AS_OF))).to_numpy()
    base = pd.DataFrame(
        {
            "lead_id": [f"L{i:05d}" for i in range(count)],
            "created_date": created if plan.has_dates else pd.NaT,
            "country_code": random.choice(["DE", "FR"], count),
            "industry_name": random.choice(["Energy", "Retail"], count),
            "employee_count": random.integers(5, 500, count),
            "lead_source_name": source,
            "campaign_kind_name": None,
            "converted_date": converted.where(is_converted) if plan.has_dates else pd.NaT,
            "is_converted": is_converted,
            "response_hours": random.exponential(20, count),
            "activity_count": random.poisson(2, count),
            "call_count": 0,
            "email_count": 0,
            "meeting_count": 0,
            "demo_count": 0,
            "days_since_activity": 0,
        }
    )
    current = base.assign(origin_date=pd.Timestamp(AS_OF), is_current=True, age_days=age)[~is_converted]
    looks = base.assign(origin_date=created, is_current=False, age_days=0)
    everyone = base.assign(origin_date=pd.Timestamp(AS_OF), is_current=True, age_days=None)
    snapshots = pd.concat([looks, current], ignore_index=True) if plan.has_dates else everyone
    snapshots["newest_evidence_date"] = snapshots["origin_date"]
    for column in ("created_date", "converted_date", "origin_date", "newest_evidence_date"):
        snapshots[column] = pd.to_datetime(snapshots[column])
    staged = base[["lead_id"]].copy()
    if plan.leak is not None:
        staged[plan.leak] = np.where(is_converted, "called back", "no interest")
    return {"intermediate.int_leads_snapshotted": snapshots, "staging.stg_crm__leads": staged}


def _deals(plan: Plan, random: np.random.Generator) -> dict[str, pd.DataFrame]:
    """Deals at the month ends on which they were open; a later stage wins more often, or nothing does."""
    count = plan.deals
    opened = pd.Timestamp(AS_OF) - pd.to_timedelta(random.integers(5, 700, count), unit="D")
    cycle = random.integers(20, 100, count)
    strength = random.random(count)
    is_won = random.random(count) < (0.1 + 0.8 * strength if plan.is_predictable else 0.6)
    closed = opened + pd.to_timedelta(cycle, unit="D")
    rows = []
    origins = [*pd.date_range("2024-06-30", "2026-04-30", freq="ME"), pd.Timestamp(AS_OF)]
    for origin in origins:
        is_current = origin == pd.Timestamp(AS_OF)
        open_then = (opened <= origin) & (closed > origin)
        for deal in np.flatnonzero(open_then):
            ended = closed[deal] <= pd.Timestamp(AS_OF)
            rows.append(
                {
                    "opportunity_id": f"O{deal:05d}",
                    "origin_date": origin,
                    "is_current": is_current,
                    "owner_payee_id": f"P{deal % 7}",
                    "stage_code": "late" if strength[deal] > 0.5 else "early",
                    "stage_order": 2 if strength[deal] > 0.5 else 1,
                    "deal_amount": float(1000 + deal),
                    "currency_code": "EUR",
                    "stage_change_count": 1,
                    "close_push_count": 0,
                    "opportunity_kind_code": "new",
                    "lead_source_name": "Web",
                    "industry_name": "Energy",
                    "segment_name": "small",
                    "employee_count": 10.0,
                    "product_family_name": "Sensors",
                    "expected_close_date": opened[deal] + pd.Timedelta(days=60),
                    "is_won_count": float(is_won[deal]) if ended else None,
                    "outcome_date": closed[deal] if ended else pd.NaT,
                    "age_days": int((origin - opened[deal]).days),
                    "stage_age_days": int((origin - opened[deal]).days),
                    "expected_close_days": int((opened[deal] - origin).days + 60),
                    "activity_count": 0,
                    "meeting_count": 0,
                    "days_since_activity": None,
                    "newest_evidence_date": opened[deal],
                }
            )
    gathered = pd.DataFrame(rows)
    gathered["outcome_date"] = pd.to_datetime(gathered["outcome_date"])
    ended = closed <= pd.Timestamp(AS_OF)
    records = [
        {
            "owner_payee_id": f"P{owner}",
            "origin_date": origin,
            "won_count": int((is_won & (closed <= origin) & (np.arange(count) % 7 == owner)).sum()),
            "closed_count": int(((closed <= origin) & (np.arange(count) % 7 == owner)).sum()),
        }
        for origin in origins
        for owner in range(7)
    ]
    return {
        "intermediate.int_opportunity_features_gathered": gathered,
        "intermediate.int_owner_records_accumulated": pd.DataFrame(records),
        "marts.fct_opportunities": pd.DataFrame(
            {"opportunity_id": [f"O{i:05d}" for i in range(count)], "is_open": ~ended}
        ),
        "staging.stg_crm__opportunities": pd.DataFrame({"opportunity_id": [f"O{i:05d}" for i in range(count)]}),
    }


SEASON = (0.82, 0.88, 1.22, 0.88, 0.95, 1.26, 0.78, 0.72, 1.16, 0.95, 1.04, 1.34)


def revenue_rows(plan: Plan, random: np.random.Generator) -> pd.DataFrame:
    """Monthly revenue of six teams in two regions."""
    months = pd.period_range(end=pd.Period("2026-05", freq="M"), periods=plan.months, freq="M")
    rows = []
    for team in range(6):
        level = 100_000.0 * (1 + team / 3)
        for number, month in enumerate(months):
            if plan.is_seasonal:
                value = level * 1.015**number * SEASON[month.month - 1] * random.lognormal(0, 0.12)
            else:
                level *= random.lognormal(0, 0.25)
                value = level
            rows.append(
                {
                    "measure_code": "won_value",
                    "region_id": f"R{team % 2}",
                    "team_id": f"T{team}",
                    "period_id": str(month),
                    "start_date": month.start_time.normalize(),
                    "end_date": month.end_time.normalize(),
                    "company_amount": round(value, 2),
                    "record_count": 10,
                    "unconverted_count": 0,
                }
            )
    return pd.DataFrame(rows)


def _revenue(plan: Plan, random: np.random.Generator) -> dict[str, pd.DataFrame]:
    pipeline = pd.DataFrame(
        {
            "origin_date": pd.to_datetime([]),
            "region_id": pd.Series([], dtype="object"),
            "team_id": pd.Series([], dtype="object"),
            "expected_month_date": pd.to_datetime([]),
            "pipeline_company_amount": pd.Series([], dtype="float64"),
        }
    )
    return {
        "intermediate.int_revenue_by_month_summed": revenue_rows(plan, random),
        "intermediate.int_pipeline_by_month_summed": pipeline,
    }
