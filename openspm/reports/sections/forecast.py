"""Chapter "Forecast": won value against goal with ranges, for company, regions and teams."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from openspm.reports import charts
from openspm.reports.number_format import GAP, MISSING, calendar_month, counted, money, month, percent
from openspm.reports.page import Card, Figure, Legend, Section, Table
from openspm.reports.published import PublishedFile, Row
from openspm.reports.sections.accuracy import baseline_name, past_accuracy
from openspm.reports.sections.outlook import (
    Measure,
    Outlook,
    company_currency,
    company_forecasts,
    company_goals,
    forecast_measure,
    measured_by_month,
    quarter_outlook,
)

SECTION_ID, TITLE = "forecast", "Forecast against goal"
MONTHS_SHOWN = 18


def forecast_section(published: PublishedFile) -> Section:
    """The chapter; its card and headline speak of the current quarter."""
    currency = company_currency(published)
    measure = forecast_measure(published)
    won, forecasts = measured_by_month(published), company_forecasts(published)
    if not won and not forecasts:
        text = "Neither deals nor invoices were delivered, so there is nothing to forecast."
        return Section(SECTION_ID, TITLE, [text], cards=[Card("Forecast", MISSING, "nothing delivered")], headline=text)
    as_of = published.publication.as_of_date
    outlook, ended = quarter_outlook(published, as_of), None
    if outlook is not None and outlook.is_over(as_of):
        ended, outlook = outlook, quarter_outlook(published, as_of + timedelta(days=1))
    goals = company_goals(published, "month")
    sentences = [*_ended_sentences(ended, currency), *_quarter_sentences(outlook, currency)]
    if not forecasts:
        sentences.append("No forecast was published: the history is too short or the forecast did not run.")
    elif forecasts[0]["is_baseline"]:
        code = str(forecasts[0]["model_code"])
        sentences.append(
            f"No model did better than the baseline ({baseline_name(code)}), so the baseline is what is forecast."
        )
    if not goals:
        sentences.append("No monthly goals are set for the company, so the chart shows none.")
    parts: list[Figure | Table] = [_fan(measure, won, forecasts, goals, currency)]
    parts += [table for table in (_breakdown(published, kind, currency) for kind in ("region", "team")) if table]
    accuracy_sentences, accuracy_parts = past_accuracy(published)
    return Section(
        SECTION_ID,
        TITLE,
        [*sentences, *accuracy_sentences],
        [*parts, *accuracy_parts],
        cards=[_card(outlook, currency)],
        headline=" ".join([*_ended_sentences(ended, currency), _headline(outlook, currency)]).strip(),
    )


def goal_verdict(outlook: Outlook) -> str:
    """Whether the goal is safe, within reach or out of reach, by the 80 % range; empty without goal or forecast."""
    if not outlook.goal or outlook.lower is None or outlook.upper is None:
        return ""
    if outlook.goal <= outlook.lower:
        return "on course"
    return "within reach" if outlook.goal <= outlook.upper else "out of reach"


def _headline(outlook: Outlook | None, currency: str | None) -> str:
    if outlook is None:
        return ""
    if outlook.middle is None and not outlook.won:
        return f"There is no forecast for {outlook.name}."
    if outlook.middle is None:
        so_far = f"{outlook.name} has {outlook.measure.done} {money(outlook.won, currency)} so far"
        return f"{so_far}; there is no forecast for it."
    if outlook.goal is None:
        return f"{outlook.name} is heading for {money(outlook.middle, currency)}; no goal is set for it."
    return (
        f"{outlook.name} is heading for {money(outlook.middle, currency)}, {percent(outlook.goal_ratio)} of its "
        f"goal of {money(outlook.goal, currency)}: the goal is {goal_verdict(outlook)}."
    )


def _ended_sentences(ended: Outlook | None, currency: str | None) -> list[str]:
    """How the quarter that has just ended came out."""
    if ended is None:
        return []
    text = f"{ended.name} ended with {money(ended.won, currency)}"
    if ended.goal:
        text += f", {percent(ended.won / ended.goal)} of its goal of {money(ended.goal, currency)}"
    return [text + "."]


def _card(outlook: Outlook | None, currency: str | None) -> Card:
    if outlook is None:
        return Card("Forecast", MISSING, "no quarter holds this day")
    label = f"{outlook.name} forecast"
    if outlook.middle is None:
        return Card(f"{outlook.name} so far", money(outlook.won, currency), "no forecast")
    if outlook.goal is None:
        return Card(label, money(outlook.middle, currency), "no goal set")
    tone = {"on course": "good", "within reach": "plain"}.get(goal_verdict(outlook), "attention")
    return Card(label, money(outlook.middle, currency), f"{percent(outlook.goal_ratio)} of goal", tone)


def _quarter_sentences(outlook: Outlook | None, currency: str | None) -> list[str]:
    if outlook is None:
        return []
    so_far = ""
    if outlook.won:
        so_far = f"{money(outlook.won, currency)} is {outlook.measure.done} in {outlook.name} so far. "
    if outlook.middle is None:
        return [so_far.strip()] if so_far else []
    text = (
        f"{so_far}{outlook.name} is expected to end at {money(outlook.middle, currency)}, in four of five cases "
        f"between {money(outlook.lower, currency)} and {money(outlook.upper, currency)}."
    )
    if outlook.goal is None:
        return [f"{text} No goal is set for it."]
    missing = outlook.goal - outlook.won
    rest = "it is reached already"
    if missing > 0:
        rest = f"{money(missing, currency)} is still to be {outlook.measure.done}"
    return [f"{text} The goal is {money(outlook.goal, currency)}; {rest}."]


def _fan(measure: Measure, won: list[Row], forecasts: list[Row], goals: list[Row], currency: str | None) -> Figure:
    forecast_by_month = {row["start_date"]: row for row in forecasts}
    shown = won[-MONTHS_SHOWN:]
    months = sorted({row["start_date"] for row in shown} | set(forecast_by_month))
    goal_by_month = {row["start_date"]: row["value"] for row in goals if row["start_date"] in set(months)}
    won_by_start = {row["start_date"]: row["value"] for row in shown}

    def common(start: Any) -> dict[str, Any]:
        return {"month": calendar_month(start).isoformat(), "month_text": month(start)}

    actual_values = [
        {
            **common(start),
            "value": float(value),
            "text": money(value, currency) + (" so far" if start in forecast_by_month else ""),
            "is_complete": start not in forecast_by_month,
        }
        for start, value in won_by_start.items()
    ]
    forecast_values = [
        {
            **common(start),
            **{name: float(row[name]) for name in ("middle", "lower_80", "upper_80", "lower_95", "upper_95")},
            "text": money(row["middle"], currency),
            "range_80_text": _range(row, "80", currency),
            "range_95_text": _range(row, "95", currency),
        }
        for start, row in forecast_by_month.items()
    ]
    goal_values = [
        {**common(start), "value": float(value), "text": money(value, currency)}
        for start, value in goal_by_month.items()
    ]
    legend = [Legend(measure.done, "bar", "quiet")]
    if forecasts:
        legend += [
            Legend("forecast", "line", "series-1"),
            Legend(f"80{GAP}% range, 95{GAP}% range paler", "band", "series-1"),
        ]
    if goal_values:
        legend.append(Legend("goal", "tick", "series-2"))
    rows = [
        [
            month(start),
            money(won_by_start.get(start), None)
            + (" so far" if start in won_by_start and start in forecast_by_month else ""),
            money(forecast_by_month[start]["middle"], None) if start in forecast_by_month else MISSING,
            _range(forecast_by_month.get(start), "80", None),
            _range(forecast_by_month.get(start), "95", None),
            money(goal_by_month.get(start), None),
        ]
        for start in reversed(months)
    ]  # fmt: skip
    table = Table(
        f"{measure.name}, forecast and goal by month{', ' + currency if currency else ''}",
        ["Month", measure.done.title(), "Forecast", f"80{GAP}% range", f"95{GAP}% range", "Goal"],
        rows,
    )
    ahead = (
        f", forecast for {counted(len(forecasts), 'month')} from {month(forecasts[0]['start_date'])}"
        if forecasts
        else ""
    )
    return Figure(
        "chart-forecast",
        f"{measure.name} by month{', ' + currency if currency else ''}",
        f"Bars of {measure.name.lower()} for {counted(len(actual_values), 'month')}{ahead}. "
        "The table holds every number.",
        charts.forecast_fan(
            [calendar_month(start).isoformat() for start in months], actual_values, forecast_values, goal_values
        ),
        legend,
        table,
    )  # fmt: skip


def _range(row: Row | None, level: str, currency: str | None) -> str:
    """A range with the currency once: `410 k to 560 k EUR`."""
    if row is None:
        return MISSING
    low, high = money(row[f"lower_{level}"], None), money(row[f"upper_{level}"], currency)
    return f"{low} to {high}"


def _breakdown(published: PublishedFile, kind: str, currency: str | None) -> Table | None:
    """The next three forecast months of all regions or all teams."""
    rows = published.rows(
        f"""
        with names as (select {kind}_id as id, max({kind}_name) as name from marts.dim_teams group by all),
        newest as (
            select * from marts.fct_revenue_forecasts
            where subject_kind_code = ? and horizon_months <= 3
            qualify origin_date = max(origin_date) over ()
        )
        select newest.subject_id as id, coalesce(names.name, newest.subject_id) as name,
            list(newest.start_date order by newest.start_date) as months,
            list(newest.forecast_company_amount order by newest.start_date) as amounts,
            list(newest.lower_80_company_amount order by newest.start_date) as lowers,
            list(newest.upper_80_company_amount order by newest.start_date) as uppers,
            bool_or(newest.is_baseline) as is_baseline
        from newest left join names on newest.subject_id = names.id
        group by all order by sum(newest.forecast_company_amount) desc, id
        """,
        [kind],
    )
    months = sorted({start for row in rows for start in row["months"]})
    if not rows:
        return None
    lines, has_baseline = [], any(row["is_baseline"] for row in rows)
    for row in rows:
        cells = [MISSING] * len(months)
        for start, middle, low, high in zip(row["months"], row["amounts"], row["lowers"], row["uppers"], strict=True):
            cells[months.index(start)] = f"{money(middle, None)} ({money(low, None)} to {money(high, None)})"
        lines.append([f"{row['name']}{' *' if row['is_baseline'] else ''}", *cells])
    note = f"In brackets the 80{GAP}% range."
    if has_baseline:
        note += " * The baseline is shown, because no model did better in the past."
    return Table(
        f"Forecast by {kind}{', ' + currency if currency else ''}",
        [kind.title(), *[month(start) for start in months]],
        lines,
        note=note,
        is_folded=kind == "team",
    )
