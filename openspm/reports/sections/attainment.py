"""Chapter "Attainment": teams against quota in the current windows, and the people who will probably miss.

Quotas and what counts against them are for leaders; pay is not, and no figure of it is read. People who have others
below them are left out of their team's bar, since their measure counts the team's once more.
"""

from __future__ import annotations

from decimal import Decimal

from openspm.reports import charts
from openspm.reports.number_format import MISSING, counted, money, percent
from openspm.reports.page import Card, Figure, Legend, Section, Table
from openspm.reports.published import PublishedFile, Row

SECTION_ID, TITLE = "attainment", "Attainment and people at risk"
PEOPLE_SHOWN = 20


def attainment_section(published: PublishedFile) -> Section:
    """The chapter; its card counts the people at risk."""
    standings = _standings(published)
    if not standings:
        text = "No quotas are in force today, so nobody's attainment can be said."
        if not published.has_rows("fct_attainment"):
            text = "No quotas or no deals were delivered, so there is no attainment."
        return Section(SECTION_ID, TITLE, [text], cards=[Card("People at risk", MISSING, "no quotas")])
    people = len({row["payee_id"] for row in standings})
    forecast = [row for row in standings if row["forecast_ratio"] is not None or row["miss_ratio"] is not None]
    at_risk = [row for row in forecast if row["is_at_risk"]]
    risky_people = len({row["payee_id"] for row in at_risk})
    window_kind = _main_window_kind(standings)
    sentences = [f"{counted(people, 'person', 'people')} with a quota in force."]
    card = Card("People at risk", MISSING, "no attainment forecast")
    if forecast:
        sentences = [
            f"{risky_people} of {counted(people, 'person', 'people')} with a quota in force will probably miss it."
            if risky_people
            else f"All {counted(people, 'person', 'people')} with a quota in force will probably reach it."
        ]
        card = Card(
            "People at risk",
            f"{risky_people} of {people}",
            "will probably miss quota",
            "attention" if risky_people else "good",
        )
    else:
        sentences.append("No attainment forecast was published, so nobody is named as at risk.")
    parts: list[Figure | Table] = []
    team_rows = _teams([row for row in standings if row["window_kind"] == window_kind])
    if team_rows:
        parts.append(_team_figure(team_rows, window_kind))
    if at_risk:
        parts.append(_risk_table(at_risk))
    headline = (
        f"{risky_people} of {counted(people, 'person', 'people')} will probably miss quota." if risky_people else ""
    )
    return Section(SECTION_ID, TITLE, sentences, parts, [card], headline)


def _standings(published: PublishedFile) -> list[Row]:
    """One row a payee, component and window in force on the as-of date that has a quota."""
    as_of = published.publication.as_of_date
    return published.rows(
        """
        with managers as (
            select distinct manager_payee_id as payee_id from marts.dim_payees where manager_payee_id is not null
        ),
        windows as (
            select calendar_id, period_id, period_name, start_date, end_date from marts.dim_periods
            where ? between start_date and end_date
        ),
        in_force as (
            select attainment.*, windows.period_name as window_name
            from marts.fct_attainment as attainment
            inner join windows
                on attainment.window_period_id = windows.period_id and attainment.calendar_id = windows.calendar_id
            inner join marts.dim_periods as periods
                on attainment.period_id = periods.period_id and attainment.calendar_id = periods.calendar_id
            where attainment.rule_set_id = 'live' and attainment.quota_amount > 0 and periods.start_date <= ?
            qualify row_number() over (
                partition by attainment.payee_id, attainment.component_id, attainment.window_period_id
                order by periods.start_date desc, attainment.plan_id
            ) = 1
        )
        select in_force.payee_id, coalesce(people.payee_name, in_force.payee_id) as payee_name,
            in_force.component_id, in_force.window_kind_code as window_kind, in_force.window_name,
            coalesce(in_force.team_id, people.team_id) as team_id,
            coalesce(people.team_name, in_force.team_id, people.team_id) as team_name,
            in_force.measure_amount as measure, in_force.quota_amount as quota, in_force.attainment_ratio as ratio,
            in_force.currency_code as currency, managers.payee_id is not null as is_manager,
            forecasts.forecast_measure_amount as forecast_measure,
            forecasts.forecast_attainment_ratio as forecast_ratio,
            forecasts.miss_probability_ratio as miss_ratio, coalesce(forecasts.is_at_risk, false) as is_at_risk
        from in_force
        left join marts.dim_payees as people on in_force.payee_id = people.payee_id
        left join managers on in_force.payee_id = managers.payee_id
        left join marts.fct_attainment_forecasts as forecasts
            on in_force.payee_id = forecasts.payee_id and in_force.component_id = forecasts.component_id
            and in_force.window_period_id = forecasts.window_period_id
        order by in_force.payee_id, in_force.component_id, in_force.window_period_id
        """,
        [as_of, as_of],
    )


def _main_window_kind(standings: list[Row]) -> str:
    """The kind of window (month, quarter, half, year) that most people are measured in."""
    people: dict[str, set[str]] = {}
    for row in standings:
        people.setdefault(row["window_kind"], set()).add(row["payee_id"])
    return max(sorted(people), key=lambda kind: len(people[kind]))


def _teams(standings: list[Row]) -> list[Row]:
    """One row a team: attainment to date and forecast, best first."""
    teams: dict[str, list[Row]] = {}
    for row in standings:
        # Held attainment has no value; a quota of money and one of meetings may stand in one team.
        if not row["is_manager"] and row["team_id"] is not None and row["ratio"] is not None:
            teams.setdefault(row["team_id"], []).append(row)
    result = []
    for team_id, rows in sorted(teams.items()):
        has_forecasts = all(row["forecast_ratio"] is not None for row in rows)
        result.append(
            {
                "team_id": team_id,
                "label": rows[0]["team_name"],
                "people": len({row["payee_id"] for row in rows}),
                "at_risk": len({row["payee_id"] for row in rows if row["is_at_risk"]}),
                "ratio": _ratio_of_team(rows, "measure", "ratio"),
                "forecast": _ratio_of_team(rows, "forecast_measure", "forecast_ratio") if has_forecasts else None,
            }
        )
    return sorted(result, key=lambda row: (-row["ratio"], row["team_id"]))


def _ratio_of_team(rows: list[Row], amount: str, ratio: str) -> Decimal:
    """Sum over sum where all quotas have one unit, else the mean of the people, so that no currencies are added."""
    if len({row["currency"] for row in rows}) == 1 and all(row[amount] is not None for row in rows):
        return sum((Decimal(row[amount]) for row in rows), Decimal(0)) / sum(
            (Decimal(row["quota"]) for row in rows), Decimal(0)
        )
    ratios = [Decimal(row[ratio] or 0) for row in rows]
    return sum(ratios, Decimal(0)) / len(ratios)


def _team_figure(teams: list[Row], window_kind: str) -> Figure:
    values = [
        {
            "label": team["label"],
            "ratio": float(team["ratio"]),
            "ratio_text": percent(team["ratio"]),
            "forecast": None if team["forecast"] is None else float(team["forecast"]),
            "forecast_text": percent(team["forecast"]),
        }
        for team in teams
    ]
    table = Table(
        f"Attainment by team, {window_kind} windows in force",
        ["Team", "To date", "Forecast", "People", "At risk"],
        [
            [
                team["label"],
                percent(team["ratio"]),
                percent(team["forecast"]),
                str(team["people"]),
                str(team["at_risk"]),
            ]
            for team in teams
        ],
        note="Managers are left out of their team's figure.",
    )
    legend = [Legend("to date", "bar", "quiet")]
    if any(value["forecast"] is not None for value in values):
        legend.append(Legend(f"forecast for the end of the {window_kind}", "dot", "series-1"))
    legend.append(Legend("quota", "line", "series-2"))
    return Figure(
        "chart-attainment",
        f"Attainment by team, this {window_kind}",
        f"{values[0]['label']} leads with {values[0]['ratio_text']} of quota; {values[-1]['label']} is last with "
        f"{values[-1]['ratio_text']}.",
        charts.attainment_by_team(values),
        legend,
        table,
    )


def _risk_table(at_risk: list[Row]) -> Table:
    ranked = sorted(at_risk, key=lambda row: (-(row["miss_ratio"] or 0), row["payee_id"], row["component_id"]))
    rest = len(ranked) - PEOPLE_SHOWN
    return Table(
        "People who will probably miss their quota",
        ["Person", "Team", "Quota for", "Quota", "To date", "Forecast", "Chance of missing"],
        [
            [
                str(row["payee_name"]),
                str(row["team_name"] or MISSING),
                f"{str(row['component_id']).replace('_', ' ')}, {row['window_name']}",
                money(row["quota"], row["currency"]),
                percent(row["ratio"]),
                percent(row["forecast_ratio"]),
                percent(row["miss_ratio"]),
            ]
            for row in ranked[:PEOPLE_SHOWN]
        ],
        frozenset({1, 2}),
        note=f"And {counted(rest, 'more quota')} at risk, in fct_attainment_forecasts." if rest > 0 else "",
    )
