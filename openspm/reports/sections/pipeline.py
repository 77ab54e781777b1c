"""Chapter "Pipeline": open deals by stage and by close month, with what they are expected to bring, and the largest."""

from __future__ import annotations

from decimal import Decimal

from openspm.reports import charts
from openspm.reports.number_format import MISSING, count, counted, day, money, month, percent
from openspm.reports.page import Card, Figure, Legend, Section, Table
from openspm.reports.published import PublishedFile, Row
from openspm.reports.sections.outlook import company_currency

SECTION_ID, TITLE = "pipeline", "Pipeline"
MONTHS_SHOWN, DEALS_SHOWN = 9, 8
EXPECTED_MEANS = "expected: value times the chance of winning"


def pipeline_section(published: PublishedFile) -> Section:
    """The chapter; its card gives the value of the open deals."""
    if not published.has_rows("fct_opportunities"):
        text = "No deals were delivered, so there is no pipeline."
        return Section(SECTION_ID, TITLE, [text], cards=[Card("Open pipeline", MISSING, "no deals delivered")])
    deals = _open_deals(published)
    if not deals:
        text = "No deal is open."
        return Section(SECTION_ID, TITLE, [text], cards=[Card("Open pipeline", "0", "no deal is open")])
    currency = company_currency(published)
    if all(deal["value"] is None for deal in deals):
        return _without_values(published, deals)
    has_scores = any(deal["expected"] is not None for deal in deals)
    total = _sum(deals, "value")
    card_note = f"in {counted(len(deals), 'deal')}"
    verb = "is" if len(deals) == 1 else "are"
    sentence = f"{counted(len(deals), 'deal')} worth {money(total, currency)} {verb} open"
    if has_scores:
        expected = _sum(deals, "expected")
        sentence += f"; by their chances they should bring {money(expected, currency)}"
        card_note += f", {money(expected, currency)} expected"
    sentences = [sentence + ".", *_warnings(deals, currency)]
    parts: list[Figure | Table] = [
        _by_stage(deals, currency, has_scores),
        _by_month(published, deals, currency, has_scores),
        _largest(deals, currency),
    ]
    return Section(SECTION_ID, TITLE, sentences, parts, [Card("Open pipeline", money(total, currency), card_note)])


def _without_values(published: PublishedFile, deals: list[Row]) -> Section:
    """The chapter of a company that knows what its deals are worth only when they close: numbers of deals."""
    number = counted(len(deals), "deal")
    sentences = [f"{number} {'is' if len(deals) == 1 else 'are'} open; none has a known value, so deals are counted."]
    chances = [deal["chance"] for deal in deals if deal["chance"] is not None]
    if chances:
        sentences.append(f"Their chance of being won is {percent(sum(chances, Decimal(0)) / len(chances))} on average.")
    sentences += _chance_warnings(deals)
    ones: list[Row] = [{**deal, "value": Decimal(1)} for deal in deals]
    parts = [_by_stage(ones, None, False), _by_month(published, ones, None, False)]
    return Section(SECTION_ID, TITLE, sentences, parts, [Card("Open pipeline", number, "no values known")])


def _open_deals(published: PublishedFile) -> list[Row]:
    """One row an open deal with its names and its score."""
    return published.rows(
        """
        select deals.opportunity_id, coalesce(deals.opportunity_name, deals.opportunity_id) as name,
            coalesce(accounts.account_name, deals.account_id) as account,
            coalesce(people.payee_name, deals.owner_payee_id) as owner,
            deals.stage_name, deals.stage_code, deals.stage_order, deals.deal_company_amount as value,
            deals.close_date, coalesce(deals.is_stale, false) as is_stale,
            scores.win_probability_ratio as chance, scores.expected_company_amount as expected,
            coalesce(scores.is_baseline, false) as is_baseline
        from marts.fct_opportunities as deals
        left join marts.fct_opportunity_scores as scores on deals.opportunity_id = scores.opportunity_id
        left join marts.dim_accounts as accounts on deals.account_id = accounts.account_id
        left join marts.dim_payees as people on deals.owner_payee_id = people.payee_id
        where deals.is_open
        order by deals.opportunity_id
        """
    )


def _sum(rows: list[Row], name: str) -> Decimal:
    return sum((Decimal(row[name]) for row in rows if row[name] is not None), Decimal(0))


def _warnings(deals: list[Row], currency: str | None) -> list[str]:
    warnings = []
    stale = [deal for deal in deals if deal["is_stale"]]
    if stale:
        has, lies = ("has", "is") if len(stale) == 1 else ("have", "are")
        warnings.append(
            f"{counted(len(stale), 'open deal')} worth {money(_sum(stale, 'value'), currency)} {has} seen no activity "
            f"for long or {lies} past the close date."
        )
    unknown = sum(deal["value"] is None for deal in deals)
    if unknown:
        counts = "counts" if unknown == 1 else "count"
        warnings.append(
            f"{counted(unknown, 'open deal')} without a known value or exchange rate {counts} as nothing here."
        )
    return [*warnings, *_chance_warnings(deals)]


def _chance_warnings(deals: list[Row]) -> list[str]:
    if all(deal["chance"] is None for deal in deals):
        return ["No chances of winning were published, so no expected value is shown."]
    if any(deal["is_baseline"] for deal in deals):
        return ["The chances are the plain share of deals won so far: no model told open deals apart better."]
    return []


def _by_stage(deals: list[Row], currency: str | None, has_scores: bool) -> Figure:
    stages: dict[tuple[int, str], list[Row]] = {}
    for deal in deals:
        name = str(deal["stage_name"] or deal["stage_code"] or "no stage")
        stages.setdefault((deal["stage_order"] if deal["stage_order"] is not None else 999, name), []).append(deal)
    values = []
    for (_, stage), rows in sorted(stages.items()):
        values.append({"label": stage, "count": len(rows), **_amounts(rows, currency, has_scores)})
    expected_column = ["Expected"] if has_scores else []
    unit = currency or "number"
    table = Table(
        "Open deals by stage",
        ["Stage", "Deals", "Value", *expected_column],
        [
            [str(v["label"]), count(v["count"]), v["total_text"], *([v["part_text"]] if has_scores else [])]
            for v in values
        ],
    )
    largest = max(values, key=lambda value: value["total"])
    return Figure(
        "chart-stages",
        f"Open deals by stage, {unit}",
        f"Most value lies in {largest['label']}: {largest['total_text']}.",
        charts.amounts_by_category([{name: value for name, value in row.items() if name != "count"} for row in values]),
        _legend(has_scores),
        table,
    )


def _by_month(published: PublishedFile, deals: list[Row], currency: str | None, has_scores: bool) -> Figure:
    """By the close date of the CRM; dates that have passed and dates far ahead are one group each."""
    this_month = published.publication.as_of_date.replace(day=1)
    groups: dict[str, list[Row]] = {}
    order: dict[str, int] = {}
    for deal in deals:
        close = deal["close_date"]
        if close is None:
            label, rank = "no date", 999
        else:
            ahead = (close.year - this_month.year) * 12 + close.month - this_month.month
            if close < published.publication.as_of_date:
                label, rank = "overdue", -1
            elif ahead < MONTHS_SHOWN:
                label, rank = month(close.replace(day=1)), ahead
            else:
                label, rank = "later", 998
        groups.setdefault(label, []).append(deal)
        order[label] = rank
    values = [
        {"label": label, "count": len(groups[label]), **_amounts(groups[label], currency, has_scores)}
        for label in sorted(groups, key=lambda label: order[label])
    ]
    if not has_scores:
        values = [{**value, "part": 0.0, "part_text": MISSING} for value in values]
    table = Table(
        "Open deals by close month",
        ["Close month", "Deals", "Value", *(["Expected"] if has_scores else [])],
        [
            [str(v["label"]), count(v["count"]), v["total_text"], *([v["part_text"]] if has_scores else [])]
            for v in values
        ],
    )
    overdue = sum(len(groups[label]) for label in groups if label == "overdue")
    chart_values = [{**value, "label": str(value["label"]).replace("\N{NO-BREAK SPACE}", " ")} for value in values]
    return Figure(
        "chart-close-months",
        f"Open deals by close month, {currency or 'number'}",
        f"Open deals by the month in which they should close; {counted(overdue, 'deal')} "
        f"{'is' if overdue == 1 else 'are'} overdue.",
        charts.amounts_by_month([{n: v for n, v in row.items() if n != "count"} for row in chart_values]),
        _legend(has_scores),
        table,
    )


def _amounts(rows: list[Row], currency: str | None, has_scores: bool) -> Row:
    total, expected = _sum(rows, "value"), _sum(rows, "expected")
    amounts: Row = {"total": float(total), "total_text": money(total, currency)}
    return {**amounts, "part": float(expected), "part_text": money(expected, currency)} if has_scores else amounts


def _legend(has_scores: bool) -> list[Legend]:
    return [Legend("value", "bar", "series-1-pale"), Legend(EXPECTED_MEANS, "bar", "series-1")] if has_scores else []


def _largest(deals: list[Row], currency: str | None) -> Table:
    has_chances = any(deal["chance"] is not None for deal in deals)
    ranked = sorted(deals, key=lambda deal: (-(deal["value"] or 0), deal["opportunity_id"]))[:DEALS_SHOWN]
    return Table(
        "The largest open deals",
        ["Deal", "Account", "Owner", "Stage", "Close", "Value", *(["Chance"] if has_chances else [])],
        [
            [
                str(deal["name"]),
                str(deal["account"] or MISSING),
                str(deal["owner"] or MISSING),
                str(deal["stage_name"] or MISSING),
                day(deal["close_date"]),
                money(deal["value"], currency),
                *([percent(deal["chance"])] if has_chances else []),
            ]
            for deal in ranked
        ],
        frozenset({1, 2, 3}),
    )
