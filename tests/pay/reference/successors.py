"""Who takes over the pay of somebody who has left."""

from __future__ import annotations

import datetime
from typing import Any

from tests.pay.reference.currencies import payout_currency


def taker_of(case: dict[str, Any], plan: dict[str, Any], payee: str, day: datetime.date) -> str | None:
    """Who takes over on a day: the first in work of those who follow each other; None if it is nobody, or not paid so.

    Args:
        case: the case.
        plan: the version of the plan that pays.
        payee: somebody who has left by then.
        day: the day on which the pay would be payable.
    """
    people = {row["id"]: row for row in reversed(case["people"])}
    seen = {payee}
    taker = people[payee].get("successor")
    while taker in people and taker not in seen and people[taker].get("leaves_on", day) < day:
        seen.add(taker)
        taker = people[taker].get("successor")
    if taker not in people or taker in seen:
        return None
    rows = [row for row in case["people"] if (row["id"], row["plan"]) == (taker, plan["plan_id"])]
    if not any(row.get("from", datetime.date.min) <= day for row in rows):
        return None
    paid_in = [payout_currency(case, plan, one, day) for one in (payee, taker)]
    return taker if paid_in[0] == paid_in[1] else None
