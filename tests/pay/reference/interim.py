"""Interim pay: what a ratio pays in the pay periods before the last one of its window, and the true-up."""

from __future__ import annotations

import datetime
from fractions import Fraction
from typing import Any

from tests.pay.reference.numbers import ZERO, number, rounded
from tests.pay.reference.parts import Credit, Posting
from tests.pay.reference.people import assignment, plan_on
from tests.pay.reference.periods import DAY, Span, parts_of, span_of

FULL_QUOTA = "actual_to_date_full_quota"


def interim_pay(plan: dict[str, Any], component: dict[str, Any], switches: Any) -> str:
    """What the pay periods before the last one pay; a window of one period has none before it."""
    if component["event"] != "ratio" or component["window"] == plan.get("pay_every", "month"):
        return FULL_QUOTA
    return str(switches(plan, component, "interim_pay"))


def part_to_date(
    case: dict[str, Any], plan: dict[str, Any], component: dict[str, Any], last: datetime.date
) -> Fraction:
    """Pay periods of a window that are over on a day, over all of them."""
    window = span_of(case, component["window"], last)
    periods = parts_of(case, plan.get("pay_every", "month"), window)
    return Fraction(sum(period.last <= last for period in periods), len(periods))


def with_interim_pay(case: dict[str, Any], lines: list[Posting], switches: Any) -> list[Posting]:
    """The lines of a window, each what is paid to date less what was paid before it."""
    ratios = {interim_pay(credit.plan, credit.component, switches) for credit, _, _ in lines}
    if ratios <= {FULL_QUOTA}:
        return lines
    changed: list[Posting] = []
    earned, paid = ZERO, ZERO
    for credit, cause, pay in lines:
        if pay is None:
            changed.append((credit, cause, pay))
            continue
        earned += pay
        kind, before = interim_pay(credit.plan, credit.component, switches), paid
        period = span_of(case, credit.plan.get("pay_every", "month"), credit.date)
        part = part_to_date(case, credit.plan, credit.component, period.last)
        is_last = kind != FULL_QUOTA and part == 1
        if kind in ("share_of_target", "none_until_end"):
            is_last = is_last or _has_left(case, credit, period.last + DAY)
        if kind == FULL_QUOTA or is_last:
            paid = earned
        elif kind == "actual_to_date_prorated_quota":
            paid = rounded(earned * part)
        elif kind == "share_of_target":
            count = len(parts_of(case, credit.plan.get("pay_every", "month"), _window(case, credit)))
            share = number(credit.component["ratio"]["interim_share"])
            paid += rounded(rounded(credit.terms.target * share) / count)
        credit.is_true_up = is_last and bool(changed)
        changed.append((credit, cause, paid - before))
    return changed


def _window(case: dict[str, Any], credit: Credit) -> Span:
    return span_of(case, credit.component["window"], credit.date)


def _has_left(case: dict[str, Any], credit: Credit, day: datetime.date) -> bool:
    """Whether the payee has the component no more on a day."""
    person = assignment(case, credit.payee, day)
    plan = plan_on(case, person.get("plan") if person else None, day)
    if plan is None or plan["plan_id"] != credit.plan["plan_id"]:
        return True
    same = [one for one in plan["components"] if one["component_id"] == credit.component["component_id"]]
    return not any(one["event"] == "ratio" and one["window"] == credit.component["window"] for one in same)
