"""Measures: what a window adds up to before and after each credit."""

from __future__ import annotations

from typing import Any

from tests.pay.reference.bonuses import needs_quota
from tests.pay.reference.events import REVERSALS
from tests.pay.reference.numbers import ZERO
from tests.pay.reference.parts import Credit
from tests.pay.reference.people import quota_of


def is_mirror(credit: Credit, switches: Any) -> bool:
    """Whether a credit takes back lines instead of moving along the curve."""
    return credit.event["type"] in REVERSALS and switches(credit.plan, credit.component, "reversal_window") == "mirror"


def accumulate(case: dict[str, Any], window: list[Credit], switches: Any) -> None:
    """Give every credit of a window its a and b, and hold what comes after something unknown."""
    first = window[0]
    if first.measured is not None:
        held = first.measured.is_held(first.counted)
    else:
        held = needs_quota(first.component) and quota_of(case, first) is None
    total = ZERO
    for credit in window:
        held = held or credit.dx is None or credit.dy is None
        credit.held = credit.is_unknown = held
        credit.before = total
        # Retroactive and step pay keep the tier that they reached when a mirror takes a sale back.
        if not (is_mirror(credit, switches) and credit.component["curve"]["style"] in ("retroactive", "step")):
            total += credit.dx or ZERO
        credit.after = total
    for credit in window:
        if credit.component["curve"]["style"] == "period_to_date_tier":
            credit.held = any(other.is_unknown for other in window if other.posted == credit.posted)
    for credit in window:
        credit.is_unknown = credit.held
