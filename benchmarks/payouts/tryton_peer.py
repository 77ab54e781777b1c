"""Tryton's commission module on what it can do: a share of each invoice's line, computed and saved.

    python -m benchmarks.payouts.tryton_peer TYPED_FOLDER OUT_PARQUET LINES

makes a company on SQLite in memory, an agent for each seller and an invoice for each of the first deals, which is not
timed. Timed is `create_commissions` of all invoices alone, as posting them calls it. Writes one row a deal with what it
earned, unrounded.
"""

from __future__ import annotations

import os
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.payouts.clock import Clock

FORMULA = "amount * 0.05"
DEALS = "select deal_id, seller_id, close_date, deal_amount from read_parquet(?) order by deal_id limit ?"


def main(typed: Path, out: Path, lines: int) -> None:
    """Compute, write, print the seconds."""
    # Tryton reads these when it is imported.
    os.environ.update(TRYTOND_DATABASE_URI="sqlite://", DB_NAME=":memory:")
    with duckdb.connect() as connection:
        deals = connection.execute(DEALS, [str(typed / "deals.parquet"), lines]).fetchall()
    made = made_company({seller_id for _, seller_id, _, _ in deals})
    from trytond.pool import Pool
    from trytond.transaction import Transaction

    with Transaction().start(":memory:", 1, context={"company": made["company"]}):
        pool = Pool(":memory:")
        invoice_model = pool.get("account.invoice")
        invoices = draft_invoices(pool, deals, made)
        clock = Clock()
        commissions = invoice_model.create_commissions(invoice_model.browse(invoices))
        Transaction().commit()
        clock.print_seconds(lines=len(commissions))
        earned = [(commission.origin.invoice.reference, commission.amount) for commission in commissions]
    with duckdb.connect() as connection:
        connection.execute("create table earned (deal_id varchar, earned_amount decimal(38, 12))")
        connection.executemany("insert into earned values (?, ?)", earned)
        connection.execute(f"copy earned to '{out}' (format parquet)")


def made_company(sellers: set[str]) -> dict[str, int]:
    """Make a company, its accounts, and an agent of one plan for each seller; give the numbers of records."""
    from proteus import Model
    from trytond.modules.account.tests.tools import create_chart, get_accounts
    from trytond.modules.company.tests.tools import create_company, get_company
    from trytond.tests.tools import activate_modules

    activate_modules(["commission"], create_company, create_chart)
    get, company, accounts = Model.get, get_company(), get_accounts()
    category = get("product.category")(name="All", accounting=True)
    category.account_expense, category.account_revenue = accounts["expense"], accounts["revenue"]
    category.save()
    (unit,) = get("product.uom").find([("name", "=", "Unit")])
    template = get("product.template")(name="Commission", default_uom=unit, type="service", list_price=Decimal(0))
    template.account_category = category
    template.save()
    plan = get("commission.plan")(name="Flat", commission_product=template.products[0], commission_method="posting")
    plan.lines.new(formula=FORMULA)
    plan.save()
    for name in sorted({*sellers, "Customer"}):
        party = get("party.party")(name=name)
        party.save()
        if name != "Customer":
            get("commission.agent")(party=party, type_="agent", currency=company.currency, plan=plan).save()
    return {"company": company.id, "receivable": accounts["receivable"].id, "revenue": accounts["revenue"].id}


def draft_invoices(pool: Any, deals: list[tuple[Any, ...]], made: dict[str, int]) -> list[int]:
    """An invoice of one line for each deal, in the order of deals."""
    company = pool.get("company.company")(made["company"])
    (customer,) = pool.get("party.party").search([("name", "=", "Customer")])
    (journal,) = pool.get("account.journal").search([("type", "=", "revenue")], limit=1)
    (address,) = pool.get("party.address").create([{"party": customer.id}])
    agents = {agent.party.name: agent.id for agent in pool.get("commission.agent").search([])}
    shared = {
        "company": company.id,
        "type": "out",
        "party": customer.id,
        "invoice_address": address.id,
        "journal": journal.id,
        "account": made["receivable"],
        "currency": company.currency.id,
    }
    line = {
        "type": "line",
        "company": company.id,
        "invoice_type": "out",
        "currency": company.currency.id,
        "account": made["revenue"],
        "quantity": 1,
    }
    return [
        invoice.id
        for invoice in pool.get("account.invoice").create(
            [
                {
                    **shared,
                    "reference": deal_id,
                    "agent": agents[seller_id],
                    "invoice_date": close_date,
                    "lines": [("create", [{**line, "unit_price": deal_amount}])],
                }
                for deal_id, seller_id, close_date, deal_amount in deals
            ]
        )
    ]


def commission_differences(commissions: Path, warehouse: Path) -> int:
    """Deals that earn another sum than Tryton's commission, before rounding, or that the warehouse lacks."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{warehouse}' as openspm (read_only)")
        found = connection.execute(
            f"select count(*) from (select deal_id, earned_amount from read_parquet('{commissions}') "
            "except all select event_id, unrounded_amount from openspm.marts.fct_payout_lines)"
        ).fetchone()
    return int(found[0]) if found else 0


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
