"""Chapter "CRM and finance": won deals against invoices, what does not agree, and the money at risk."""

from __future__ import annotations

from decimal import Decimal

from openspm.reports import charts
from openspm.reports.number_format import MISSING, count, counted, money, percent
from openspm.reports.page import Card, Figure, Section, Table
from openspm.reports.published import PublishedFile, Row
from openspm.reports.sections.outlook import company_currency

SECTION_ID, TITLE = "finance", "CRM and finance"
RECORDS_SHOWN = 10
STATUS_NAMES = {
    "missing_invoice": "deal without invoice",
    "missing_opportunity": "invoice without deal",
    "amount_differs": "amounts differ",
    "currency_differs": "currencies differ",
    "date_differs": "dates differ",
}


def finance_section(published: PublishedFile) -> Section:
    """The chapter; its card gives the money at risk."""
    if not published.has_rows("fct_crm_finance_matches"):
        text = _why_empty(published)
        return Section(SECTION_ID, TITLE, [text], cards=[Card("CRM against finance", MISSING, "nothing to compare")])
    currency = company_currency(published)
    statuses = published.rows(
        """
        select match_status_code as status, count(*) as records, max(age_days) as oldest_days,
            coalesce(sum(at_risk_company_amount), 0) as at_risk
        from marts.fct_crm_finance_matches group by all order by at_risk desc, records desc, status
        """
    )
    matched = sum(row["records"] for row in statuses if row["status"] == "matched")
    wrong = [row for row in statuses if row["status"] != "matched"]
    total = matched + sum(row["records"] for row in wrong)
    sentence = f"{percent(Decimal(matched) / total)} of {counted(total, 'deal or invoice', 'deals and invoices')} agree"
    if not wrong:
        card = Card("CRM against finance", "100 %".replace(" ", "\N{NO-BREAK SPACE}"), "all agree", "good")
        return Section(SECTION_ID, TITLE, [sentence + "."], cards=[card])
    at_risk = sum((row["at_risk"] for row in wrong), Decimal(0))
    mismatches = sum(row["records"] for row in wrong)
    sentence += f"; {count(mismatches)} do not, with {money(at_risk, currency)} at risk."
    parts: list[Figure | Table] = [_by_status(wrong, currency), _largest(published, currency)]
    card = Card("At risk, CRM against finance", money(at_risk, currency), counted(mismatches, "mismatch", "mismatches"),
                "attention" if at_risk > 0 else "plain")  # fmt: skip
    headline = f"{money(at_risk, currency)} is at risk where CRM and finance disagree." if at_risk > 0 else ""
    return Section(SECTION_ID, TITLE, [sentence], parts, [card], headline)


def _why_empty(published: PublishedFile) -> str:
    has_invoices, has_deals = published.has_rows("fct_invoices"), published.has_rows("fct_opportunities")
    if has_invoices and not has_deals:
        return "No deals were delivered, so invoices cannot be compared with the CRM."
    if has_deals and not has_invoices:
        return "No finance data was delivered, so deals cannot be compared with invoices."
    if has_deals:
        return "No deal is won and no invoice is due for comparison yet."
    return "Neither deals nor invoices were delivered, so there is nothing to compare."


def _status_name(row: Row) -> str:
    return STATUS_NAMES.get(row["status"], str(row["status"]))


def _by_status(wrong: list[Row], currency: str | None) -> Figure:
    values = [
        {
            "label": _status_name(row),
            "total": float(row["at_risk"]),
            "total_text": f"{money(row['at_risk'], currency)} in {counted(row['records'], 'record')}",
        }
        for row in wrong
    ]
    table = Table(
        "Mismatches by kind",
        ["Kind", "Records", "At risk", "Oldest"],
        [
            [
                _status_name(row),
                count(row["records"]),
                money(row["at_risk"], currency),
                counted(row["oldest_days"], "day") if row["oldest_days"] is not None else MISSING,
            ]
            for row in wrong
        ],
    )
    return Figure(
        "chart-mismatches",
        f"Money at risk by kind of mismatch{', ' + currency if currency else ''}",
        f"The largest part is {values[0]['label']}: {values[0]['total_text']}.",
        charts.amounts_by_category(values, charts.SECOND),
        table=table,
    )


def _largest(published: PublishedFile, currency: str | None) -> Table:
    rows = published.rows(
        """
        select match_status_code as status, opportunity_id, invoice_id, deal_amount, deal_currency_code,
            invoiced_amount, invoice_currency_code, at_risk_company_amount as at_risk, age_days
        from marts.fct_crm_finance_matches where match_status_code <> 'matched'
        order by at_risk_company_amount desc nulls last, age_days desc nulls last, match_id limit ?
        """,
        [RECORDS_SHOWN],
    )
    return Table(
        "The largest mismatches",
        ["Deal", "Invoice", "Kind", "Deal value", "Invoiced", "At risk", "Age"],
        [
            [
                str(row["opportunity_id"] or MISSING),
                str(row["invoice_id"] or MISSING),
                _status_name(row),
                money(row["deal_amount"], row["deal_currency_code"]),
                money(row["invoiced_amount"], row["invoice_currency_code"]),
                money(row["at_risk"], currency),
                counted(row["age_days"], "day") if row["age_days"] is not None else MISSING,
            ]
            for row in rows
        ],
        frozenset({1, 2}),
    )
