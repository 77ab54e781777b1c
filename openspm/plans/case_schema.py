"""What a `*.cases.yml` file may say: small worlds with a plan, people and events, and what must come out.

Everything a case leaves out is not there: no quota, no rate, no people. Expectations that are left out are not checked;
a list that is written must match completely.
"""

from __future__ import annotations

import datetime
from typing import Any, Literal

from pydantic import Field

from openspm.plans.case_crediting import CaseAccount, CaseProduct, DealLine
from openspm.plans.case_entries import ExpectedEntry
from openspm.plans.numbers import Amount, Ratio
from openspm.plans.schema import Block, CurrencyCode
from openspm.plans.schema.calendar import CalendarWeeks

Name = str


class CaseCalendar(Block):
    """The company calendar of a case."""

    fiscal_year_start_month: int = Field(1, ge=1, le=12, description="Calendar month in which the fiscal year begins.")
    first_year: int = Field(2026, ge=1900, le=2200, description="First fiscal year.")
    last_year: int = Field(2026, ge=1900, le=2200, description="Last fiscal year.")
    weeks: CalendarWeeks | None = Field(None, description="How years are made of weeks; calendar months if absent.")


class Person(Block):
    """Somebody with an assignment; two rows of one `id` are two assignments."""

    id: Name = Field(description="Name of the payee in the case.")
    plan: Name | None = Field(
        None, description="Plan of the payee; the only one of the case if absent, `none` for none."
    )
    manager: Name | None = Field(None, description="Payee who manages.")
    from_: datetime.date = Field(
        datetime.date(2000, 1, 1), validation_alias="from", description="First day of the assignment."
    )
    to: datetime.date | None = Field(None, description="Last day, inclusive.")
    leaves_on: datetime.date | None = Field(None, description="Last day of employment.")
    successor: Name | None = Field(None, description="Who takes over pay of earlier credits after the last day.")
    team: Name | None = Field(None, description="Team.")
    role: str = Field("seller", description="Role.")
    region: Name | None = Field(None, description="Region.")
    territory: Name | None = Field(None, description="Territory.")
    hired_on: datetime.date = Field(datetime.date(2000, 1, 1), description="First day of employment.")
    variable_target: Amount | None = Field(None, description="Variable pay at target a year.")
    pay_currency: CurrencyCode | None = Field(
        None, description="Currency in which the payee is paid, and of `variable_target`; unknown if absent."
    )


class CaseObjective(Block):
    """The result of an objective."""

    payee: Name | None = Field(None, description="Payee; the only person of the case if absent.")
    component: Name | None = Field(None, description="Component; the only one of the payee's plan if absent.")
    period: str = Field(description="Period, such as 2026-Q1.")
    objective: str = Field(description="Name of the objective.")
    weight: Ratio = Field(description="Weight, such as 60 %.")
    result: Ratio | None = Field(None, description="How far it was reached, such as 90 %; unknown if absent.")
    approved_by: Name | None = Field(None, description="Who approved it; nobody if absent.")


class Leave(Block):
    """An absence."""

    payee: Name = Field(description="Payee.")
    kind: str = Field("parental", description="Kind of leave.")
    from_: datetime.date = Field(alias="from", description="First day.")
    to: datetime.date | None = Field(None, description="Last day, inclusive; absent while it lasts.")


class CaseQuota(Block):
    """A quota."""

    payee: Name | None = Field(None, description="Payee; the only person of the case if absent.")
    team: Name | None = Field(None, description="Team, in place of a payee.")
    plan: Name | None = Field(None, description="Plan; the payee's, or the only one of the case, if absent.")
    component: Name | None = Field(None, description="Component; the only one of the payee's plan if absent.")
    from_: datetime.date | None = Field(
        None, validation_alias="from", description="First day, where it holds on a part of the period only."
    )
    period: str = Field(description="Period, such as 2026-Q1.")
    quota: Amount = Field(description="The quota.")
    currency: CurrencyCode | None = Field(None, description="Currency; the plan's if absent.")


class DrawAmount(Block):
    """A draw of one payee."""

    payee: Name = Field(description="Payee.")
    draw: Name | None = Field(None, description="Draw; the only one of the payee's plan if absent.")
    from_: datetime.date = Field(
        datetime.date(2000, 1, 1), validation_alias="from", description="First day on which a granted period may begin."
    )
    to: datetime.date | None = Field(None, description="Last such day.")
    amount: Amount = Field(description="Draw of a pay period.")
    currency: CurrencyCode | None = Field(None, description="Currency; the plan's if absent.")


class Consent(Block):
    """A payee's consent that pay is taken back."""

    payee: Name = Field(description="Payee.")
    date: datetime.date = Field(description="Day of the consent.")


class Posted(Block):
    """Earned pay as it was posted when a period closed."""

    payee: Name | None = Field(None, description="Payee; the only person of the case if absent.")
    component: Name | None = Field(None, description="Component; the only one of the payee's plan if absent.")
    period: str = Field(description="Closed period in which it was posted.")
    adjusts: str | None = Field(None, description="Earlier closed period that it adjusts.")
    earned: Amount = Field(description="Amount.")
    credited: Amount | None = Field(None, description="What was credited, where pay is earned later than that.")
    payable: Amount | None = Field(None, description="What became payable, where pay waits for something.")
    currency: CurrencyCode | None = Field(None, description="Currency; the plan's if absent.")


class KnownEvent(Block):
    """An event that counted in a closed period."""

    event: Name = Field(description="Event.")
    kind: Literal[
        "booking",
        "invoice",
        "credit_note",
        "margin",
        "margin_reversal",
        "activity",
        "lead_conversion",
        "renewal",
        "cancellation",
        "contract_end",
    ] = Field("booking", description="Kind of event.")
    period: str = Field(description="Closed period in which it counted.")


class OpeningEntry(Block):
    """What an earlier system left behind."""

    entry: Literal["draw_owed", "clawback_owed", "quota_credit", "pay_credit", "earned", "cap_used"] = Field(
        description="draw_owed: what the payee owes of a draw. clawback_owed: of clawbacks. quota_credit, pay_credit, "
        "earned: what the window was credited and earned. cap_used: what was earned under a yearly cap."
    )
    payee: Name | None = Field(None, description="Payee; the only person of the case if absent.")
    component: Name | None = Field(
        None, description="Component, where the entry is of one; the only one of the payee's plan if absent."
    )
    draw: Name | None = Field(None, description="Draw; the only one of the payee's plan if absent.")
    date: datetime.date = Field(datetime.date(2000, 1, 1), description="First day that openspm computes.")
    amount: Amount = Field(description="Amount.")
    currency: CurrencyCode | None = Field(None, description="Currency; the plan's if absent.")


class Share(Block):
    """A share of a deal."""

    to: Name = Field(description="Payee, or somebody unknown.")
    share: Ratio = Field(description="Share, such as 60 %.")


class Booking(Block):
    """A won deal."""

    id: Name = Field(description="Name of the event in the case.")
    date: datetime.date = Field(description="Day of the event.")
    amount: Amount | None = Field(None, description="Amount; unknown if absent.")
    currency: CurrencyCode | None = Field(None, description="Currency; the plan's if absent.")
    owner: Name | None = Field(None, description="Owner; the only person of the case if absent.")
    kind: str = Field("new", description="Kind of deal: new, expansion or renewal.")
    source: str | None = Field(None, description="Where the deal came from.")
    account: Name | None = Field(None, description="Account of the deal.")
    term_months: int | None = Field(None, description="Months that the amount pays for; unknown if absent.")
    lines: tuple[DealLine, ...] = Field((), description="Lines of the deal.")
    splits: tuple[Share, ...] = Field((), description="Revenue split.")
    overlays: tuple[Share, ...] = Field((), description="Overlay split.")


class CaseInvoice(Booking):
    """An invoice with its own lines, of a deal with the same splits; or of a booking, which has owner and splits."""

    deal: Name | None = Field(None, description="Booking that it invoices; a deal of its own if absent.")
    customer: Name | None = Field(None, description="Customer who owes it; unknown if absent.")
    tax: Amount | None = Field(None, description="Tax on top of the amount; none if absent.")
    cost: Amount | None = Field(None, description="Cost of what is invoiced; unknown if absent.")


class Payment(Block):
    """Money that a customer has paid."""

    id: Name = Field(description="Name of the payment in the case.")
    invoice: Name = Field(description="Invoice that is paid.")
    date: datetime.date = Field(description="Day on which the money arrived.")
    amount: Amount = Field(description="Amount, tax included.")
    currency: CurrencyCode | None = Field(None, description="Currency; the invoice's if absent.")


class Contract(Block):
    """A contract, of a deal with the same splits."""

    id: Name = Field(description="Name of the contract in the case.")
    deal: Name | None = Field(None, description="Booking or invoice that it came from; a deal of its own if absent.")
    start: datetime.date = Field(description="First day of the term.")
    end: datetime.date = Field(description="Last day of the term.")
    annual_value: Amount = Field(description="What a year of it is worth.")
    currency: CurrencyCode | None = Field(None, description="Currency; the plan's if absent.")
    renews: Name | None = Field(None, description="Contract that it renews.")
    cancelled: datetime.date | None = Field(None, description="Day on which it was cancelled.")
    owner: Name | None = Field(None, description="Owner of its deal; the only person of the case if absent.")
    kind: str = Field("new", description="Kind of its deal.")
    splits: tuple[Share, ...] = Field((), description="Revenue split of its deal.")
    overlays: tuple[Share, ...] = Field((), description="Overlay split of its deal.")


class CreditNote(Block):
    """A credit note."""

    id: Name = Field(description="Name of the event in the case.")
    invoice: Name | None = Field(
        None,
        description="Invoice that it reduces; without one it is matched by customer, and takes nothing back if absent.",
    )
    customer: Name | None = Field(None, description="Customer who is credited; unknown if absent.")
    date: datetime.date = Field(description="Day of the event.")
    amount: Amount = Field(description="Amount, as a positive number.")
    currency: CurrencyCode | None = Field(None, description="Currency; the invoice's, else the plan's, if absent.")


class Activity(Block):
    """An activity."""

    id: Name = Field(description="Name of the event in the case.")
    date: datetime.date = Field(description="Day of the event.")
    owner: Name | None = Field(None, description="Who did it; the only person of the case if absent.")
    kind: str = Field("meeting", description="Kind of activity.")
    outcome: str | None = Field(None, description="Outcome.")


class ExchangeRate(Block):
    """An exchange rate from a day on."""

    kind: str = Field("spot", description="Kind of rate: spot, average or budget.")
    from_: CurrencyCode = Field(alias="from", description="Currency that is converted.")
    to: CurrencyCode = Field(description="Currency that it becomes.")
    date: datetime.date = Field(description="First day on which the rate holds.")
    rate: Ratio = Field(gt=0, description="Units of `to` for one unit of `from`.")


class Modifier(Block):
    """A payee's factor, which a plan reads as a multiplier."""

    payee: Name | None = Field(None, description="Payee; the only person of the case if absent.")
    name: Name = Field(description="Name that the plan reads.")
    from_: datetime.date = Field(datetime.date(2000, 1, 1), validation_alias="from", description="First day.")
    to: datetime.date | None = Field(None, description="Last day, inclusive.")
    factor: Ratio = Field(description="Factor.")
    approved_by: Name | None = Field(None, description="Who approved it; nobody if absent.")


class ExpectedLine(Block):
    """A payout line. Fields that are left out are not compared."""

    event: Name | None = Field(None, description="Event that is paid; absent for the line of a period.")
    pays: Amount | None = Field(None, description="Earned amount; left out for a held line.")
    payee: Name | None = Field(None, description="Payee.")
    component: Name | None = Field(None, description="Component.")
    currency: CurrencyCode | None = Field(None, description="Currency of the amount.")
    period: str | None = Field(None, description="Period in which it is posted.")
    kind: Literal[
        "event",
        "rerate",
        "release",
        "floor",
        "carry",
        "linked",
        "fixed",
        "mbo",
        "ratio",
        "true_up",
        "pool",
        "contest",
        "spiff",
        "opening",
        "posted",
        "adjustment",
    ] = Field("event", description="Kind of line.")
    credit: Literal["owner", "split", "overlay", "manager", "team", "coverage", "period"] | None = Field(
        None, description="Kind of credit."
    )
    because: str | None = Field(None, description="Words that the cause of the line contains.")
    held: bool = Field(False, description="Whether the line is held.")


class ExpectedSlice(Block):
    """A slice of a line. Fields that are left out are not compared."""

    event: Name = Field(description="Event of the line.")
    pays: Amount = Field(description="Slice of the pay.")
    base: Amount | None = Field(None, description="What the rate applies to.")
    rate: Ratio | None = Field(None, description="Rate.")
    kind: str = Field("slice", description="Kind of slice.")
    divisor: Amount | None = Field(None, description="What is divided by, for a conversion at an inverse rate.")
    direction: Literal["direct", "inverse", "cross"] | None = Field(None, description="Direction of its exchange rate.")
    rate_date: datetime.date | None = Field(None, description="Day from which its exchange rate holds.")


class ExpectedPayout(Block):
    """A payout."""

    payee: Name | None = Field(None, description="Payee; the only one if absent.")
    period: str = Field(description="Period.")
    pays: Amount | None = Field(None, description="Earned amount; left out for a held payout.")
    credited: Amount | None = Field(None, description="What is credited in the period; not compared if absent.")
    to_pay: Amount | None = Field(None, description="What is to be paid after draws.")
    payable: Amount | None = Field(None, description="What becomes payable in the period; not compared if absent.")
    held: bool = Field(False, description="Whether the payout is held.")


class ExpectedDraw(Block):
    """What a draw makes of a period. Fields that are left out are not compared."""

    payee: Name | None = Field(None, description="Payee; the only one if absent.")
    draw: Name | None = Field(None, description="Draw; the only one if absent.")
    period: str = Field(description="Period.")
    paid: Amount | None = Field(None, description="Pay after the draw; left out for a held period.")
    owed: Amount | None = Field(None, description="Balance at the end of the period.")
    opening: Amount | None = Field(None, description="Balance at its beginning.")
    granted: Amount | None = Field(None, description="Draw of the period.")
    advanced: Amount | None = Field(None, description="What is advanced.")
    recovered: Amount | None = Field(None, description="What is recovered.")
    guaranteed: Amount | None = Field(None, description="What a guarantee adds.")
    forgiven: Amount | None = Field(None, description="What is forgiven.")
    in_advance: Amount | None = Field(None, description="What is paid in advance.")
    settled: Amount | None = Field(None, description="What is paid at the settlement.")
    carried: Amount | None = Field(None, description="Pay below zero that is carried into the next period.")
    held: bool = Field(False, description="Whether the balance is unknown.")


class ExpectedAttainment(Block):
    """An attainment at the end of a period."""

    payee: Name | None = Field(None, description="Payee; the only one if absent.")
    component: Name | None = Field(None, description="Component.")
    period: str = Field(description="Period.")
    measure: Amount | None = Field(None, description="Measure to date in the window.")
    ratio: Ratio | None = Field(None, description="Measure as a share of the quota.")
    quota: Amount | None = Field(None, description="Quota that the measure stands against.")
    held: bool = Field(False, description="Whether the measure is unknown.")


class Expectation(Block):
    """What must come out."""

    lines: tuple[ExpectedLine, ...] | None = Field(None, description="Every line, in any order.")
    slices: tuple[ExpectedSlice, ...] | None = Field(None, description="Every slice of the events that are named.")
    total: Amount | None = Field(None, description="All lines together.")
    payouts: tuple[ExpectedPayout, ...] | None = Field(None, description="Payouts; others are not compared.")
    draws: tuple[ExpectedDraw, ...] | None = Field(None, description="Draws of periods; others are not compared.")
    entries: tuple[ExpectedEntry, ...] | None = Field(
        None, description="Every entry of the kinds that are named, in any order."
    )
    attainment: tuple[ExpectedAttainment, ...] | None = Field(None, description="Attainments; others are not compared.")
    refused: str | None = Field(None, description="Words that the refusal of the plan contains.")


class Case(Block):
    """One case."""

    case: str = Field(min_length=1, description="Name of the case.")
    says: str = Field("", description="What it shows, in a sentence.")
    plan: dict[str, Any] | str | None = Field(
        None, description="The plan, or the name of a plan file beside the cases."
    )
    plans: tuple[dict[str, Any] | str, ...] = Field((), description="Several plans or versions.")
    conventions: dict[str, Any] = Field(default_factory=dict, description="Switches that differ from the file's.")
    calendar: CaseCalendar = Field(CaseCalendar(), description="Company calendar.")
    people: tuple[Person, ...] | None = Field(None, description="People; one named `rep` if absent.")
    quotas: tuple[CaseQuota, ...] = Field((), description="Quotas.")
    draw_amounts: tuple[DrawAmount, ...] = Field((), description="Draws of single payees, where a draw is personal.")
    consents: tuple[Consent, ...] = Field((), description="Consents that pay is taken back.")
    closed: tuple[str, ...] = Field((), description="Closed periods, for every plan of the case.")
    posted: tuple[Posted, ...] = Field((), description="What was posted when they closed.")
    known: tuple[KnownEvent, ...] = Field((), description="Events that counted in them.")
    known_counts: dict[str, int | None] = Field(
        {}, description="How many events counted in a closed period; as many as are known if absent."
    )
    openings: tuple[OpeningEntry, ...] = Field((), description="What an earlier system left behind.")
    leaves: tuple[Leave, ...] = Field((), description="Absences.")
    rates: tuple[ExchangeRate, ...] = Field((), description="Exchange rates.")
    accounts: tuple[CaseAccount, ...] = Field((), description="Accounts.")
    products: tuple[CaseProduct, ...] = Field((), description="Products.")
    modifiers: tuple[Modifier, ...] = Field((), description="Factors of payees.")
    bookings: tuple[Booking, ...] = Field((), description="Won deals.")
    invoices: tuple[CaseInvoice, ...] = Field((), description="Invoices.")
    payments: tuple[Payment, ...] = Field((), description="What customers have paid.")
    credit_notes: tuple[CreditNote, ...] = Field((), description="Credit notes.")
    credit_note_key: Literal["none", "customer", "customer_amount"] = Field(
        "customer", description="The company's credit_note_key_code, for credit notes with a customer and no invoice."
    )
    contracts: tuple[Contract, ...] = Field((), description="Contracts.")
    activities: tuple[Activity, ...] = Field((), description="Activities.")
    objectives: tuple[CaseObjective, ...] = Field((), description="Results of objectives.")
    expect: Expectation


class CaseFile(Block):
    """A file of cases."""

    conventions: dict[str, Any] = Field(default_factory=dict, description="Switches of every case's company.")
    plans: dict[str, dict[str, Any]] = Field(default_factory=dict, description="Plans that cases name.")
    cases: tuple[Case, ...] = Field(min_length=1, description="The cases.")
