"""A small published warehouse for the report's tests, with the marts and columns that the report reads.

`write_warehouse(path)` makes the company "Halden Instruments": 3 regions, 6 teams, 30 payees, about 420 deals,
24 months.
Every figure comes from one seed. `without` names marts that are left empty, `changes` shifts what a second, later
publication sees.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pyarrow as pa

from .mart_columns import MARTS, META

PLANTED_PAY = "987654.3200"
REGIONS = {"R1": "North", "R2": "South", "R3": "Overseas"}
TEAMS = {
    "T1": ("Baltic", "R1"),
    "T2": ("Nordic", "R1"),
    "T3": ("Iberia", "R2"),
    "T4": ("Adriatic", "R2"),
    "T5": ("Americas", "R3"),
    "T6": ("Pacific & partners", "R3"),
}
STAGES = ["Prospecting", "Discovery", "Proposal", "Negotiation"]


@dataclass(frozen=True)
class Changes:
    """What one publication sees that another does not."""

    as_of_date: date = date(2026, 8, 20)
    generation_number: int = 12
    more_wins: int = 0
    forecast_factor: float = 1.0
    more_mismatches: int = 0
    more_quarantined: int = 0


def write_warehouse(path: Path, without: frozenset[str] = frozenset(), changes: Changes | None = None) -> Path:
    """Write the warehouse to `path` and return it; marts in `without` have no row."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_whole_warehouse(changes or Changes()))
    if without:
        with duckdb.connect(str(path)) as connection:
            for table in sorted(without):
                connection.execute(f"delete from marts.{table}")
    return path


@cache
def _whole_warehouse(changes: Changes) -> bytes:
    """The file of one publication with all its rows, made once a process."""
    rows = _rows(changes)
    with TemporaryDirectory() as folder, duckdb.connect(str(Path(folder) / "warehouse.duckdb")) as connection:
        for schema, tables in (("marts", MARTS), ("meta", META)):
            connection.execute(f"create schema {schema}")
            for table, columns in tables.items():
                declared = ", ".join(f'"{name}" {type_name}' for name, type_name in columns.items())
                connection.execute(f"create table {schema}.{table} ({declared})")
                if not rows.get(table):
                    continue
                names = list(columns)
                data = pa.table(
                    {name: [_text(row.get(name)) for row in rows[table]] for name in names},
                    schema=pa.schema([(name, pa.string()) for name in names]),
                )
                connection.register("incoming", data)
                casts = ", ".join(f'cast("{name}" as {columns[name]})' for name in names)
                connection.execute(f"insert into {schema}.{table} select {casts} from incoming")
                connection.unregister("incoming")
        connection.close()
        return (Path(folder) / "warehouse.duckdb").read_bytes()


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _month(start: date, shift: int) -> date:
    index = start.year * 12 + start.month - 1 + shift
    return date(index // 12, index % 12 + 1, 1)


def _rows(changes: Changes) -> dict[str, list[dict[str, Any]]]:
    rng = random.Random(20260820)
    as_of = changes.as_of_date
    this_month = as_of.replace(day=1)
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in [*MARTS, *META]}
    _people(rows, rng)
    _deals(rows, rng, as_of, changes)
    _kpis_and_goals(rows, rng, this_month)
    _forecasts(rows, rng, this_month, changes)
    _attainment(rows, rng, as_of)
    _integrity(rows, rng, as_of, changes)
    rows["fct_invoices"] = [{"invoice_id": "I0001", "invoice_date": as_of, "net_amount": 1}]
    rows["fct_payouts"] = [
        {
            "rule_set_id": "live",
            "payee_id": "P001",
            "plan_id": "ae",
            "period_id": "2026-07",
            "earned_amount": PLANTED_PAY,
            "payable_amount": PLANTED_PAY,
            "currency_code": "EUR",
        }
    ]
    published_at = datetime.combine(as_of, datetime.min.time()) + timedelta(hours=2, minutes=14)
    rows["publications"] = [
        {
            "run_id": f"run-{changes.generation_number}",
            "generation_number": changes.generation_number,
            "published_at": published_at,
            "as_of_at": published_at - timedelta(minutes=2),
            "as_of_date": as_of,
            "code_version": "0.1.0",
            "ledger_head": None,
            "batch_count": 31,
        }
    ]
    return rows


def _people(rows: dict[str, list[dict[str, Any]]], rng: random.Random) -> None:
    first = ["Ada", "Bo", "Chidi", "Dana", "Emil", "Farah", "Gus", "Hana", "Ivo", "Jun", "Kira", "Lars", "Mina"]
    last = ["Okafor", "Lindqvist", "Moreau", "Tanaka", "Kowalska", "Iversen", "Haddad"]
    number = 0
    for team_id, (team_name, region_id) in TEAMS.items():
        manager = f"P{number + 1:03d}"
        rows["dim_teams"].append(
            {
                "team_id": team_id,
                "team_name": team_name,
                "region_id": region_id,
                "region_name": REGIONS[region_id],
                "manager_payee_id": manager,
                "active_payee_count": 5,
            }
        )
        for position in range(5):
            number += 1
            rows["dim_payees"].append(
                {
                    "payee_id": f"P{number:03d}",
                    "payee_name": f"{first[number % 13]} {last[number % 7]}",
                    "user_id": f"U{number:03d}",
                    "role_code": "manager" if position == 0 else "account_executive",
                    "team_id": team_id,
                    "team_name": team_name,
                    "region_id": region_id,
                    "region_name": REGIONS[region_id],
                    "manager_payee_id": None if position == 0 else manager,
                    "plan_id": "ae",
                    "hire_date": "2024-01-15",
                    "is_active": True,
                    "country_code": "DE",
                }
            )
    start = date(2024, 1, 1)
    for shift in range(48):
        month = _month(start, shift)
        end = _month(start, shift + 1) - timedelta(days=1)
        quarter = f"{month.year}-Q{(month.month + 2) // 3}"
        rows["dim_periods"].append(_period(f"{month:%Y-%m}", "month", f"{month:%B %Y}", month, end, shift, quarter))
        if month.month % 3 == 1:
            end = _month(month, 3) - timedelta(days=1)
            rows["dim_periods"].append(
                _period(quarter, "quarter", f"Q{(month.month + 2) // 3} {month.year}", month, end, shift // 3, quarter)
            )
        if month.month == 1:
            rows["dim_periods"].append(
                _period(str(month.year), "year", str(month.year), month, date(month.year, 12, 31), shift // 12, None)
            )
    for number in range(1, 61):
        rows["dim_accounts"].append(
            {
                "account_id": f"A{number:03d}",
                "account_name": f"Account {number:02d} <b>Ltd</b>",
                "segment_name": rng.choice(["small", "enterprise"]),
            }
        )


def _period(
    period_id: str, kind: str, name: str, start: date, end: date, sequence: int, quarter: str | None
) -> dict[str, Any]:
    return {
        "calendar_id": "company",
        "period_id": period_id,
        "period_kind_code": kind,
        "period_name": name,
        "start_date": start,
        "end_date": end,
        "period_sequence": sequence,
        "quarter_period_id": quarter,
        "year_period_id": str(start.year),
        "is_company_calendar": True,
        "is_complete": end <= date(2026, 8, 20),
        "day_count": (end - start).days + 1,
    }


def _deals(rows: dict[str, list[dict[str, Any]]], rng: random.Random, as_of: date, changes: Changes) -> None:
    sellers = [payee for payee in rows["dim_payees"] if payee["role_code"] != "manager"]
    for number in range(1, 421 + changes.more_wins):
        more = number > 420
        seller = sellers[number % len(sellers)]
        is_open = number <= 120 and not more
        is_won = more or (not is_open and rng.random() < 0.42)
        amount = rng.choice([8, 12, 19, 27, 45, 80]) * 1000 + rng.randrange(0, 999)
        close = (
            as_of + timedelta(days=rng.randrange(-20, 170))
            if is_open
            else as_of - timedelta(days=rng.randrange(1, 700))
        )
        if more:
            close = as_of - timedelta(days=1)
        order = rng.randrange(0, 4)
        status = "open" if is_open else "won" if is_won else "lost"
        stage = STAGES[order] if is_open else status.title()
        rows["fct_opportunities"].append(
            {
                "opportunity_id": f"O{number:04d}",
                "opportunity_name": f"Instruments {number}",
                "account_id": f"A{number % 60 + 1:03d}",
                "owner_payee_id": seller["payee_id"],
                "team_id": seller["team_id"],
                "region_id": seller["region_id"],
                "stage_code": stage.lower(),
                "stage_name": stage,
                "stage_order": order + 1 if is_open else 5,
                "opportunity_status_code": status,
                "is_open": is_open,
                "is_won": is_won,
                "is_lost": status == "lost",
                "deal_amount": amount,
                "currency_code": "EUR",
                "deal_company_amount": amount,
                "company_currency_code": "EUR",
                "created_date": close - timedelta(days=80),
                "close_date": close,
                "period_id": f"{close:%Y-%m}",
                "last_activity_date": as_of - timedelta(days=9),
                "is_stale": is_open and rng.random() < 0.12,
                "is_held": False,
            }
        )
        if is_open:
            probability = round(0.1 + 0.2 * order + rng.random() * 0.08, 4)
            rows["fct_opportunity_scores"].append(
                {
                    "opportunity_id": f"O{number:04d}",
                    "as_of_date": as_of,
                    "win_probability_ratio": probability,
                    "deal_company_amount": amount,
                    "expected_company_amount": f"{amount * probability:.4f}",
                    "expected_close_date": max(close, as_of),
                    "expected_close_period_id": f"{max(close, as_of):%Y-%m}",
                    "company_currency_code": "EUR",
                    "model_code": "gradient_boosting",
                    "is_baseline": False,
                }
            )


def _subjects(rows: dict[str, list[dict[str, Any]]]) -> list[tuple[str, str, str, float]]:
    subjects = [("company", "halden", "Halden Instruments", 1.0)]
    subjects += [
        ("region", key, name, share) for (key, name), share in zip(REGIONS.items(), (0.5, 0.3, 0.2), strict=True)
    ]
    subjects += [("team", key, name, 1 / 6) for key, (name, _) in TEAMS.items()]
    return subjects


def _season(month: date) -> float:
    return 1.0 + (0.35 if month.month % 3 == 0 else -0.1) + 0.01 * ((month.year - 2024) * 12 + month.month)


def _kpis_and_goals(rows: dict[str, list[dict[str, Any]]], rng: random.Random, this_month: date) -> None:
    for kind, subject_id, name, share in _subjects(rows):
        for shift in range(-23, 1):
            month = _month(this_month, shift)
            value = 520_000 * share * _season(month) * rng.uniform(0.9, 1.1) * (0.6 if shift == 0 else 1.0)
            common = {
                "subject_kind_code": kind,
                "subject_id": subject_id,
                "subject_name": name,
                "dimension_code": "all",
                "start_date": month,
            }
            rows["fct_kpis"].append(
                {
                    **common,
                    "kpi_code": "won_value",
                    "period_id": f"{month:%Y-%m}",
                    "period_kind_code": "month",
                    "unit_code": "amount",
                    "currency_code": "EUR",
                    "numerator": f"{value:.2f}",
                    "denominator": 1,
                    "kpi_value": f"{value:.2f}",
                }
            )
            for period_kind, period_id in (
                ("month", f"{month:%Y-%m}"),
                ("quarter", f"{month.year}-Q{(month.month + 2) // 3}"),
            ):
                if period_kind == "quarter" and month.month % 3 != 1:
                    continue
                closed = max(1, int(90 * share * rng.uniform(0.8, 1.2)) * (3 if period_kind == "quarter" else 1))
                won = round(closed * rng.uniform(0.33, 0.52))
                rows["fct_kpis"].append(
                    {
                        **common,
                        "kpi_code": "win_rate_by_count",
                        "period_id": period_id,
                        "period_kind_code": period_kind,
                        "unit_code": "ratio",
                        "numerator": won,
                        "denominator": closed,
                        "kpi_value": f"{won / closed:.10f}",
                    }
                )
    for shift in range(-23, 12):
        month = _month(this_month, shift)
        _goal(rows, f"{month:%Y-%m}", month, _month(month, 1) - timedelta(days=1), 560_000 * _season(month))
        if month.month % 3 == 1:
            goal = sum(560_000 * _season(_month(month, step)) for step in range(3))
            _goal(rows, f"{month.year}-Q{(month.month + 2) // 3}", month, _month(month, 3) - timedelta(days=1), goal)


def _goal(rows: dict[str, list[dict[str, Any]]], period_id: str, start: date, end: date, value: float) -> None:
    rows["fct_goals"].append(
        {
            "rule_set_id": "live",
            "goal_id": f"G-{period_id}",
            "subject_kind_code": "company",
            "subject_id": "halden",
            "kpi_code": "won_value",
            "calendar_id": "company",
            "period_id": period_id,
            "start_date": start,
            "end_date": end,
            "goal_value": f"{value:.0f}",
            "currency_code": "EUR",
        }
    )


def _forecasts(rows: dict[str, list[dict[str, Any]]], rng: random.Random, this_month: date, changes: Changes) -> None:
    for kind, subject_id, _, share in _subjects(rows):
        for horizon in range(1, 7):
            month = _month(this_month, horizon - 1)
            middle = 530_000 * share * _season(month) * changes.forecast_factor
            half_80, half_95 = middle * (0.09 + 0.02 * horizon), middle * (0.15 + 0.03 * horizon)
            rows["fct_revenue_forecasts"].append(
                {
                    "subject_kind_code": kind,
                    "subject_id": subject_id,
                    "period_id": f"{month:%Y-%m}",
                    "start_date": month,
                    "origin_date": this_month - timedelta(days=1),
                    "horizon_months": horizon,
                    "model_code": "seasonal_ridge",
                    "is_baseline": kind == "team",
                    "forecast_company_amount": f"{middle:.2f}",
                    "lower_80_company_amount": f"{middle - half_80:.2f}",
                    "upper_80_company_amount": f"{middle + half_80:.2f}",
                    "lower_95_company_amount": f"{middle - half_95:.2f}",
                    "upper_95_company_amount": f"{middle + half_95:.2f}",
                    "company_currency_code": "EUR",
                }
            )
    # Overall, by horizon, by origin, by subject: a reader who averages over all rows counts every error four times.
    looks = [(None, None, None, 0.1, 0.15)]
    looks += [(horizon, None, None, 0.06 + 0.012 * horizon, 0.13 + 0.004 * horizon) for horizon in range(1, 7)]
    looks += [(None, date(2026, 5, 31), None, 0.9, 0.9), (None, None, "halden", 0.9, 0.9)]
    for horizon, origin, subject_id, model, baseline in looks:
        values = {"wape": (model, baseline)}
        if horizon is origin is subject_id is None:
            values |= {"coverage_80": (0.77, 0.7), "coverage_95": (0.95, 0.88)}
        for metric, (model_value, baseline_value) in values.items():
            rows["fct_forecast_accuracy"].append(
                {
                    "target_code": "revenue",
                    "model_code": "seasonal_ridge",
                    "baseline_code": "seasonal_naive",
                    "subject_kind_code": "company",
                    "subject_id": subject_id,
                    "metric_code": metric,
                    "horizon_months": horizon,
                    "origin_date": origin,
                    "model_value": f"{model_value:.6f}",
                    "baseline_value": f"{baseline_value:.6f}",
                    "is_model_published": True,
                    "sample_count": 6,
                }
            )
    for metric, model, baseline in (("auc", 0.74, 0.5), ("brier", 0.19, 0.24)):
        rows["fct_forecast_accuracy"].append(
            {
                "target_code": "opportunity",
                "model_code": "gradient_boosting",
                "baseline_code": "base_rate",
                "metric_code": metric,
                "model_value": model,
                "baseline_value": baseline,
                "is_model_published": True,
                "sample_count": 300,
                "note_text": "time-ordered hold-out",
            }
        )


def _attainment(rows: dict[str, list[dict[str, Any]]], rng: random.Random, as_of: date) -> None:
    for payee in rows["dim_payees"]:
        quota = 150_000 if payee["role_code"] != "manager" else 600_000
        reached = rng.uniform(0.25, 0.85)
        measure = quota * reached
        ending = reached * rng.uniform(1.25, 1.9)
        common = {
            "payee_id": payee["payee_id"],
            "component_id": "new_business",
            "window_period_id": "2026-Q3",
            "quota_amount": quota,
            "measure_amount": f"{measure:.2f}",
            "currency_code": "EUR",
        }
        for period_id, part in (("2026-07", 0.6), ("2026-08", 1.0)):
            rows["fct_attainment"].append(
                {
                    **common,
                    "rule_set_id": "live",
                    "plan_id": "ae",
                    "calendar_id": "company",
                    "period_id": period_id,
                    "window_kind_code": "quarter",
                    "measure_amount": f"{measure * part:.2f}",
                    "attainment_ratio": f"{reached * part:.10f}",
                    "team_id": payee["team_id"],
                    "region_id": payee["region_id"],
                    "is_window_complete": False,
                }
            )
        miss = min(0.98, max(0.02, 1.35 - ending + rng.uniform(-0.1, 0.1)))
        rows["fct_attainment_forecasts"].append(
            {
                **common,
                "as_of_date": as_of,
                "forecast_measure_amount": f"{quota * ending:.2f}",
                "forecast_attainment_ratio": f"{ending:.10f}",
                "miss_probability_ratio": f"{miss:.6f}",
                "is_at_risk": miss > 0.5,
                "model_code": "pace",
            }
        )


def _integrity(rows: dict[str, list[dict[str, Any]]], rng: random.Random, as_of: date, changes: Changes) -> None:
    wrong = ["missing_invoice", "amount_differs", "missing_opportunity", "date_differs", "currency_differs"]
    for number in range(1, 161 + changes.more_mismatches):
        status = "matched" if number <= 140 else wrong[number % 5]
        amount = Decimal(rng.randrange(4_000, 60_000))
        at_risk = {"matched": 0, "date_differs": 0, "amount_differs": amount / 10}.get(status, amount)
        rows["fct_crm_finance_matches"].append(
            {
                "match_id": f"M{number:04d}",
                "match_status_code": status,
                "opportunity_id": None if status == "missing_opportunity" else f"O{number:04d}",
                "invoice_id": None if status == "missing_invoice" else f"I{number:04d}",
                "account_id": f"A{number % 60 + 1:03d}",
                "deal_amount": amount,
                "deal_currency_code": "EUR",
                "invoiced_amount": amount - Decimal(at_risk),
                "invoice_currency_code": "EUR",
                "difference_company_amount": at_risk,
                "at_risk_company_amount": at_risk,
                "company_currency_code": "EUR",
                "close_date": as_of - timedelta(days=60),
                "invoice_date": as_of - timedelta(days=40),
                "age_days": rng.randrange(5, 120),
            }
        )
    for table, count, bad in (
        ("opportunities", 430, 9 + changes.more_quarantined),
        ("invoices", 160, 5),
        ("activities", 5200, 0),
    ):
        rows["fct_landed_rows"].append(
            {
                "table_name": table,
                "source_name": "crm",
                "rows_in_count": count,
                "staged_count": count - bad - 2,
                "quarantined_count": bad,
                "superseded_count": 2,
                "deleted_count": 0,
                "filtered_count": 0,
                "held_count": 1,
            }
        )
    for number in range(1, 48):
        failed = number in (11, 30)
        rows["fct_validation_results"].append(
            {
                "run_id": f"run-{changes.generation_number}",
                "gate_code": "sources" if number < 25 else "published",
                "suite_name": "crm",
                "expectation_id": f"E{number:02d}",
                "table_name": "fct_opportunities",
                "column_name": "deal_amount",
                "severity_code": "warn" if number % 3 == 2 or failed else "block",
                "status_code": "failed" if failed else "skipped" if number % 10 == 0 else "passed",
                "is_success": not failed,
                "observed_value": "0.031" if failed else "0",
                "unexpected_count": 13 if failed else 0,
                "sample_keys": "O0007, O0019" if failed else None,
                "reason_text": "A deal without a value is missing from pipeline and forecast.",
                "protected_marts": "fct_kpis",
                "evaluated_at": datetime.combine(as_of, datetime.min.time()),
            }
        )
