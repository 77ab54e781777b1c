"""Cases as landed rows: all cases of a run in one landing, each under a rule set and a prefix of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pyarrow as pa

from openspm.calendars import periods_of
from openspm.contract import METADATA_COLUMNS, load_contract
from openspm.plans.case_crediting import (
    account_and_product_rows,
    account_of,
    coverage_limits,
    deal_line_rows,
    invoice_line_rows,
)
from openspm.plans.case_schema import Booking, Case, CaseInvoice, CaseQuota, Contract, Person
from openspm.plans.compile import Row, Rows, Surroundings, compile_rows
from openspm.plans.load import LoadedPlan
from openspm.plans.numbers import written

# Far enough that every event of every case is known.
AS_OF = "2200-12-31"
CALENDAR_ID = "company"
RATE_TABLE_ID = "main"
DEFAULT_PERSON = "rep"


@dataclass(frozen=True)
class World:
    """A case with its checked plans, ready to be landed.

    Attributes:
        prefix: put before every id of the case, and its rule set.
    """

    prefix: str
    case: Case
    plans: tuple[LoadedPlan, ...]
    rows: Rows = field(default_factory=dict)

    @property
    def rule_set_id(self) -> str:
        """The rule set of the case."""
        return self.prefix.rstrip(".")

    def add(self, table: str, row: Row) -> None:
        """Add a landed row."""
        self.rows.setdefault(table, []).append(row)

    def id(self, name: str | None) -> str | None:
        """An id of the case as it is landed."""
        return None if name is None else self.prefix + name


def land_worlds(worlds: Sequence[World], database: Path) -> None:
    """Write a DuckDB file with the schema `landing` that holds every world.

    Args:
        worlds: the cases, of companies with one and the same key of credit notes.
        database: a file that does not exist yet.
    """
    for world in worlds:
        _fill(world)
    rows: Rows = {}
    for world in worlds:
        for table, added in world.rows.items():
            rows.setdefault(table, []).extend(added)
    rows["stage_map"] = [
        {"stage_name": "Won", "stage_code": "won", "stage_order": "1", "stage_status_code": "won"},
    ]
    rows["company_settings"] = [company_settings(worlds[0].case.credit_note_key)]
    write_landing(rows, database)


def write_landing(rows: Mapping[str, Sequence[Row]], database: Path) -> None:
    """Write landed rows of canonical tables, one batch each, as landing.register would show them."""
    connection = duckdb.connect(str(database))
    try:
        connection.execute("create schema landing")
        for table in load_contract():
            landed = rows.get(table.name, [])
            content = {name: pa.array([row.get(name) for row in landed], pa.string()) for name in table.column_names}
            connection.register("landed_rows", pa.table(content))
            metadata = {name: f"cast(null as {kind})" for name, kind in METADATA_COLUMNS.items()} | {
                "_batch_id": "'cases'",
                "_batch_sequence": "cast(1 as bigint)",
                "_source": "'cases'",
                "_file": "'cases'",
                "_row": "cast(row_number() over () as bigint)",
                "_is_deleted": "false",
                "_is_current": "true",
            }
            columns = ", ".join([*table.column_names, *(f"{value} as {name}" for name, value in metadata.items())])
            connection.execute(f"create table landing.{table.name} as select {columns} from landed_rows")
            connection.unregister("landed_rows")
        connection.execute(
            "create table landing.run as select 'cases' as run_id, timestamp '2200-12-31 00:00:00' as as_of_at, "
            f"date '{AS_OF}' as as_of_date, 'cases' as code_version, 'cases' as company_id"
        )
        connection.execute(
            "create table landing.columns (table_name varchar, column_name varchar, type_code varchar, "
            "is_required boolean, is_extension boolean, is_present boolean)"
        )
        connection.execute(
            "create table landing.batches (batch_id varchar, batch_sequence bigint, table_name varchar, "
            "source_name varchar, kind_code varchar, row_count bigint, filtered_count bigint, is_current boolean, "
            "is_same_as_before boolean, landed_at timestamp)"
        )
    finally:
        connection.close()


def company_settings(credit_note_key: str = "none") -> Row:
    """The company that cases share, with their key of credit notes; what differs between cases hangs on their plans."""
    return {
        "company_id": "cases",
        "company_name": "Cases",
        "currency_code": "EUR",
        "timezone_name": "UTC",
        "calendar_id": CALENDAR_ID,
        "rate_table_id": RATE_TABLE_ID,
        "rate_kind_code": "spot",
        "match_amount_tolerance_ratio": "0",
        "match_tolerance_days": "0",
        "invoice_expected_days": "0",
        "stale_after_days": "1",
        "customer_lifetime_years": "1",
        "credit_note_key_code": credit_note_key,
    }


def _fill(world: World) -> None:
    """Make the rows of a world."""
    case, prefix = world.case, world.prefix
    surroundings = Surroundings(prefix + CALENDAR_ID, prefix + RATE_TABLE_ID, "spot")
    for table, rows in compile_rows(world.plans, surroundings, world.rule_set_id, prefix).items():
        for row in rows:
            world.add(table, row)
    calendar = case.calendar
    for row in periods_of(
        prefix + CALENDAR_ID,
        calendar.fiscal_year_start_month,
        calendar.first_year,
        calendar.last_year,
        None if calendar.weeks is None else calendar.weeks.as_weeks(),
        rule_set_id=world.rule_set_id,
        period_prefix=prefix,
    ):
        world.add("calendars", row)
    _add_people(world)
    for table, row in [*account_and_product_rows(world), *coverage_limits(world)]:
        world.add(table, row)
    for number, quota in enumerate(case.quotas):
        _add_quota(world, number, quota)
    for number, leave in enumerate(case.leaves):
        world.add(
            "leaves",
            {
                "leave_id": f"{prefix}{number}",
                "employee_id": world.id(leave.payee),
                "leave_kind_name": leave.kind,
                "start_date": leave.from_.isoformat(),
                "end_date": leave.to.isoformat() if leave.to else None,
            },
        )
    _add_draws(world)
    for rate in case.rates:
        world.add(
            "fx_rates",
            {
                "rate_table_id": prefix + RATE_TABLE_ID,
                "rate_kind_code": rate.kind,
                "from_currency_code": rate.from_,
                "to_currency_code": rate.to,
                "rate_date": rate.date.isoformat(),
                "exchange_rate": written(rate.rate),
            },
        )
    _add_objectives(world)
    _add_modifiers(world)
    _add_events(world)


def _unnamed_payee(case: Case) -> str:
    """Whom a row of a case is about that names nobody: its first person, or the one that a case without people has."""
    return case.people[0].id if case.people else DEFAULT_PERSON


def _add_modifiers(world: World) -> None:
    """Factors of payees."""
    for number, modifier in enumerate(world.case.modifiers):
        world.add(
            "payee_modifiers",
            {
                "rule_set_id": world.rule_set_id,
                "modifier_id": f"{world.prefix}{number}",
                "payee_id": world.id(modifier.payee or _unnamed_payee(world.case)),
                "modifier_name": modifier.name,
                "valid_from_date": modifier.from_.isoformat(),
                "valid_to_date": modifier.to.isoformat() if modifier.to else None,
                "factor_ratio": written(modifier.factor),
                "approved_by_payee_id": world.id(modifier.approved_by),
            },
        )


def _add_quota(world: World, number: int, quota: CaseQuota) -> None:
    """A quota of a payee or of a team; that of the only person where it names neither."""
    payee = None if quota.team else quota.payee or _unnamed_payee(world.case)
    plan = _plan_of(world, payee, quota.plan)
    component = quota.component or plan.plan.components[0].component_id
    counted = any(c.measure == "count" for c in plan.plan.components if c.component_id == component)
    own = plan.plan.calendar
    table, key, subject = (
        ("team_quotas", "team_quota_id", "team_id") if quota.team else ("quotas", "quota_id", "payee_id")
    )
    world.add(
        table,
        {
            "rule_set_id": world.rule_set_id,
            key: f"{world.prefix}{number}",
            subject: world.id(quota.team or payee),
            "plan_id": world.id(plan.plan.plan_id),
            "component_id": component,
            "calendar_id": world.prefix + (own.id if own else CALENDAR_ID),
            "period_id": world.prefix + quota.period,
            "quota_amount": written(quota.quota),
            "currency_code": None if counted else quota.currency or plan.plan.currency,
            "valid_from_date": quota.from_.isoformat() if quota.from_ else None,
        },
    )


def _add_people(world: World) -> None:
    """Employees, users and assignments."""
    people = world.case.people
    persons = (Person(id=DEFAULT_PERSON),) if people is None else people
    seen: set[str] = set()
    only = world.plans[0].plan.plan_id if len({plan.plan.plan_id for plan in world.plans}) == 1 else None
    for number, person in enumerate(persons):
        if person.id not in seen:
            seen.add(person.id)
            world.add(
                "employees",
                {
                    "employee_id": world.id(person.id),
                    "full_name": person.id,
                    "hire_date": person.hired_on.isoformat(),
                    "termination_date": person.leaves_on.isoformat() if person.leaves_on else None,
                    "successor_employee_id": world.id(person.successor),
                },
            )
            world.add("users", {"user_id": world.id(person.id), "employee_id": world.id(person.id)})
        plan = only if person.plan is None else person.plan
        world.add(
            "assignments",
            {
                "assignment_id": f"{world.prefix}{number:03d}",
                "employee_id": world.id(person.id),
                "role_code": person.role,
                "team_id": world.id(person.team),
                "manager_employee_id": world.id(person.manager),
                "region_id": world.id(person.region),
                "territory_id": world.id(person.territory),
                "valid_from_date": person.from_.isoformat(),
                "valid_to_date": person.to.isoformat() if person.to else None,
                "plan_id": None if plan in (None, "none") else world.id(plan),
                "variable_target_amount": written(person.variable_target),
                "currency_code": person.pay_currency,
            },
        )


def _add_draws(world: World) -> None:
    """Personal draws, and what an earlier system left behind."""
    for number, amount in enumerate(world.case.draw_amounts):
        plan = _plan_of(world, amount.payee).plan
        world.add(
            "draw_amounts",
            {
                "rule_set_id": world.rule_set_id,
                "draw_amount_id": f"{world.prefix}{number}",
                "payee_id": world.id(amount.payee),
                "plan_id": world.id(plan.plan_id),
                "draw_id": amount.draw or plan.draws[0].draw_id,
                "valid_from_date": amount.from_.isoformat(),
                "valid_to_date": amount.to.isoformat() if amount.to else None,
                "draw_amount": written(amount.amount),
                "currency_code": amount.currency or plan.currency,
            },
        )
    for consent in world.case.consents:
        world.add(
            "recovery_consents",
            {
                "rule_set_id": world.rule_set_id,
                "payee_id": world.id(consent.payee),
                "consent_date": consent.date.isoformat(),
                "record_text": "the case",
            },
        )
    _add_closes(world)
    for number, opening in enumerate(world.case.openings):
        payee = opening.payee or _unnamed_payee(world.case)
        plan = _plan_of(world, payee).plan
        is_of_plan = opening.entry in ("draw_owed", "clawback_owed")
        world.add(
            "opening_entries",
            {
                "rule_set_id": world.rule_set_id,
                "opening_id": f"{world.prefix}{number}",
                "payee_id": world.id(payee),
                "plan_id": world.id(plan.plan_id),
                "component_id": None if is_of_plan else opening.component or plan.components[0].component_id,
                "entry_code": opening.entry,
                "draw_id": (opening.draw or plan.draws[0].draw_id) if opening.entry == "draw_owed" else None,
                "opening_date": opening.date.isoformat(),
                "opening_amount": written(opening.amount),
                "currency_code": opening.currency or plan.currency,
                "tie_out_text": "the case",
                "approved_by_text": "the case",
            },
        )


def _add_objectives(world: World) -> None:
    """Results of objectives."""
    for number, objective in enumerate(world.case.objectives):
        payee = objective.payee or _unnamed_payee(world.case)
        plan = _plan_of(world, payee).plan
        world.add(
            "mbo_results",
            {
                "rule_set_id": world.rule_set_id,
                "mbo_result_id": f"{world.prefix}{number}",
                "payee_id": world.id(payee),
                "plan_id": world.id(plan.plan_id),
                "component_id": objective.component or plan.components[0].component_id,
                "period_id": world.prefix + objective.period,
                "objective_name": objective.objective,
                "weight_ratio": written(objective.weight),
                "result_ratio": written(objective.result),
                "approved_by_employee_id": world.id(objective.approved_by),
            },
        )


def _add_closes(world: World) -> None:
    """Closed periods and what was posted for them."""
    for plan_id in dict.fromkeys(plan.plan.plan_id for plan in world.plans):
        key = {"rule_set_id": world.rule_set_id, "plan_id": world.id(plan_id)}
        for period in world.case.closed:
            known = sum(event.period == period for event in world.case.known)
            count = world.case.known_counts.get(period, known)
            written_count = None if count is None else str(count)
            world.add("closed_periods", key | {"period_id": world.id(period), "known_event_count": written_count})
        for event in world.case.known:
            # Of a credit note that is matched to an invoice, note/invoice.
            parts = [world.prefix + part for part in event.event.split("/")]
            names = {"event_id": "/".join(parts), "period_id": world.id(event.period)}
            world.add("closed_events", key | names | {"event_kind_code": event.kind})
    for number, posted in enumerate(world.case.posted):
        payee = posted.payee or _unnamed_payee(world.case)
        plan = _plan_of(world, payee).plan
        world.add(
            "posted_earnings",
            {
                "rule_set_id": world.rule_set_id,
                "posting_id": f"{world.prefix}{number}",
                "payee_id": world.id(payee),
                "plan_id": world.id(plan.plan_id),
                "component_id": posted.component or plan.components[0].component_id,
                "period_id": world.id(posted.period),
                "origin_period_id": world.id(posted.adjusts),
                "earned_amount": written(posted.earned),
                "credited_amount": written(posted.credited),
                "payable_amount": written(posted.payable),
                "currency_code": posted.currency or plan.currency,
            },
        )


def _plan_of(world: World, payee: str | None, plan_id: str | None = None) -> LoadedPlan:
    """The plan that a quota or draw belongs to: the one that is named, else the payee's."""
    named = [person.plan for person in world.case.people or () if person.id == payee and person.plan]
    for plan in world.plans:
        if plan.plan.plan_id == plan_id or (plan_id is None and (not named or plan.plan.plan_id in named)):
            return plan
    raise ValueError(f"the case gives {payee} a quota or a draw but no plan")


def _add_events(world: World) -> None:
    """Deals, invoices, credit notes and activities."""
    case, prefix = world.case, world.prefix
    unnamed = _unnamed_payee(case)
    currency = world.plans[0].plan.currency
    for booking in case.bookings:
        _add_deal(world, booking, "Won", currency, unnamed)
    for invoice in case.invoices:
        # The deal of an invoice is not won: only the invoice is an event.
        if invoice.deal is None:
            _add_deal(world, invoice, "Invoiced", currency, unnamed)
        world.add(
            "invoices",
            {
                "invoice_id": world.id(invoice.id),
                "opportunity_id": world.id(invoice.deal or invoice.id),
                "customer_id": world.id(invoice.customer),
                "tax_amount": written(invoice.tax),
                "invoice_date": invoice.date.isoformat(),
                "net_amount": written(invoice.amount),
                "currency_code": invoice.currency or currency,
            },
        )
        for row in invoice_line_rows(world, invoice):
            world.add("invoice_lines", row)
    currencies = {invoice.id: invoice.currency or currency for invoice in case.invoices}
    for payment in case.payments:
        world.add(
            "payments",
            {
                "payment_id": world.id(payment.id),
                "invoice_id": world.id(payment.invoice),
                "payment_date": payment.date.isoformat(),
                "payment_amount": written(payment.amount),
                "currency_code": payment.currency or currencies.get(payment.invoice, currency),
            },
        )
    for note in case.credit_notes:
        world.add(
            "credit_notes",
            {
                "credit_note_id": world.id(note.id),
                "invoice_id": world.id(note.invoice),
                "customer_id": world.id(note.customer),
                "credit_note_date": note.date.isoformat(),
                "net_amount": written(note.amount),
                "currency_code": note.currency or currencies.get(note.invoice or "", currency),
            },
        )
    for contract in case.contracts:
        _add_contract(world, contract, currency, unnamed)
    for activity in case.activities:
        world.add(
            "activities",
            {
                "activity_id": world.id(activity.id),
                "activity_kind_code": activity.kind,
                "user_id": prefix + (activity.owner or unnamed),
                "occurred_at": f"{activity.date}T12:00:00Z",
                "outcome_name": activity.outcome,
            },
        )


def _add_contract(world: World, contract: Contract, currency: str, first_person: str) -> None:
    """A contract, and its deal, which is not won: only the contract is an event."""
    if contract.deal is None:
        words = {name: getattr(contract, name) for name in ("id", "owner", "kind", "splits", "overlays")}
        deal = Booking(date=contract.start, amount=contract.annual_value, currency=contract.currency, **words)
        _add_deal(world, deal, "Contracted", currency, first_person)
    world.add(
        "contracts",
        {
            "contract_id": world.id(contract.id),
            "opportunity_id": world.id(contract.deal or contract.id),
            "start_date": contract.start.isoformat(),
            "end_date": contract.end.isoformat(),
            "annual_value_amount": written(contract.annual_value),
            "currency_code": contract.currency or currency,
            "renewed_from_contract_id": world.id(contract.renews) if contract.renews else None,
            "cancelled_date": contract.cancelled.isoformat() if contract.cancelled else None,
        },
    )


def _add_deal(world: World, deal: Booking, stage: str, currency: str, first_person: str) -> None:
    """An opportunity with its splits."""
    world.add(
        "opportunities",
        {
            "opportunity_id": world.id(deal.id),
            "opportunity_kind_code": deal.kind,
            "owner_user_id": world.id(deal.owner or first_person),
            "stage_name": stage,
            "deal_amount": written(deal.amount),
            "currency_code": deal.currency or currency,
            "close_date": deal.date.isoformat(),
            "lead_source_name": deal.source,
            "account_id": account_of(world, deal),
            "term_months": None if deal.term_months is None else str(deal.term_months),
        },
    )
    if not isinstance(deal, CaseInvoice):
        for row in deal_line_rows(world, deal):
            world.add("opportunity_lines", row)
    for kind, shares in (("revenue", deal.splits), ("overlay", deal.overlays)):
        for number, share in enumerate(shares):
            world.add(
                "opportunity_splits",
                {
                    "split_id": f"{world.prefix}{deal.id}.{kind}.{number}",
                    "opportunity_id": world.id(deal.id),
                    "user_id": world.id(share.to),
                    "split_kind_code": kind,
                    "split_ratio": written(share.share),
                },
            )
