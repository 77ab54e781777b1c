"""What came out of a run, for the person who started it: rows, checks, payouts, forecast, files and seconds.

Pay is private. Its amounts are shown only where the caller asks for them, as the demo does; else payouts are counted.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from openspm.cli.terminal import Screen

if TYPE_CHECKING:
    from openspm.nightly import RunOutcome
    from openspm.reports.published import PublishedFile, Row

FAILURES_SHOWN = 8
PATH_NAMES = {
    "warehouse": "published warehouse",
    "open_warehouse": "the same without pay",
    "report": "leaders' report",
    "data_docs": "checks, for auditors",
    "record": "record of the run",
    "log": "logs",
}
EXAMPLE_QUERIES = (
    "select subject_name, period_id, round(kpi_value, 3) as win_rate from marts.fct_kpis "
    "where kpi_code = 'win_rate_by_count' and subject_kind_code = 'region' and period_kind_code = 'quarter' "
    "and kpi_value is not null order by period_id desc, subject_name limit 6",
    "select match_status_code, count(*) as records, sum(at_risk_company_amount) as at_risk "
    "from marts.fct_crm_finance_matches group by all order by at_risk desc",
    "select payee_name, component_id, round(attainment_ratio, 3) as attainment from marts.fct_attainment "
    "join marts.dim_payees using (payee_id) order by attainment_ratio desc nulls last limit 10",
)


def summarise(outcome: RunOutcome, is_pay_shown: bool) -> dict[str, Any]:
    """The run as `--json` prints it: its outcome and, where it published, what the publication says."""
    import dataclasses

    summary: dict[str, Any] = dataclasses.asdict(outcome)
    path = outcome.paths.get("warehouse")
    if outcome.generation_number is not None and path and Path(path).exists():
        from openspm.reports.published import PublishedFile

        with PublishedFile(Path(path)) as published:
            summary |= _published_facts(published, is_pay_shown)
    return summary


def show(screen: Screen, outcome: RunOutcome, summary: dict[str, Any], query_command: str = "openspm query") -> None:
    """Print the summary for a person; `query_command` is how this person asks this company's warehouse."""
    _show_state(screen, outcome)
    if "rows" in summary:
        rows = summary["rows"]
        screen.say(
            f"Rows:      {rows['rows_in']:,} in, {rows['staged']:,} staged, {rows['quarantined']:,} quarantined, "
            f"{rows['other']:,} replaced, deleted or left out"
        )
    checks = outcome.check_counts
    screen.say(
        f"Checks:    {checks['passed']:,} passed, {checks['warned']:,} warned, {checks['failed']:,} failed, "
        f"{checks['skipped']:,} skipped"
    )
    for line in outcome.failures[:FAILURES_SHOWN]:
        screen.say(f"           - {line.splitlines()[0]}")
    if len(outcome.failures) > FAILURES_SHOWN:
        screen.say(f"           ... and {len(outcome.failures) - FAILURES_SHOWN} more, in marts.fct_validation_results")
    if "forecast" in summary:
        _show_forecast(screen, summary["forecast"])
    if summary.get("payouts"):
        _show_payouts(screen, summary["payouts"])
    _show_files(screen, outcome)
    if outcome.generation_number is not None:
        _show_queries(screen, query_command)
    seconds = ", ".join(f"{name} {value:.1f}" for name, value in outcome.step_seconds.items())
    screen.say()
    screen.say(f"Seconds:   {sum(outcome.step_seconds.values()):.1f} in all: {seconds}")


def _show_state(screen: Screen, outcome: RunOutcome) -> None:
    words = {
        "published": f"Published generation {outcome.generation_number}",
        "checked": "Checked: all would have been published (dry run)",
        "blocked": "Blocked: nothing was published, readers keep what they had",
        "failed": "Failed: nothing was published, readers keep what they had",
    }
    screen.say()
    screen.heading(
        f"{words.get(outcome.status, outcome.status)}, {outcome.company_id}"
        + (f", numbers for {outcome.as_of_date}" if outcome.as_of_date else "")
    )


def _published_facts(published: PublishedFile, is_pay_shown: bool) -> dict[str, Any]:
    rows = published.rows(
        "select coalesce(sum(rows_in_count), 0)::bigint as rows_in, coalesce(sum(staged_count), 0)::bigint as staged, "
        "coalesce(sum(quarantined_count), 0)::bigint as quarantined from marts.fct_landed_rows"
    )[0]
    rows["other"] = rows["rows_in"] - rows["staged"] - rows["quarantined"]
    return {
        "rows": rows,
        "payouts": _payouts(published, is_pay_shown),
        "forecast": published.rows(
            """
            select period_id, company_currency_code as currency_code, forecast_company_amount as forecast,
                lower_80_company_amount as lower_80, upper_80_company_amount as upper_80, model_code, is_baseline
            from marts.fct_revenue_forecasts where subject_kind_code = 'company'
            qualify origin_date = max(origin_date) over () order by start_date limit 3
            """
        ),
    }


def _payouts(published: PublishedFile, is_pay_shown: bool) -> list[Row]:
    """One row a plan and currency: payees, payouts, periods, and the earned amount where pay may be shown."""
    earned = ", sum(earned_amount) as earned_amount" if is_pay_shown else ""
    return published.rows(
        f"""
        select plan_id, currency_code, count(distinct payee_id) as payees, count(*) as payouts,
            min(period_id) as first_period, max(period_id) as last_period{earned}
        from marts.fct_payouts where rule_set_id = 'live' group by all order by plan_id, currency_code
        """
    )


def _show_forecast(screen: Screen, forecast: list[Row]) -> None:
    from openspm.reports.number_format import GAP, money

    if not forecast:
        screen.say("Forecast:  none: no deals, or too short a history")
    for position, row in enumerate(forecast):
        currency = row["currency_code"]
        text = (
            f"{row['period_id']}  {money(row['forecast'], currency)}, 80 % between {money(row['lower_80'], currency)} "
            f"and {money(row['upper_80'], currency)}{' (baseline)' if row['is_baseline'] else ''}"
        )
        screen.say(f"{'Forecast:' if position == 0 else '':<11}{text.replace(GAP, ' ')}")


def _show_payouts(screen: Screen, payouts: list[Row]) -> None:
    is_pay_shown = "earned_amount" in payouts[0]
    screen.say()
    screen.table(
        ["plan", "payees", "payouts", "from", "to", *(["earned", ""] if is_pay_shown else [])],
        [
            [
                row["plan_id"],
                row["payees"],
                row["payouts"],
                row["first_period"],
                row["last_period"],
                *([_money(row["earned_amount"], row["currency_code"]), row["currency_code"]] if is_pay_shown else []),
            ]
            for row in payouts
        ],
    )
    if not is_pay_shown:
        screen.say("Amounts of pay are private; --show-pay prints them.")


def _money(amount: Decimal | None, currency: str) -> str:
    """An amount of pay in full, to the currency's smallest unit; held where it is unknown."""
    from openspm.plans.currencies import minor_unit_digits

    return "held" if amount is None else f"{amount:,.{minor_unit_digits(currency)}f}"


def _show_files(screen: Screen, outcome: RunOutcome) -> None:
    screen.say()
    for name, meaning in PATH_NAMES.items():
        if name in outcome.paths:
            screen.say(f"{meaning + ':':<23}{_short(outcome.paths[name])}")


def _show_queries(screen: Screen, query_command: str) -> None:
    screen.say()
    screen.say("Ask it, for example:")
    for sql in EXAMPLE_QUERIES:
        screen.say(f'  {query_command} "{sql}"')


def _short(path: str) -> str:
    """Relative to the current folder where it lies in it."""
    try:
        return str(Path(path).relative_to(Path.cwd()))
    except ValueError:
        return path
