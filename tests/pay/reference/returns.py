"""Returns in their sale's own window, where its terms have changed since: the window is computed again without them."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

from tests.pay.reference.curves import (
    bounds_of,
    excess_of,
    in_order_of_sales,
    marginal_pay,
    point_pay,
    rate_at,
    share_pay,
    tiers_of,
)
from tests.pay.reference.events import REVERSALS
from tests.pay.reference.measures import is_mirror
from tests.pay.reference.numbers import ZERO, rounded
from tests.pay.reference.parts import Credit, Posting


@dataclass
class Stretch:
    """What is sold in a window under one set of terms without a break: a credit of it, and X at its ends."""

    sale: Credit
    start: Fraction
    end: Fraction


def taken_out(case: dict[str, Any], credit: Credit, earlier: list[Credit], switches: Any) -> list[Posting] | None:
    """The lines of such a return: what the window earns without it, less what it earned with it. None for others."""
    sold = _sale_of(credit, earlier, switches)
    if sold is None or credit.component["window"] == "none" or _locks_tiers(case, credit):
        return None
    before, after = _stretches(earlier, switches), _stretches([*earlier, credit], switches)
    if _stretch_number(sold, earlier) == len(before) - 1:
        return None
    lines: list[Posting] = []
    total = ZERO
    for number, (old, new) in enumerate(zip(before, after, strict=True)):
        style = old.sale.component["curve"]["style"]
        if "matrix" in old.sale.component["curve"]:
            continue
        if style == "retroactive":
            if all(one.sale.terms.key != old.sale.terms.key for one in before[number + 1 :]):
                own, caught_up = _rerated(credit, earlier, old, new, switches)
                total += own
                lines += caught_up
        elif style in ("marginal", "interpolated", "step"):
            for stretch, sign in ((new, 1), (old, -1)):
                total += sign * (_owed(stretch, stretch.end, switches) - _owed(stretch, stretch.start, switches))
    credit.parts = [total]
    return [(credit, None, total), *lines]


def _sale_of(credit: Credit, earlier: list[Credit], switches: Any) -> Credit | None:
    """The sale in the same window that a return takes out of it."""
    if credit.event["type"] not in REVERSALS or switches(credit.plan, credit.component, "reversal_window") != "origin":
        return None
    key = credit.sale_key(credit.event["origin"])
    return next((one for one in earlier if one.sale_key(one.event) == key), None)


def _locks_tiers(case: dict[str, Any], credit: Credit) -> bool:
    """Whether a gate of the component locks tiers alone, in any version."""
    return any(
        "locked_from" in component.get("gate", {})
        for plan in case["plans"]
        if plan["plan_id"] == credit.plan["plan_id"]
        for component in plan["components"]
        if component["component_id"] == credit.component["component_id"]
    )


def _stretch_number(sold: Credit, earlier: list[Credit]) -> int:
    """In which stretch a sale stands."""
    sales = [one for one in earlier if one.event["type"] not in REVERSALS]
    upto = sales[: sales.index(sold) + 1]
    return sum(one.terms.key != other.terms.key for one, other in pairwise(upto))


def _stretches(window: list[Credit], switches: Any) -> list[Stretch]:
    """The stretches of a window, as if what was returned had never been sold."""
    found: list[Stretch] = []
    point = window[0].before
    for place, one in enumerate(window):
        if _sale_of(one, window[:place], switches) is not None:
            continue
        if one.event["type"] not in REVERSALS and (not found or found[-1].sale.terms.key != one.terms.key):
            found.append(Stretch(one, point, point))
        point += one.after - one.before
        for place_of_return, other in enumerate(window[place + 1 :], place + 1):
            if _sale_of(other, window[:place_of_return], switches) is one:
                point += other.dx or ZERO
        if found:
            found[-1].end = point
    return found


def _owed(stretch: Stretch, point: Fraction, switches: Any) -> Fraction:
    """F(x) of the terms of a stretch."""
    sale = stretch.sale
    quota, curve = sale.terms.quota, sale.component["curve"]
    if curve["style"] in ("interpolated", "step"):
        return point_pay(sale, point, quota, switches)
    if "pays_share" in curve["tiers"][0]:
        assert quota is not None
        return share_pay(sale, point, quota, switches)
    return marginal_pay(point, tiers_of(sale, quota, switches))


def _rerated(
    credit: Credit, earlier: list[Credit], old: Stretch, new: Stretch, switches: Any
) -> tuple[Fraction, list[Posting]]:
    """Retroactive pay: rate(tier of X) x Y of one set of terms, with the catch-up of what came before the return."""
    same = [one for one in in_order_of_sales(earlier, switches) if one.terms.key == old.sale.terms.key]
    quota = old.sale.terms.quota
    boundary = switches(old.sale.plan, old.sale.component, "boundary")
    rates = (tiers_of(old.sale, quota, switches), boundary, bounds_of(old.sale, quota))
    before, now = rate_at(old.end, *rates), rate_at(new.end, *rates)
    least = excess_of(old.sale, quota)

    def above(base: Fraction) -> Fraction:
        return base if least is None else max(base - least, ZERO)

    def moves(one: Credit) -> Fraction:
        assert one.dy is not None
        sold = not is_mirror(one, switches) or any(
            other.sale_key(other.event) == one.sale_key(one.event["origin"]) for other in earlier
        )
        return one.dy if sold else ZERO

    base = sum((moves(one) for one in same), ZERO)
    upto = base + ((credit.dy or ZERO) if credit.terms.key == old.sale.terms.key else ZERO)
    total = rounded(now * above(upto)) - rounded(now * above(base))
    lines: list[Posting] = []
    running = ZERO
    if now != before and switches(same[-1].plan, same[-1].component, "catch_up") == "crossing_event":
        total += rounded(now * above(base)) - rounded(before * above(base))
    elif now != before:
        for one in same:
            low, high = above(running), above(running + moves(one))
            running += moves(one)
            if low != high and not is_mirror(one, switches):
                more = rounded(now * high) - rounded(now * low) - rounded(before * high) + rounded(before * low)
                one.rerates.append((credit, more))
                lines.append((one, credit, more))
    return total, lines
