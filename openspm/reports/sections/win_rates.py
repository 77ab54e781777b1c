"""Chapter "Win rates": the share of closed deals that were won, by region over time and by team in recent quarters."""

from __future__ import annotations

from decimal import Decimal

from openspm.reports import charts
from openspm.reports.number_format import MISSING, counted, percent, signed_points
from openspm.reports.page import Card, Figure, Legend, Section, Table
from openspm.reports.published import PublishedFile, Row

SECTION_ID, TITLE = "win-rates", "Win rates"
QUARTERS_SHOWN, TEAM_QUARTERS_SHOWN, REGIONS_DRAWN = 8, 4, 4
FEW_DEALS = 10
_COLOURS = (charts.FIRST, charts.SECOND, charts.THIRD, charts.FOURTH)
_COLOUR_NAMES = ("series-1", "series-2", "series-3", "series-4")


def win_rate_section(published: PublishedFile) -> Section:
    """The chapter; its card gives the last complete quarter against the one before."""
    rows = _rates(published)
    company = [row for row in rows if row["kind"] == "company"]
    if not company:
        text = "No deal has closed yet, so there is no win rate."
        if not published.has_rows("fct_kpis"):
            text = "No deals were delivered, so there are no win rates."
        return Section(SECTION_ID, TITLE, [text], cards=[Card("Win rate", MISSING, "no closed deals")])
    complete = [row for row in company if row["is_complete"]] or company
    last, before = complete[-1], complete[-2] if len(complete) > 1 else None
    sentence = (
        f"In {last['period_name']}, {percent(last['ratio'])} of {counted(last['closed'], 'closed deal')} were won"
    )
    note = str(last["period_name"])
    tone = "plain"
    if before is not None:
        change = last["ratio"] - before["ratio"]
        sentence += f", {signed_points(change)} against {before['period_name']}"
        note += f", {signed_points(change)} on the quarter before"
        tone = "attention" if change <= Decimal("-0.05") else "plain"
    sentence += "."
    current = company[-1]
    sentences = [sentence]
    if not current["is_complete"]:
        sentences.append(f"{current['period_name']} stands at {percent(current['ratio'])} so far.")
    parts: list[Figure | Table] = [_over_time(rows)]
    teams = _team_table(rows)
    if teams:
        parts.append(teams)
    return Section(SECTION_ID, TITLE, sentences, parts, [Card("Win rate", percent(last["ratio"]), note, tone)])


def _rates(published: PublishedFile) -> list[Row]:
    """One row a subject and quarter with closed deals, up to the as-of date, oldest first."""
    return published.rows(
        """
        select kpis.subject_kind_code as kind, kpis.subject_id, coalesce(kpis.subject_name, kpis.subject_id) as name,
            kpis.start_date, periods.period_name, periods.end_date <= ? as is_complete,
            kpis.numerator as won, kpis.denominator as closed,
            cast(kpis.kpi_value as decimal(18, 9)) as ratio
        from marts.fct_kpis as kpis
        inner join marts.dim_periods as periods
            on kpis.period_id = periods.period_id and periods.is_company_calendar
        where kpis.kpi_code = 'win_rate_by_count' and kpis.dimension_code = 'all'
            and kpis.period_kind_code = 'quarter' and kpis.subject_kind_code in ('company', 'region', 'team')
            and kpis.start_date <= ? and kpis.denominator > 0 and kpis.kpi_value is not null
        order by kpis.start_date, kpis.subject_kind_code, kpis.subject_id
        """,
        [published.publication.as_of_date, published.publication.as_of_date],
    )


def _over_time(rows: list[Row]) -> Figure:
    quarters = list(dict.fromkeys(row["period_name"] for row in rows if row["kind"] == "company"))[-QUARTERS_SHOWN:]
    shown = [row for row in rows if row["period_name"] in quarters and row["kind"] in ("company", "region")]
    closed_by_region: dict[tuple[str, str], int] = {}
    for row in shown:
        if row["kind"] == "region":
            key = (row["subject_id"], row["name"])
            closed_by_region[key] = closed_by_region.get(key, 0) + int(row["closed"])
    regions = sorted(closed_by_region, key=lambda key: (-closed_by_region[key], key))
    drawn = sorted(regions[:REGIONS_DRAWN], key=lambda key: key[1])
    series = {name: (_COLOURS[index], False) for index, (_, name) in enumerate(drawn)}
    series["All"] = (charts.INK, True)
    values = []
    for row in shown:
        name = "All" if row["kind"] == "company" else row["name"]
        if name in series:
            values.append(
                {"series": name, "period": row["period_name"], "ratio": float(row["ratio"]), "text": _with_deals(row)}
            )
    by_cell = {("All" if row["kind"] == "company" else row["name"], row["period_name"]): row for row in shown}
    names = ["All", *[name for _, name in regions]]
    table = Table(
        "Win rate by quarter and region",
        ["Who", *quarters],
        [[name, *[_cell(by_cell.get((name, quarter))) for quarter in quarters]] for name in names],
    )
    legend = [Legend("all", "line", "ink")]
    legend += [Legend(name, "line", _COLOUR_NAMES[index]) for index, (_, name) in enumerate(drawn)]
    latest = [value for value in values if value["series"] == "All"][-1]
    return Figure(
        "chart-win-rates",
        "Share of closed deals that were won, by quarter",
        f"Win rate by quarter for the company and {counted(len(drawn), 'region')}; the company's last is "
        f"{percent(Decimal(str(latest['ratio'])))}.",
        charts.rates_over_time(values, quarters, series),
        legend,
        table,
    )


def _team_table(rows: list[Row]) -> Table | None:
    quarters = list(dict.fromkeys(row["period_name"] for row in rows if row["kind"] == "company"))[
        -TEAM_QUARTERS_SHOWN:
    ]
    teams = {row["subject_id"]: row["name"] for row in rows if row["kind"] == "team" and row["period_name"] in quarters}
    by_cell = {(row["subject_id"], row["period_name"]): row for row in rows if row["kind"] == "team"}
    if not teams:
        return None
    lines = [
        [name, *[_cell(by_cell.get((team_id, quarter))) for quarter in quarters]]
        for team_id, name in sorted(teams.items(), key=lambda item: item[1])
    ]
    note = f"In brackets: fewer than {FEW_DEALS} deals closed, so the rate says little."
    has_few = any(cell.startswith("(") for line in lines for cell in line[1:])
    return Table("Win rate by team", ["Team", *quarters], lines, note=note if has_few else "")  # fmt: skip


def _cell(row: Row | None) -> str:
    if row is None:
        return MISSING
    return percent(row["ratio"]) if row["closed"] >= FEW_DEALS else f"({percent(row['ratio'])})"


def _with_deals(row: Row) -> str:
    return f"{percent(row['ratio'])} of {counted(int(row['closed']), 'deal')}"
