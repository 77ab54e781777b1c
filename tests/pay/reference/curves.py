"""Curves: what a measure earns, and the parts of a line."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from tests.pay.reference.bonuses import needs_quota
from tests.pay.reference.measures import is_mirror
from tests.pay.reference.numbers import ZERO, number, rounded
from tests.pay.reference.parts import Credit, Posting

Curve = list[tuple[Fraction | None, Fraction | None, Fraction]]


def tiers_of(credit: Credit, quota: Fraction | None, switches: Any) -> Curve:
    """Stretches of the measure with their rates, from minus to plus infinity."""

    def switch(name: str) -> Any:
        return switches(credit.plan, credit.component, name)

    curve = credit.component["curve"]
    unit = quota if needs_quota(credit.component) else Fraction(1)
    assert unit is not None
    rows = curve["tiers"]
    lows = [rounded(number(row["from"]) * unit) for row in rows]
    highs = [
        rounded(number(row["to"]) * unit) if "to" in row else (lows[n + 1] if n + 1 < len(rows) else None)
        for n, row in enumerate(rows)
    ]
    found: Curve = []
    for n, row in enumerate(rows):
        found.append((lows[n], highs[n], number(row.get("rate", row.get("per_unit")))))
        if n + 1 < len(rows) and highs[n] != lows[n + 1]:
            found.append((highs[n], lows[n + 1], ZERO))
    low, high, rate = found[0]
    if low == 0 or switch("below_first") == "extend":
        if switch("negative_total") == "zero_lost" and credit.component.get("measure", "amount") == "amount":
            found[0:1] = [(None, ZERO, ZERO), (ZERO, high, rate)]
        else:
            found[0] = (None, high, rate)
    else:
        found.insert(0, (None, low, ZERO))
    low, high, rate = found[-1]
    if high is not None:
        found[-1:] = (
            [(low, None, rate)] if switch("above_last") == "extend" else [(low, high, rate), (high, None, ZERO)]
        )
    return found


def rate_at(point: Fraction, tiers: Curve, boundary: str) -> Fraction:
    """The rate of the tier that a measure stands in."""
    for low, high, rate in tiers:
        if boundary == "upper" and (low is None or low <= point) and (high is None or point < high):
            return rate
        if boundary == "lower" and (low is None or low < point) and (high is None or point <= high):
            return rate
    raise AssertionError("tiers do not cover the point")


def marginal_pay(point: Fraction, tiers: Curve) -> Fraction:
    """F(x): what a measure earns in all, with F(0) = 0."""
    total = ZERO
    for low, high, rate in tiers:
        foot = low if low is not None else ZERO
        if point > foot or low is None:
            total += rounded(rate * ((point if high is None else min(point, high)) - foot))
    return total


def point_pay(credit: Credit, point: Fraction, quota: Fraction | None, switches: Any) -> Fraction:
    """F(x) of steps and points."""
    curve = credit.component["curve"]
    unit = quota if needs_quota(credit.component) else Fraction(1)
    assert unit is not None
    if curve["style"] == "step":
        owed = ZERO
        for step in curve["steps"]:
            bound = rounded(number(step["from"]) * unit)
            if point > bound or (point == bound and switches(credit.plan, credit.component, "boundary") == "upper"):
                owed = number(step["pays"])
        return owed
    target = number(curve.get("target", 1))
    at = [rounded(number(row["at"]) * unit) for row in curve["points"]]
    pays = [
        rounded(number(row["pays_share"]) * target) if "pays_share" in row else number(row["pays"])
        for row in curve["points"]
    ]

    def on_line(n: int) -> Fraction:
        return pays[n] + rounded(rounded((pays[n + 1] - pays[n]) * (point - at[n])) / (at[n + 1] - at[n]))

    if point < at[0]:
        lost = switches(credit.plan, credit.component, "negative_total") == "zero_lost"
        if at[0] == 0:
            return ZERO if lost else on_line(0)
        return ZERO
    if point >= at[-1]:
        if switches(credit.plan, credit.component, "above_last") == "flat":
            return pays[-1]
        return on_line(len(at) - 2)
    return on_line(max(n for n in range(len(at) - 1) if at[n] <= point))


def line_amounts(
    credit: Credit, earlier: list[Credit], window: list[Credit], quota: Fraction | None, switches: Any
) -> list[Posting]:
    """The lines that a credit causes: (credit that is paid, cause or None, unrounded pay)."""
    style = credit.component["curve"]["style"]
    boundary = switches(credit.plan, credit.component, "boundary")
    assert credit.dx is not None
    assert credit.dy is not None
    if style in ("step", "interpolated"):
        parts = [point_pay(credit, credit.after, quota, switches)]
        if credit.before != 0:
            parts.append(-point_pay(credit, credit.before, quota, switches))
        credit.parts = parts
        return [(credit, None, sum(parts, ZERO))]
    tiers = tiers_of(credit, quota, switches)
    if style == "marginal":
        credit.parts = marginal_parts(credit, tiers, boundary)
        return [(credit, None, sum(credit.parts, ZERO))]
    if style != "retroactive":
        point = {
            "whole_event_before": credit.before,
            "whole_event_after": credit.after,
            "period_to_date_tier": [c for c in window if c.posted == credit.posted and not is_mirror(c, switches)][
                -1
            ].after,
        }[style]
        pay = rounded(rate_at(point, tiers, boundary) * credit.dy)
        credit.parts = [pay]
        return [(credit, None, pay)]
    same = [one for one in earlier if one.plan["version"] == credit.plan["version"]]
    base = sum((one.dy for one in same if one.dy is not None), ZERO)
    new, old = rate_at(credit.after, tiers, boundary), rate_at(credit.before, tiers, boundary)
    own = rounded(new * (base + credit.dy)) - rounded(new * base)
    if new == old:
        return [(credit, None, own)]
    if switches(credit.plan, credit.component, "catch_up") == "crossing_event":
        return [(credit, None, own + rounded(new * base) - rounded(old * base))]
    lines: list[Posting] = [(credit, None, own)]
    running = ZERO
    for one in same:
        assert one.dy is not None
        upto = running + one.dy
        if one.dy != 0:
            lines.append(
                (
                    one,
                    credit,
                    rounded(new * upto) - rounded(new * running) - rounded(old * upto) + rounded(old * running),
                )
            )
        running = upto
    return lines


def marginal_parts(credit: Credit, tiers: Curve, boundary: str) -> list[Fraction]:
    """The slices of a marginal line."""
    assert credit.dx is not None
    assert credit.dy is not None
    if credit.dx == 0:
        return [rounded(rate_at(credit.before, tiers, boundary) * credit.dy)]
    low, high = sorted((credit.before, credit.after))
    parts: list[Fraction] = []
    for foot, top, rate in tiers:
        start, end = low if foot is None else max(low, foot), high if top is None else min(high, top)
        if start >= end:
            continue
        if credit.dx == credit.dy:
            anchor = foot if foot is not None else ZERO
            part = rounded(rate * (end - anchor)) - rounded(rate * (start - anchor))
            parts.append(part if credit.dx > 0 else -part)
        else:
            length = (end - start) * (1 if credit.dx > 0 else -1)
            parts.append(rounded(rounded(rounded(rate * credit.dy) * length) / credit.dx))
    return parts


def mirrored(reversal: Credit, sale: Credit) -> Fraction | None:
    """What a mirror takes back: each slice of the sale in proportion to what is reversed."""
    if sale.held:
        return None
    part, whole = Fraction(reversal.event["amount"]), Fraction(reversal.event["origin"]["amount"])
    return sum((rounded(rounded(slice_ * part) / whole) for slice_ in sale.parts), ZERO)
