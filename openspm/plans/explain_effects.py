"""What gates, multipliers, limits and floors change of a line, in words that say whose rule it is.

A component and its plan may have rules of one kind. The number of a slice tells which: rules work in the order of their
numbers, those of the plan after those of its components.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

Record = dict[str, Any]

EFFECTS = frozenset({"gate", "release", "take_back", "multiplier", "limit", "floor", "carry", "linked", "opening"})
GATES = {"gate": "locked", "release": "released", "take_back": "taken back"}
# The first number of each stage, as dbt_project/macros/slices/slice_orders.sql gives it.
COMPONENT_GATE, MIRRORED, COMPONENT_LIMITS_BEFORE, COMPONENT_MULTIPLIERS = 2000, 3000, 4000, 5000
COMPONENT_LIMITS, PLAN_GATE, PLAN_MULTIPLIERS, PLAN_LIMITS, MIRRORED_LAST = 6000, 7000, 8000, 9000, 9100
CONVERSION = 9998
RULES = (
    (COMPONENT_GATE, MIRRORED, "the component's gate"),
    (MIRRORED, COMPONENT_LIMITS_BEFORE, "the component's rules"),
    (COMPONENT_LIMITS_BEFORE, COMPONENT_MULTIPLIERS, "the component's limits"),
    (COMPONENT_MULTIPLIERS, COMPONENT_LIMITS, "the component's factor"),
    (COMPONENT_LIMITS, PLAN_GATE, "the component's limits"),
    (PLAN_GATE, PLAN_MULTIPLIERS, "the plan's gate"),
    (PLAN_MULTIPLIERS, PLAN_LIMITS, "the plan's factor"),
    (PLAN_LIMITS, MIRRORED_LAST, "the plan's limits"),
    (MIRRORED_LAST, CONVERSION, "the plan's rules"),
)
LIMITS_PER = {
    COMPONENT_LIMITS_BEFORE: ("event", "period", "window", "year"),
    COMPONENT_LIMITS: ("event", "period", "window", "year"),
    PLAN_LIMITS: ("period", "year"),
}


def effect_in_words(slice_: Record, amount: Callable[[Decimal | None], str], rate: Callable[[Decimal], str]) -> str:
    """What a gate, a multiplier, a limit or a floor changes.

    Args:
        slice_: a row of fct_payout_traces, of one of the kinds EFFECTS.
        amount: how an amount is written.
        rate: how a rate is written.
    """
    kind, result, base = slice_["trace_kind_code"], amount(slice_["slice_amount"]), amount(slice_["base_amount"])
    if kind == "limit":
        return _limit_in_words(slice_, amount)
    if kind == "floor":
        return f"floor {base} - {amount(slice_['point_pay_amount'])} = {result}"
    if kind == "carry":
        return f"{base} of what lay above the cap of earlier periods"
    if kind == "opening":
        return f"less {base}, which an earlier system has paid: {result}"
    if kind == "linked":
        return f"{base} x {rate(slice_['rate_ratio'])} = {result}, a rate of another component's pay"
    owner = _owner(slice_)
    if kind == "multiplier":
        return f"{base} x {rate(slice_['rate_ratio'])}, {owner}'s factor, which adds {result}"
    closed = "" if slice_["rate_ratio"] == 0 else f" down to {rate(slice_['rate_ratio'])}"
    if slice_["point_pay_amount"] is not None:
        closed = f" down to {amount(slice_['point_pay_amount'])}, the base rate,"
    share = ""
    if slice_["denominator_amount"] is not None:
        share = f" x {amount(slice_['numerator_amount'])} / {amount(slice_['denominator_amount'])}"
    return f"{base}{share} {GATES[kind]} by {owner}'s gate{closed} = {result}"


def mirrored_in_words(slice_: Record) -> str:
    """Of which rule's effect on the sale a slice takes back its part, where its number tells; else nothing."""
    number = slice_["slice_number"]
    return next((f" of what {rule} changed" for first, after, rule in RULES if first <= number < after), "")


def _limit_in_words(slice_: Record, amount: Callable[[Decimal | None], str]) -> str:
    """What a cap or a floor of lines changes: whose it is, of what stretch, and pay to date under it."""
    bounds = [("floor", slice_["lower_bound_amount"]), ("cap", slice_["upper_bound_amount"])]
    limits = " and ".join(f"{name} {amount(bound)}" for name, bound in bounds if bound is not None)
    first = max(start for start in LIMITS_PER if start < slice_["slice_number"])
    per = LIMITS_PER[first][slice_["slice_number"] - first - 1]
    before = ", before multipliers" if first == COMPONENT_LIMITS_BEFORE else ""
    totals = f"{amount(slice_['from_amount'])} -> {amount(slice_['to_amount'])}"
    return f"{_owner(slice_)}'s {limits} per {per}{before}, pay to date {totals}: {amount(slice_['slice_amount'])}"


def _owner(slice_: Record) -> str:
    """Whose rule an effect is of."""
    return "the plan" if slice_["slice_number"] >= PLAN_GATE else "the component"
