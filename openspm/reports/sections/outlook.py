"""What the company is heading for: won value by month, forecasts, goals, and the current quarter put together.

The forecast is of won value by month, and of invoiced value for a company without deals. A quarter is its complete
months plus the forecasts of the others. Its range adds the ranges of its months, which is wider than the true one,
because bad and good months even out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from openspm.reports.published import PublishedFile, Row


@dataclass(frozen=True)
class Measure:
    """What is forecast: its code in fct_kpis, its name, and what was done with the money."""

    kpi_code: str
    name: str
    done: str


WON, INVOICED = Measure("won_value", "Won value", "won"), Measure("invoiced_value", "Invoiced value", "invoiced")


@dataclass(frozen=True)
class Outlook:
    """The forecast of one quarter.

    Attributes:
        name: name of the quarter.
        measure: what is forecast.
        won: won, or invoiced, so far.
        middle, lower, upper: forecast of the whole quarter with its 80 % range; None without a forecast.
        goal: goal of the quarter; None where none is set.
        start_date, end_date: its days.
    """

    name: str
    start_date: date
    end_date: date
    measure: Measure
    won: Decimal
    middle: Decimal | None
    lower: Decimal | None
    upper: Decimal | None
    goal: Decimal | None

    def is_over(self, as_of: date) -> bool:
        """Whether the quarter had ended by a day."""
        return self.end_date <= as_of

    @property
    def goal_ratio(self) -> Decimal | None:
        """The forecast as a share of the goal."""
        return self.middle / self.goal if self.middle is not None and self.goal else None


def company_currency(published: PublishedFile) -> str | None:
    """The currency in which the company reports; None where no mart with an amount has a row."""
    for mart in ("fct_revenue_forecasts", "fct_opportunities", "fct_crm_finance_matches"):
        found = published.rows(
            f"select company_currency_code as code from marts.{mart} where company_currency_code is not null "
            "group by all order by count(*) desc, code limit 1"
        )
        if found:
            return str(found[0]["code"])
    return None


def company_name(published: PublishedFile) -> str | None:
    """The company's name, from its own KPIs."""
    found = published.rows(
        "select subject_name from marts.fct_kpis where subject_kind_code = 'company' and subject_name is not null "
        "order by subject_name limit 1"
    )
    return str(found[0]["subject_name"]) if found else None


def forecast_measure(published: PublishedFile) -> Measure:
    """Won value, or invoiced value where no deal was ever won."""
    found = published.rows(
        "select count(*) as months from marts.fct_kpis where subject_kind_code = 'company' and kpi_code = ? "
        "and period_kind_code = 'month' and coalesce(kpi_value, 0) <> 0",
        [WON.kpi_code],
    )
    return WON if found[0]["months"] else INVOICED


def measured_by_month(published: PublishedFile) -> list[Row]:
    """start_date, value: what the company won (or invoiced) by month up to the as-of date's, oldest first."""
    return published.rows(
        "select start_date, kpi_value as value from marts.fct_kpis "
        "where subject_kind_code = 'company' and kpi_code = ? and period_kind_code = 'month' "
        "and dimension_code = 'all' and start_date <= ? and kpi_value is not null order by start_date",
        [forecast_measure(published).kpi_code, published.publication.as_of_date],
    )


def company_forecasts(published: PublishedFile) -> list[Row]:
    """The company's forecasts of the newest origin by month: start_date, middle and the four bounds."""
    return published.rows(
        """
        select start_date, model_code, is_baseline, horizon_months, origin_date, forecast_company_amount as middle,
               lower_80_company_amount as lower_80, upper_80_company_amount as upper_80,
               lower_95_company_amount as lower_95, upper_95_company_amount as upper_95
        from marts.fct_revenue_forecasts
        where subject_kind_code = 'company'
        qualify origin_date = max(origin_date) over ()
        order by start_date
        """
    )


def company_goals(published: PublishedFile, period_kind: str) -> list[Row]:
    """start_date, end_date, value: the company's goals for periods of one kind (month, quarter, year)."""
    return published.rows(
        """
        select goals.start_date, goals.end_date, max(goals.goal_value) as value
        from marts.fct_goals as goals
        inner join marts.dim_periods as periods
            on goals.period_id = periods.period_id and goals.calendar_id = periods.calendar_id
        where goals.subject_kind_code = 'company' and goals.kpi_code = ? and goals.rule_set_id = 'live'
            and periods.period_kind_code = ? and periods.is_company_calendar
        group by all order by goals.start_date
        """,
        [forecast_measure(published).kpi_code, period_kind],
    )


def quarter_outlook(published: PublishedFile, day: date) -> Outlook | None:
    """The outlook of the quarter that holds a day; None without such a quarter or without any history."""
    quarters = published.rows(
        "select period_name, start_date, end_date from marts.dim_periods "
        "where is_company_calendar and period_kind_code = 'quarter' and ? between start_date and end_date limit 1",
        [day],
    )
    won = {row["start_date"]: row["value"] for row in measured_by_month(published)}
    if not quarters or not won:
        return None
    quarter = quarters[0]
    start, end = quarter["start_date"], quarter["end_date"]
    months = published.rows(
        "select start_date, end_date from marts.dim_periods where is_company_calendar and period_kind_code = 'month' "
        "and start_date between ? and ? order by start_date",
        [start, end],
    )
    forecasts = {row["start_date"]: row for row in company_forecasts(published)}
    middle = lower = upper = Decimal(0)
    is_whole = True
    for month in months:
        so_far = won.get(month["start_date"], Decimal(0))
        forecast = forecasts.get(month["start_date"])
        if forecast is None:
            is_whole = is_whole and month["end_date"] <= published.publication.as_of_date
            middle, lower, upper = middle + so_far, lower + so_far, upper + so_far
        else:  # a month never ends below what it has won already
            middle += max(so_far, forecast["middle"])
            lower += max(so_far, forecast["lower_80"])
            upper += max(so_far, forecast["upper_80"])
    goals = [row["value"] for row in company_goals(published, "quarter") if row["start_date"] == start]
    if not goals:  # a quarter whose months all have goals has their sum
        monthly = [row["value"] for row in company_goals(published, "month") if start <= row["start_date"] <= end]
        goals = [sum(monthly, Decimal(0))] if monthly and len(monthly) == len(months) else []
    return Outlook(
        name=quarter["period_name"],
        start_date=start,
        end_date=end,
        measure=forecast_measure(published),
        won=sum((value for month_start, value in won.items() if start <= month_start <= end), Decimal(0)),
        middle=middle if is_whole else None,
        lower=lower if is_whole else None,
        upper=upper if is_whole else None,
        goal=goals[0] if goals else None,
    )
