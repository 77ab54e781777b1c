"""KPIs of a small company computed row by row in Python, from the definitions in _kpi__docs.md and not from the SQL.

Fractions throughout, so that no rounding hides a difference. Not here: pipeline_coverage and customer_lifetime_value,
which have worked cases of their own.
"""

from __future__ import annotations

import datetime
import zoneinfo
from collections import defaultdict
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from tests.models.random_company import AS_OF_DATE, Company, Row

BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")
Key = tuple[str, str, str, str, str]
Values = dict[Key, tuple[Fraction, Fraction]]
Place = tuple[str | None, str | None, str | None]
DAY = datetime.timedelta(days=1)


def local_day(moment: datetime.datetime) -> datetime.date:
    """The day in Berlin of a UTC time."""
    return moment.replace(tzinfo=datetime.UTC).astimezone(BERLIN).date()


class Reference:
    """Looks a company's rows up, and adds numerators and denominators for every subject and period."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.periods = company["stg_planning__calendars"]
        self.months = [period for period in self.periods if period["period_kind_code"] == "month"]
        self.stages = {row["stage_name"]: row for row in company["stg_planning__stage_map"]}
        employees = {row["employee_id"] for row in company["stg_people__employees"]}
        self.payees = {
            row["user_id"]: row["employee_id"]
            for row in company["stg_crm__users"]
            if row["employee_id"] in employees
        }  # fmt: skip
        self.sums: defaultdict[Key, list[Fraction]] = defaultdict(lambda: [Fraction(0), Fraction(0)])

    def month_of(self, day: datetime.date | None) -> Row | None:
        """The month that holds a day, if the calendar has it."""
        return next((row for row in self.months if day and row["start_date"] <= day <= row["end_date"]), None)

    def place(self, payee: str | None, day: datetime.date) -> Place:
        """Payee, team and region on a day; the newest assignment that has begun counts."""
        begun = [
            row
            for row in self.company["stg_people__assignments"]
            if row["employee_id"] == payee and row["valid_from_date"] <= day
        ]  # fmt: skip
        if not begun:
            return payee, None, None
        newest = max(begun, key=lambda row: (row["valid_from_date"], row["assignment_id"]))
        return payee, newest["team_id"], newest["region_id"]

    def euros(self, amount: Decimal | None, currency: str | None, day: datetime.date) -> Fraction | None:
        """An amount in euros at the rate of a day, to 4 decimals; None where anything is unknown."""
        if amount is None or currency is None:
            return None
        if currency == "EUR":
            return Fraction(amount)
        begun = [
            row
            for row in self.company["stg_finance__fx_rates"]
            if row["from_currency_code"] == currency and row["rate_date"] <= day
        ]  # fmt: skip
        if not begun or day > max(row["end_date"] for row in self.months):
            return None
        rate = max(begun, key=lambda row: row["rate_date"])["exchange_rate"]
        return Fraction((amount * rate).quantize(Decimal("0.0001"), ROUND_HALF_UP))

    def add(
        self, kpi: str, dimension: str, periods: list[str], place: Place, numerator: Fraction | int,
        denominator: Fraction | int,
    ) -> None:  # fmt: skip
        """Add to a KPI of the company and of whoever is known, in some periods."""
        payee, team, region = place
        subjects = [("company", "acme"), ("payee", payee), ("team", team), ("region", region)]
        for kind, subject in subjects:
            for period in periods:
                if subject is not None:
                    both = self.sums[kind, subject, kpi, dimension, period]
                    both[0] += numerator
                    both[1] += denominator

    def add_on(
        self, kpi: str, day: datetime.date | None, place: Place, numerator: Fraction | int,
        denominator: Fraction | int = 0, dimension: str = "all",
    ) -> None:  # fmt: skip
        """Add to the month, quarter and year of a day; nothing where the calendar does not have it."""
        month = self.month_of(day)
        if month is not None:
            periods = [month["period_id"], month["quarter_period_id"], month["year_period_id"]]
            self.add(kpi, dimension, periods, place, numerator, denominator)


def expected_kpis(company: Company) -> Values:
    """Numerator and denominator of every KPI, by subject kind, subject, KPI, dimension and period."""
    reference = Reference(company)
    deals = {row["opportunity_id"]: row for row in _deals(reference)}
    _add_deals(reference, list(deals.values()))
    _add_stages(reference, deals)
    _add_leads_and_activities(reference)
    _add_invoices(reference, deals)
    _add_contracts(reference, deals)
    values = {key: (both[0], both[1]) for key, both in reference.sums.items() if any(both)}
    return {key: both for key, both in values.items() if key[2] != "open_deals"} | _velocities(reference, values)


def _deals(reference: Reference) -> Iterator[Row]:
    """Deals with status, payee, place, value in euros and opening day."""
    for row in reference.company["stg_crm__opportunities"]:
        status = reference.stages.get(row["stage_name"], {}).get("stage_status_code")
        is_closed = status in ("won", "lost")
        day = (row["close_date"] or AS_OF_DATE) if is_closed else AS_OF_DATE
        created = local_day(row["created_at"]) if row["created_at"] else None
        place = reference.place(reference.payees.get(row["owner_user_id"]), day)
        value = reference.euros(row["deal_amount"], row["currency_code"], day)
        yield {**row, "status": status, "place": place, "value": value, "created": created}


def _add_deals(reference: Reference, deals: list[Row]) -> None:
    first_day = min(row["start_date"] for row in reference.months)
    for deal in deals:
        status, close, place, value = deal["status"], deal["close_date"], deal["place"], deal["value"]
        won, lost = int(status == "won"), int(status == "lost")
        if status == "open":
            reference.add_on("open_deals", max(deal["created"] or AS_OF_DATE, first_day), place, 1)
        if not won and not lost:
            continue
        reference.add_on("win_rate_by_count", close, place, won, 1)
        reference.add_on("win_loss_ratio", close, place, won, lost)
        reference.add_on("won_count", close, place, won)
        if value is not None:
            reference.add_on("win_rate_by_value", close, place, won * value, value)
            reference.add_on("average_deal_value", close, place, won * value, won)
            reference.add_on("won_value", close, place, won * value)
        if won and close and deal["created"] and close >= deal["created"]:
            reference.add_on("sales_cycle", close, place, (close - deal["created"]).days, 1)
        if close and reference.month_of(close):
            reference.add_on("open_deals", max(min(deal["created"] or close, close), first_day), place, 1)
            reference.add_on("open_deals", close, place, 0, 1)
    by_account: defaultdict[str, list[Row]] = defaultdict(list)
    for deal in deals:
        if deal["status"] == "won" and deal["account_id"]:
            by_account[deal["account_id"]].append(deal)
    for won_deals in by_account.values():
        first = min(won_deals, key=lambda deal: (deal["close_date"] or datetime.date.max, deal["opportunity_id"]))
        reference.add_on("new_accounts", first["close_date"], first["place"], 1)


def _add_stages(reference: Reference, deals: dict[str, Row]) -> None:
    entries: defaultdict[str, list[tuple[datetime.datetime, Row]]] = defaultdict(list)
    for row in reference.company["stg_crm__opportunity_stages"]:
        stage = reference.stages.get(row["stage_name"])
        if stage is not None:
            entries[row["opportunity_id"]].append((row["entered_at"], stage))
    for opportunity, entered in entries.items():
        deal = deals[opportunity]
        for code in {stage["stage_code"] for _, stage in entered if stage["stage_status_code"] == "open"}:
            first = min(moment for moment, stage in entered if stage["stage_code"] == code)
            order = next(stage["stage_order"] for _, stage in entered if stage["stage_code"] == code)
            is_further = deal["status"] == "won" or any(
                stage["stage_order"] > order and stage["stage_status_code"] != "lost" and moment >= first
                for moment, stage in entered
            )
            reference.add_on("stage_conversion", local_day(first), deal["place"], int(is_further), 1, code)


def _add_leads_and_activities(reference: Reference) -> None:
    named_by_deals = {row["lead_id"] for row in reference.company["stg_crm__opportunities"]}
    for lead in reference.company["stg_crm__leads"]:
        if lead["created_at"]:
            day = local_day(lead["created_at"])
            is_converted = lead["converted_at"] or lead["is_converted"] or lead["lead_id"] in named_by_deals
            place = reference.place(reference.payees.get(lead["owner_user_id"]), day)
            reference.add_on("lead_conversion", day, place, int(bool(is_converted)), 1)
    for activity in reference.company["stg_crm__activities"]:
        day = local_day(activity["occurred_at"])
        place = reference.place(reference.payees.get(activity["user_id"]), day)
        for dimension in ("all", activity["activity_kind_code"]):
            reference.add_on("activity_count", day, place, 1, dimension=dimension)


def _invoice_payee(reference: Reference, invoice: Row, deals: dict[str, Row]) -> str | None:
    """Owner of the deal, else the salesperson."""
    deal = deals.get(invoice["opportunity_id"] or "")
    return (deal["place"][0] if deal else None) or reference.payees.get(invoice["salesperson_user_id"])


def _add_invoices(reference: Reference, deals: dict[str, Row]) -> None:
    for invoice in reference.company["stg_finance__invoices"]:
        value = reference.euros(invoice["net_amount"], invoice["currency_code"], invoice["invoice_date"])
        if value is not None and not invoice["is_void"]:
            day = invoice["invoice_date"]
            place = reference.place(_invoice_payee(reference, invoice, deals), day)
            reference.add_on("invoiced_value", day, place, value)


def _customer_place(reference: Reference, customer: str, deals: dict[str, Row]) -> Place:
    """Where a customer counts now: with the owner of its account, else with the payee of its newest invoice."""
    account = next(
        row["account_id"] for row in reference.company["stg_finance__customers"] if row["customer_id"] == customer
    )
    owner = next(row["owner_user_id"] for row in reference.company["stg_crm__accounts"] if row["account_id"] == account)
    payee = reference.payees.get(owner)
    invoices = [row for row in reference.company["stg_finance__invoices"] if row["customer_id"] == customer]
    if payee is None and invoices:
        newest = max(invoices, key=lambda row: (row["invoice_date"], row["invoice_id"]))
        payee = _invoice_payee(reference, newest, deals)
    return reference.place(payee, AS_OF_DATE)


def _add_contracts(reference: Reference, deals: dict[str, Row]) -> None:
    contracts = reference.company["stg_finance__contracts"]
    renewed = {row["renewed_from_contract_id"] for row in contracts}
    for contract in contracts:
        place = _customer_place(reference, contract["customer_id"], deals)
        if contract["end_date"] <= AS_OF_DATE:
            reference.add_on("renewal_rate", contract["end_date"], place, int(contract["contract_id"] in renewed), 1)
    for period in reference.periods:
        if period["start_date"] > AS_OF_DATE:
            continue
        closing_day = min(period["end_date"], AS_OF_DATE)
        for customer in {row["customer_id"] for row in contracts}:
            own = [row for row in contracts if row["customer_id"] == customer]
            opening = sum(_value_on(reference, row, period["start_date"] - DAY) for row in own)
            closing = sum(_value_on(reference, row, closing_day) for row in own)
            if opening > 0:
                place = _customer_place(reference, customer, deals)
                reference.add("net_revenue_retention", "all", [period["period_id"]], place, closing, opening)


def _value_on(reference: Reference, contract: Row, day: datetime.date) -> Fraction:
    """Yearly value of a contract that runs on a day, at the rate of the as-of date; else 0."""
    is_cancelled = contract["cancelled_date"] is not None and day >= contract["cancelled_date"]
    if not contract["start_date"] <= day <= contract["end_date"] or is_cancelled:
        return Fraction(0)
    return reference.euros(contract["annual_value_amount"], contract["currency_code"], AS_OF_DATE) or Fraction(0)


def _velocities(reference: Reference, values: Values) -> Values:
    """Open deals at the end of a period x win rate x average value, over the average cycle."""
    velocities: Values = {}
    kinds = {period["period_id"]: period["period_kind_code"] for period in reference.periods}
    starts = {period["period_id"]: period["start_date"] for period in reference.periods}
    for (kind, subject, kpi, dimension, period), (won, closed) in values.items():
        if kpi != "win_rate_by_count":
            continue
        value, valued_won = values.get((kind, subject, "average_deal_value", dimension, period), (0, 0))
        days, cycles = values.get((kind, subject, "sales_cycle", dimension, period), (0, 0))
        changes = [
            both[0] - both[1]
            for key, both in values.items()
            if key[:3] == (kind, subject, "open_deals")
            and kinds[key[4]] == kinds[period]
            and starts[key[4]] <= starts[period]
        ]  # fmt: skip
        if closed and valued_won and cycles:
            expected = sum(changes) * won / closed * value / valued_won
            velocities[kind, subject, "pipeline_velocity", "all", period] = (expected, Fraction(days) / cycles)
    return velocities
