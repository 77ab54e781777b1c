"""What cases say about accounts, products and lines of deals, which filters of credit rules read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from pydantic import Field

from openspm.plans.numbers import Amount, written
from openspm.plans.schema import Block

if TYPE_CHECKING:
    from openspm.plans.case_landing import World
    from openspm.plans.case_schema import Booking, CaseInvoice
    from openspm.plans.compile import Row

Name = str
RULE_KEY = ("rule_set_id", "plan_id", "plan_version", "component_id", "rule_number")


class CaseAccount(Block):
    """An account."""

    id: Name = Field(description="Name of the account in the case.")
    country: str | None = Field(None, description="Country.")
    segment: str | None = Field(None, description="Segment.")
    industry: str | None = Field(None, description="Industry.")


class CaseProduct(Block):
    """A product."""

    id: Name = Field(description="Name of the product in the case.")
    family: str | None = Field(None, description="Product family.")


class DealLine(Block):
    """A line of a deal."""

    product: Name = Field(description="Product, or one that is unknown.")
    amount: Amount = Field(description="Amount, in the currency of the deal.")


def account_and_product_rows(world: World) -> Iterator[tuple[str, Row]]:
    """Accounts and products as landed rows, each with its table."""
    for account in world.case.accounts:
        yield (
            "accounts",
            {
                "account_id": world.id(account.id),
                "account_name": account.id,
                "country_code": account.country,
                "segment_name": account.segment,
                "industry_name": account.industry,
            },
        )
    for product in world.case.products:
        yield (
            "products",
            {
                "product_id": world.id(product.id),
                "product_name": product.id,
                "product_family_name": product.family,
            },
        )


def deal_line_rows(world: World, deal: Booking) -> Sequence[Row]:
    """The lines of a deal as landed rows."""
    return [
        {
            "opportunity_line_id": f"{world.prefix}{deal.id}.line.{number}",
            "opportunity_id": world.id(deal.id),
            "product_id": world.id(line.product),
            "line_amount": written(line.amount),
        }
        for number, line in enumerate(deal.lines)
    ]


def invoice_line_rows(world: World, invoice: CaseInvoice) -> Sequence[Row]:
    """The lines of an invoice as landed rows: one of all of it where only its cost is given, which the first bears."""
    lines = [(world.id(line.product), line.amount) for line in invoice.lines]
    if not lines and invoice.cost is not None:
        lines = [(None, invoice.amount or Decimal(0))]
    return [
        {
            "invoice_line_id": f"{world.prefix}{invoice.id}.line.{number}",
            "invoice_id": world.id(invoice.id),
            "product_id": product,
            "line_amount": written(amount),
            "cost_amount": None if invoice.cost is None else written(Decimal(0) if number else invoice.cost),
        }
        for number, (product, amount) in enumerate(lines)
    ]


def account_of(world: World, deal: Booking) -> str:
    """The account of a deal; one of its own if the case names none."""
    return world.prefix + (deal.account or f"{deal.id}.account")


def coverage_limits(world: World) -> Iterator[tuple[str, Row]]:
    """Filters that keep coverage to the deals of its case: all cases share one landing, as plans share a company."""
    deals = (*world.case.bookings, *world.case.invoices)
    accounts = {account_of(world, deal) for deal in deals}
    for rule in world.rows.get("credit_rules", ()):
        key = {name: value for name, value in rule.items() if name in RULE_KEY}
        written_accounts = {
            row["value_text"]: row["is_excluded"] == "true"
            for row in world.rows.get("credit_filters", ())
            if row["field_code"] == "account_id" and all(row[name] == value for name, value in key.items())
        }
        has_accounts = not all(written_accounts.values())
        events = {
            row["event_kind_code"]
            for row in world.rows["components"]
            if all(row[name] == rule[name] for name in RULE_KEY[:4])
        }
        if rule["receiver_code"] == "coverage" and not has_accounts and events & {"booking", "invoice"}:
            # An account that the rule leaves out has a row already, and what stands twice is quarantined.
            for account in sorted(accounts - written_accounts.keys()) or [world.prefix]:
                yield (
                    "credit_filters",
                    key | {"field_code": "account_id", "value_text": account, "is_excluded": "false"},
                )
