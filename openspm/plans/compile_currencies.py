"""Exchange rates and the currency of payout as columns of `plans`, and what a payout may not be combined with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from openspm.plans.reading import Place
from openspm.plans.schema import Plan, PlanRates

Row = dict[str, str | None]


def rate_columns(plan: Plan, switches: Mapping[str, Any], table: str, kind: str) -> Row:
    """The columns of a plan's rates.

    Args:
        plan: the plan.
        switches: those that matter to it as a whole.
        table: the company's rate table.
        kind: its kind of rate.
    """
    rates = plan.rates or PlanRates(kind=kind)
    row = _columns("", rates, table) | {
        "rate_day_code": switches["credit_rate_day"],
        "is_inverse_allowed": _truth(rates.inverse),
    }
    if plan.payout is None:
        return row
    payout = plan.payout.rates or rates
    is_payees = plan.payout.currency == "payee"
    return (
        row
        | _columns("payout_", payout, table)
        | {
            "payout_currency_code": None if is_payees else plan.payout.currency,
            "is_paid_in_payee_currency": _truth(is_payees),
            "payout_rate_day_code": switches["payout_rate_day"],
            "is_payout_inverse_allowed": _truth(payout.inverse),
        }
    )


def _columns(prefix: str, rates: PlanRates, table: str) -> Row:
    """Where rates are looked up."""
    return {
        f"{prefix}rate_table_id": rates.table or table,
        f"{prefix}rate_kind_code": rates.kind,
        f"{prefix}rate_pivot_currency_code": rates.pivot,
        f"{prefix}rate_valid_days": None if rates.valid_days is None else str(rates.valid_days),
    }


def payout_faults(plan: Plan) -> Iterator[tuple[Place, str]]:
    """What a plan says about the currency of its pay and cannot mean, and what does not go with another one."""
    paid_in = plan.currency if plan.payout is None else plan.payout.currency
    if net_floor_currency(plan) not in {None, paid_in} and paid_in != "payee":
        yield (
            ("country", "net_floor"),
            f"the net floor stands in {net_floor_currency(plan)} and pay goes out in {paid_in}: write what must be "
            f"left in {paid_in}, with net_floor_currency: {paid_in}",
        )
    if plan.payout is not None and plan.payout.currency == plan.currency:
        yield ("payout", "currency"), f"{plan.currency} is the plan's own currency; take payout out"


def net_floor_currency(plan: Plan) -> str | None:
    """The currency of what a pay run leaves at least; None where that is nothing."""
    if plan.country is None or plan.country.net_floor == 0:
        return None
    return plan.country.net_floor_currency or plan.currency


def _truth(value: bool) -> str:
    return "true" if value else "false"
