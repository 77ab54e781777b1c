"""Makes a Tryton company through proteus, as its users would, and prints what its agents are owed.

A process of its own, because Tryton's settings are the process's. The database is new; PostgreSQL only.
"""

from __future__ import annotations

import datetime
import json
import os
import sys
from collections import defaultdict
from decimal import Decimal
from typing import Any

YEAR = 2024
CENT = Decimal("0.01")
# Agent -> method and rate of his plan, as Tryton's formula and as examples/tryton/plans has it.
PLANS = {
    "On posting": ("posting", "amount * 0.10"),
    "On posting, half": ("posting", "amount * 0.05"),
    "On payment": ("payment", "amount * 0.12"),
}
AGENTS = {"Ada": "On posting", "Ben": "On posting, half", "Cleo": "On payment", "Dora": None}
# Agent, day of the invoice, quantities and prices, days of payments, and the day on which all of it was credited.
INVOICES: tuple[dict[str, Any], ...] = (
    {"agent": "Ada", "day": (1, 15), "lines": [(3, "33.33"), (1, "0.07")], "paid": [(2, 1)]},
    {"agent": "Ada", "day": (1, 31), "lines": [(7, "1234.56")], "credited": (3, 5)},
    {"agent": "Ada", "day": (4, 2), "lines": [(1, "999.99"), (2, "10.01")]},
    {"agent": "Ben", "day": (2, 29), "lines": [(1, "101.10"), (1, "0.30")], "paid": [(5, 7)]},
    {"agent": "Ben", "day": (3, 1), "lines": [(1, "5000.00")]},
    {"agent": "Cleo", "day": (1, 10), "lines": [(2, "250.25")], "paid": [(2, 20)]},
    {"agent": "Cleo", "day": (2, 11), "lines": [(1, "4000.75")], "paid": [(3, 1), (5, 31)]},
    {"agent": "Cleo", "day": (3, 12), "lines": [(1, "77.77")]},
    {"agent": "Dora", "day": (3, 13), "lines": [(1, "88.88")], "paid": [(3, 20)]},
    {"agent": None, "day": (3, 14), "lines": [(1, "66.66")]},
)


def day_of(month_and_day: tuple[int, int]) -> datetime.date:
    """A day of the company's year."""
    return datetime.date(YEAR, *month_and_day)


class Company:
    """The records that invoices need."""

    def __init__(self) -> None:
        from proteus import Model
        from trytond.modules.account.tests.tools import create_chart, create_fiscalyear, get_accounts
        from trytond.modules.account_invoice.tests.tools import create_payment_term, set_fiscalyear_invoice_sequences
        from trytond.modules.company.tests.tools import create_company, get_company
        from trytond.tests.tools import activate_modules

        activate_modules(["commission", "sale_opportunity"], create_company, create_chart)
        self.get = Model.get
        self.company = get_company()
        span = (day_of((1, 1)), day_of((12, 31)))
        set_fiscalyear_invoice_sequences(create_fiscalyear(today=span)).click("create_period")
        self.accounts = get_accounts()
        self.term = create_payment_term()
        self.term.save()
        self.category = self.get("product.category")(name="All", accounting=True)
        self.category.account_expense = self.accounts["expense"]
        self.category.account_revenue = self.accounts["revenue"]
        self.category.save()
        self.customer = self.get("party.party")(name="Customer")
        self.customer.save()
        self.product = self.make_product("Machine")
        (journal,) = self.get("account.journal").find([("type", "=", "cash")])
        self.method = self.get("account.invoice.payment.method")(name="Cash", journal=journal)
        self.method.credit_account = self.method.debit_account = self.accounts["cash"]
        self.method.save()
        self.agents = self.make_agents(self.make_product("Commission"))

    def make_product(self, name: str) -> Any:
        """A service with its accounts."""
        (unit,) = self.get("product.uom").find([("name", "=", "Unit")])
        template = self.get("product.template")(name=name, default_uom=unit, type="service", list_price=Decimal(0))
        template.account_category = self.category
        template.salable = True
        template.save()
        return template.products[0]

    def make_agents(self, product: Any) -> dict[str, Any]:
        """The agents, each with his plan."""
        plans = {}
        for name, (method, formula) in PLANS.items():
            plan = self.get("commission.plan")(name=name, commission_product=product, commission_method=method)
            plan.lines.new(formula=formula)
            plan.save()
            plans[name] = plan
        agents = {}
        for name, plan_name in AGENTS.items():
            party = self.get("party.party")(name=name)
            party.save()
            agent = self.get("commission.agent")(party=party, type_="agent", currency=self.company.currency)
            agent.plan = plans[plan_name] if plan_name else None
            agent.save()
            agents[name] = agent
        return agents

    def post(self, facts: dict[str, Any]) -> Any:
        """An invoice that is posted."""
        invoice = self.get("account.invoice")(type="out", party=self.customer, payment_term=self.term)
        invoice.invoice_date = day_of(facts["day"])
        if facts["agent"]:
            invoice.agent = self.agents[facts["agent"]]
        for quantity, price in facts["lines"]:
            line = invoice.lines.new()
            line.product = self.product
            line.quantity = quantity
            line.unit_price = Decimal(price)
        invoice.click("post")
        return invoice

    def pay(self, invoice: Any, day: tuple[int, int], is_last: bool) -> None:
        """A payment of what is open, or of a third of the invoice."""
        from proteus import Wizard

        wizard = Wizard("account.invoice.pay", [invoice])
        wizard.form.payment_method = self.method
        wizard.form.date = day_of(day)
        if not is_last:
            wizard.form.amount = (invoice.total_amount / 3).quantize(CENT)
        wizard.execute("choice")
        if wizard.state != "end":
            wizard.form.type = "partial"
            wizard.execute("pay")
        invoice.reload()

    def credit(self, invoice: Any, day: tuple[int, int]) -> None:
        """A credit note over the whole invoice."""
        from proteus import Wizard

        wizard = Wizard("account.invoice.credit", [invoice])
        wizard.form.with_refund = False
        wizard.execute("credit")
        (note,) = wizard.actions[0]
        note.invoice_date = day_of(day)
        note.click("post")

    def make_invoices(self) -> None:
        """All that happened to invoices, day by day: their numbers run with their days."""
        steps = []
        for number, facts in enumerate(INVOICES):
            steps.append((facts["day"], "post", number))
            paid = facts.get("paid", [])
            steps += [(day, "pay" if day == paid[-1] else "pay a part", number) for day in paid]
            steps += [(facts["credited"], "credit", number)] if "credited" in facts else []
        posted = {}
        for day, step, number in sorted(steps):
            if step == "post":
                posted[number] = self.post(INVOICES[number])
            elif step == "credit":
                self.credit(posted[number], day)
            else:
                self.pay(posted[number], day, is_last=step == "pay")

    def make_opportunities(self) -> None:
        """A lead, an open, a lost and a won opportunity."""
        party = self.get("party.party")(name="Employee")
        party.save()
        employee = self.get("company.employee")(party=party)
        employee.save()
        for number, goal in enumerate(("lead", "opportunity", "lost", "won"), start=1):
            deal = self.get("sale.opportunity")(description=goal, amount=Decimal(100 * number))
            deal.start_date = day_of((number, 1))
            deal.party = self.customer
            deal.address = self.customer.addresses[0]
            deal.payment_term = self.term
            deal.employee = employee
            deal.save()
            if goal == "lead":
                continue
            deal.click("opportunity")
            if goal == "lost":
                deal.click("lost")
            if goal == "won":
                line = deal.lines.new()
                line.product = self.product
                line.quantity = 2
                deal.save()
                (sale,) = deal.click("convert")
                for line in sale.lines:
                    line.unit_price = Decimal("200.00")
                sale.click("quote")
                sale.click("confirm")

    def commissions(self) -> dict[str, dict[str, str]]:
        """What Tryton owes each agent by the month of its date, rounded as its own commission invoices are."""
        amounts: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
        for commission in self.get("commission").find([("date", "!=", None)]):
            amounts[commission.agent.party.name][f"{commission.date:%Y-%m}"] += commission.amount
        return {
            agent: {month: str(amount.quantize(CENT)) for month, amount in sorted(months.items())}
            for agent, months in amounts.items()
        }


def main(uri: str, database: str) -> None:
    """Make the company, and print its commissions as JSON on the last line."""
    os.environ.update(TRYTOND_DATABASE_URI=uri, DB_NAME=database)
    company = Company()
    from proteus.config import get_config

    # Users are warned of days in the past; this company's are all there.
    get_config().skip_warning = True
    company.make_invoices()
    company.make_opportunities()
    print(json.dumps(company.commissions()))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
