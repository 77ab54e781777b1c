"""How long the gates take on many rows, beside one pass of plain SQL over the same rules.

    python -m benchmarks.gates --rows 1000000

A small clean company is built once; its people, deals, invoices, credits and lines are then copied under other ids
until there are as many deals as asked for. The plain pass runs every SQL rule once and every column rule as one
aggregate, through DuckDB directly. The budget is 0.1 s an expectation plus twice the plain pass; importing Great
Expectations is left out.
"""

import argparse
import shutil
import tempfile
import time
from pathlib import Path

import duckdb
import yaml

from expectations.gate import run_gate
from expectations.results import GateCode
from expectations.suites import Rule, Suite, fill_limits, load_suites
from openspm.company import load_company
from openspm.gate_settings import GateSettings
from openspm.nightly import run_night
from openspm.settings import CHECKOUT, Settings

SECONDS_AN_EXPECTATION = 0.1
PASSES = 2
# Tables that say what a company declares, and totals: they do not grow with its deals.
KEPT_TABLES = {
    "stg_planning__calendars",
    "stg_planning__company_settings",
    "stg_planning__components",
    "stg_planning__credit_filters",
    "stg_planning__credit_levels",
    "stg_planning__credit_rules",
    "stg_planning__credit_years",
    "stg_planning__plans",
    "stg_planning__stage_map",
    "stg_planning__tiers",
    "stg_planning__goals",
    "stg_finance__fx_rates",
    "stg_crm__products",
    "stg_crm__campaigns",
    "dim_periods",
    "dim_plans",
    "dim_products",
    "dim_teams",
    "fct_kpis",
    "fct_goals",
    "fct_landed_rows",
    "fct_quarantined_records",
    "fct_validation_results",
    "fct_revenue_forecasts",
    "fct_forecast_accuracy",
}
KEPT_IDS = {
    "plan_id",
    "component_id",
    "rule_set_id",
    "calendar_id",
    "rate_table_id",
    "product_id",
    "primary_product_id",
    "campaign_id",
    "team_id",
    "region_id",
    "territory_id",
}
TOTALS = "('won_value', 'won_count', 'invoiced_value')"


def build_company(folder: Path) -> Path:
    """Build the candidate of a small company without defects."""
    company_dir = folder / "company"
    shutil.copytree(CHECKOUT / "examples" / "demo", company_dir)
    path = company_dir / "company.yml"
    declared = yaml.safe_load(path.read_text(encoding="utf-8"))
    for source in declared["sources"]:
        source |= {"defects": False, "opportunity_count": 2000, "payee_count": 20, "months": 18}
    path.write_text(yaml.safe_dump(declared), encoding="utf-8")
    company = load_company(company_dir)
    settings = Settings(company_dir=company_dir, home=folder / "home")
    outcome = run_night(settings, company, dry_run=True)
    if outcome.exit_code != 0:
        raise SystemExit(f"the company of the benchmark was not built: {outcome.failures}")
    return settings.state(company.id).candidate


def multiply(candidate: Path, rows: int) -> int:
    """Copy what grows with deals under other ids until there are `rows` deals; returns the deals there are."""
    with duckdb.connect(str(candidate)) as connection:
        deals = _count(connection, "marts.fct_opportunities")
        copies = max(1, round(rows / deals))
        tables = connection.sql(
            "select schema_name, table_name from duckdb_tables() where schema_name in ('staging', 'marts')"
        ).fetchall()
        for schema, table in tables:
            if table in KEPT_TABLES:
                continue
            columns = connection.sql(
                f"select column_name from duckdb_columns() where schema_name = '{schema}' and table_name = '{table}' "
                "and data_type = 'VARCHAR'"
            ).fetchall()
            changed = [
                f"{name} || '~' || copy_number as {name}"
                for (name,) in columns
                if name == "email" or (name.endswith("_id") and not name.endswith("period_id") and name not in KEPT_IDS)
            ]
            replaced = f"replace ({', '.join(changed)})" if changed else ""
            connection.execute(
                f"create or replace table {schema}.{table} as select * exclude (copy_number) {replaced} "
                f"from {schema}.{table} cross join range({copies}) as copies (copy_number)"
            )
        connection.execute(
            f"update marts.fct_kpis set numerator = numerator * {copies}, kpi_value = kpi_value * {copies} "
            f"where subject_kind_code = 'company' and kpi_code in {TOTALS}"
        )
        return _count(connection, "marts.fct_opportunities")


def plain_pass(gate: GateCode, candidate: Path) -> float:
    """Seconds of every rule of a gate once, by DuckDB alone."""
    limits = GateSettings().model_dump()
    with duckdb.connect(str(candidate), read_only=True) as connection:
        started = time.perf_counter()
        for suite in load_suites(gate):
            for rule in suite.expectations:
                if rule.rule is not None and not any(need.startswith("previous.") for need in rule.needs):
                    query = fill_limits(rule.rule, limits).replace("{batch}", suite.table)
                    connection.execute(f"select count(*) from ({query}) as broken").fetchall()
            aggregates = [f"count({_judged_column(suite, rule)})" for rule in suite.expectations if rule.rule is None]
            if aggregates:
                connection.execute(f"select {', '.join(aggregates)} from {suite.table}").fetchall()
        return time.perf_counter() - started


def _judged_column(suite: Suite, rule: Rule) -> str:
    """The column that a column rule reads."""
    return rule.column or rule.arguments.get("column_A") or suite.key[0]


def _count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    row = connection.sql(f"select count(*) from {table}").fetchone()
    return int(row[0]) if row else 0


def main() -> None:
    """Build, multiply, time, and say whether the budget holds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000, help="deals to judge")
    parser.add_argument("--candidate", type=Path, help="a clean candidate to multiply instead of building one")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if arguments.candidate is None:
            candidate = build_company(Path(folder))
        else:
            candidate = Path(folder) / "warehouse.duckdb"
            shutil.copyfile(arguments.candidate, candidate)
        print(f"{multiply(candidate, arguments.rows):,} deals, {candidate.stat().st_size / 1e9:.1f} GB")
        gates: tuple[GateCode, ...] = ("sources", "published")
        for gate in gates:
            plain = plain_pass(gate, candidate)
            result = run_gate(gate, candidate)
            evaluated = sum(entry.status_code != "skipped" for entry in result.results)
            budget = evaluated * SECONDS_AN_EXPECTATION + PASSES * plain
            verdict = "within" if result.seconds <= budget else "OVER"
            print(
                f"{gate}: {evaluated} expectations in {result.seconds:.1f} s, plain SQL {plain:.1f} s, "
                f"budget {budget:.1f} s: {verdict}"
            )
            for entry in result.failures:
                print(f"  failed: {entry.expectation_id}: {entry.observed_value}")


if __name__ == "__main__":
    main()
