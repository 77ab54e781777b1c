"""Conversion into the currency of payout, and rounding there: lines by themselves, or as differences of a total."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from tests.pay.reference.currencies import convert, payout_currency, payout_digits, payout_rate
from tests.pay.reference.numbers import ZERO, rounded
from tests.pay.reference.parts import Line, Posting


def rounded_lines(case: dict[str, Any], posted: list[Posting], switches: Any) -> list[Line]:
    """Lines in whole minor units: each by itself, or as differences of the rounded total."""
    lines: list[Line] = []
    total: Fraction | None = ZERO
    for credit, cause, pay in posted:
        method, scope = (switches(credit.plan, credit.component, name) for name in ("rounding", "rounding_scope"))
        digits, rate = payout_digits(case, credit), payout_rate(case, credit)
        is_converted = (
            payout_currency(case, credit.plan, credit.payee, credit.event["origin"]["date"]) != credit.plan["currency"]
        )
        counted = pay
        pay = None if pay is None or rate is None else convert(pay, rate)
        if scope == "component_total" and rate is None:
            # Nobody knows any more what the total rounds to.
            total = None
        if pay is None or (scope == "component_total" and total is None):
            earned = None
        elif scope == "each_line":
            earned = rounded(pay, digits, method)
        else:
            earned = rounded(total + pay, digits, method) - rounded(total, digits, method)
            total += pay
        at = cause or credit
        is_of_period = credit.kind == "period"
        lines.append(
            Line(
                None if is_of_period else credit.event["id"],
                credit.payee,
                credit.component["component_id"],
                credit.kind,
                ("release" if credit.order in cause.released else "rerate")
                if cause is not None
                else "true_up"
                if credit.is_true_up
                else credit.event["type"]
                if is_of_period
                else "event",
                None if cause is None else cause.event["id"],
                at.posted,
                earned,
                at.date,
                credit.plan["version"],
                counted if is_converted else earned,
            )
        )
    return lines
