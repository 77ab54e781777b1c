"""Rounding to the minor unit: lines by themselves, or as differences of a rounded total."""

from __future__ import annotations

from typing import Any

from tests.pay.reference.numbers import ZERO, rounded
from tests.pay.reference.parts import Line, Posting


def rounded_lines(posted: list[Posting], switches: Any) -> list[Line]:
    """Lines in whole minor units: each by itself, or as differences of the rounded total."""
    lines: list[Line] = []
    total = ZERO
    for credit, cause, pay in posted:
        method, scope = (switches(credit.plan, credit.component, name) for name in ("rounding", "rounding_scope"))
        digits = {"JPY": 0, "KWD": 3}.get(credit.plan["currency"], 2)
        if pay is None:
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
                else credit.event["type"]
                if is_of_period
                else "event",
                None if cause is None else cause.event["id"],
                at.posted,
                earned,
                at.event["date"],
                credit.plan["version"],
            )
        )
    return lines
