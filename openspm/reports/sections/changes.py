"""Chapter "What changed": this publication against the newest earlier one that is still kept."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from openspm.errors import OpenspmError
from openspm.reports.number_format import MINUS, MISSING, counted, day, money, month, percent, signed_money
from openspm.reports.page import Section, Table
from openspm.reports.published import PublishedFile, Row
from openspm.reports.sections.outlook import company_currency, company_forecasts

SECTION_ID, TITLE = "changes", "What changed"
DEALS_SHOWN = 8


def changes_section(published: PublishedFile) -> Section:
    """The chapter; it says in words when there is nothing to compare with."""
    path = published.previous()
    if path is None:
        return Section(
            SECTION_ID, TITLE, ["This is the first publication that is kept, so there is nothing to compare with."]
        )
    try:
        with PublishedFile(path) as before:
            return _compared(published, before)
    except OpenspmError:
        return Section(SECTION_ID, TITLE, ["The publication before this one cannot be read, so nothing is compared."])


def _compared(now: PublishedFile, before: PublishedFile) -> Section:
    currency = company_currency(now)
    since = f"Since the publication of {day(before.publication.as_of_date)}"
    if before.publication.generation_number is not None:
        since += f" (number {before.publication.generation_number})"
    if company_currency(before) not in (None, currency):
        return Section(SECTION_ID, TITLE, [f"{since} the company's currency changed, so amounts are not compared."])
    sentences: list[str] = []
    parts = []
    won_now, won_before = _won_deals(now), _won_deals(before)
    won = [row for key, row in won_now.items() if key not in won_before]
    lost = [row for key, row in won_before.items() if key not in won_now]
    if won:
        sentences.append(f"{counted(len(won), 'deal')} worth {money(_total(won), currency)} {_was(won)} newly won.")
        parts.append(_won_table(won, currency))
    if lost:
        sentences.append(
            f"{counted(len(lost), 'deal')} worth {money(_total(lost), currency)} "
            f"{'is' if len(lost) == 1 else 'are'} no longer counted as won."
        )
    forecast_text, forecast_table = _forecast_change(now, before, currency)
    sentences += [forecast_text] if forecast_text else []
    parts += [forecast_table] if forecast_table else []
    mismatches_now, mismatches_before = _mismatches(now), _mismatches(before)
    sentences += _come_and_gone(
        "mismatch", "mismatches", "between CRM and finance", set(mismatches_now), set(mismatches_before)
    )
    new_risk = sum((risk for key, risk in mismatches_now.items() if key not in mismatches_before), Decimal(0))
    if new_risk > 0:
        sentences.append(f"The new mismatches put {money(new_risk, currency)} at risk.")
    sentences += _quarantine_change(_quarantined(now), _quarantined(before))
    if not sentences:
        return Section(
            SECTION_ID, TITLE, [f"{since} no deal was won, and forecast, mismatches and quarantine are the same."]
        )
    return Section(SECTION_ID, TITLE, [f"{since}:"], parts, points=sentences)


def _was(rows: list[Row]) -> str:
    return "was" if len(rows) == 1 else "were"


def _total(rows: list[Row]) -> Decimal:
    return sum((row["value"] or Decimal(0) for row in rows), Decimal(0))


def _won_deals(published: PublishedFile) -> dict[str, Row]:
    rows = published.rows(
        """
        select deals.opportunity_id, coalesce(deals.opportunity_name, deals.opportunity_id) as name,
            coalesce(accounts.account_name, deals.account_id) as account,
            deals.deal_company_amount as value, deals.close_date
        from marts.fct_opportunities as deals
        left join marts.dim_accounts as accounts on deals.account_id = accounts.account_id
        where deals.is_won order by deals.opportunity_id
        """
    )
    return {row["opportunity_id"]: row for row in rows}


def _won_table(won: list[Row], currency: str | None) -> Table:
    ranked = sorted(won, key=lambda row: (-(row["value"] or 0), row["opportunity_id"]))
    rest = len(ranked) - DEALS_SHOWN
    return Table(
        "Newly won deals",
        ["Deal", "Account", "Closed", "Value"],
        [
            [str(row["name"]), str(row["account"] or MISSING), day(row["close_date"]), money(row["value"], currency)]
            for row in ranked[:DEALS_SHOWN]
        ],
        frozenset({1}),
        note=f"And {counted(rest, 'more deal')}." if rest > 0 else "",
    )


def _forecast_change(now: PublishedFile, before: PublishedFile, currency: str | None) -> tuple[str, Table | None]:
    """Months that both publications forecast."""
    earlier = {row["start_date"]: row["middle"] for row in company_forecasts(before)}
    pairs = [
        (row["start_date"], earlier[row["start_date"]], row["middle"])
        for row in company_forecasts(now)
        if row["start_date"] in earlier
    ]
    if not pairs:
        return "", None
    old, new = sum((pair[1] for pair in pairs), Decimal(0)), sum((pair[2] for pair in pairs), Decimal(0))
    change = new - old
    span = f"for {month(pairs[0][0])}" + (f" to {month(pairs[-1][0])}" if len(pairs) > 1 else "")
    if change == 0:
        return "", None
    share = f" ({percent(abs(change) / old)} {'up' if change > 0 else 'down'})" if old else ""
    table = Table(
        f"Forecast then and now{', ' + currency if currency else ''}",
        ["Month", "Then", "Now", "Change"],
        [
            [month(start), money(then, None), money(value, None), signed_money(value - then, None)]
            for start, then, value in pairs
        ],
        is_folded=True,
    )
    return f"The forecast {span} moved by {signed_money(change, currency)}{share}.", table


def _mismatches(published: PublishedFile) -> dict[tuple[Any, ...], Decimal]:
    """Money at risk by mismatch; a mismatch is the same while deal, invoice and status are."""
    rows = published.rows(
        """
        select opportunity_id, invoice_id, match_status_code, coalesce(sum(at_risk_company_amount), 0) as at_risk
        from marts.fct_crm_finance_matches where match_status_code <> 'matched' group by all order by all
        """
    )
    return {(row["opportunity_id"], row["invoice_id"], row["match_status_code"]): row["at_risk"] for row in rows}


def _quarantined(published: PublishedFile) -> dict[str, int]:
    """Rows in quarantine by table."""
    rows = published.rows(
        "select table_name, sum(quarantined_count) as quarantined from marts.fct_landed_rows "
        "group by all having sum(quarantined_count) > 0 order by table_name"
    )
    return {row["table_name"]: int(row["quarantined"]) for row in rows}


def _quarantine_change(now: dict[str, int], before: dict[str, int]) -> list[str]:
    changes = {table: now.get(table, 0) - before.get(table, 0) for table in sorted({*now, *before})}
    more = {table: number for table, number in changes.items() if number > 0}
    fewer = {table: -number for table, number in changes.items() if number < 0}
    return [
        f"{counted(sum(part.values()), f'{word} row')} in quarantine: "
        + ", ".join(f"{table} {sign}{number}" for table, number in part.items())
        + "."
        for word, sign, part in (("more", "+", more), ("fewer", MINUS, fewer))
        if part
    ]


def _come_and_gone(
    one: str, many: str, where: str, now: set[tuple[Any, ...]], before: set[tuple[Any, ...]]
) -> list[str]:
    come, gone = len(now - before), len(before - now)
    texts = []
    if come:
        texts.append(f"{counted(come, f'new {one}', f'new {many}')} {where}")
    if gone:
        place = "" if come else f"{where} "
        texts.append(f"{counted(gone, one, many)} {place}{'is' if gone == 1 else 'are'} settled")
    return [", ".join(texts) + "."] if texts else []
