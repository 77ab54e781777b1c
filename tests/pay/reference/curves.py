"""Curves: what a measure earns, and the parts of a line."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from tests.pay.reference.bonuses import needs_quota
from tests.pay.reference.measures import is_mirror
from tests.pay.reference.numbers import ZERO, number, rounded
from tests.pay.reference.parts import Credit, Posting

Curve = list[tuple[Fraction | None, Fraction | None, Fraction]]
# A bound that a tier says itself which side it belongs to: (bound, upper or lower).
Bounds = dict[Fraction, str]


def bounds_of(credit: Credit, quota: Fraction | None) -> Bounds:
    """The bounds whose tier or step names its boundary."""
    curve = credit.component["curve"]
    unit = quota if needs_quota(credit.component) else Fraction(1)
    assert unit is not None
    unit *= credit.terms.bounds
    rows = curve.get("tiers") or curve.get("steps") or ()
    shift = offset_of(credit, quota)
    return {rounded(number(row["from"]) * unit) - shift: row["boundary"] for row in rows if "boundary" in row}


def offset_of(credit: Credit, quota: Fraction | None) -> Fraction:
    """What the measure of a window begins at on the curve."""
    unit = quota if needs_quota(credit.component) else Fraction(1)
    assert unit is not None
    return rounded(number(credit.component["curve"].get("offset", 0)) * unit)


def excess_of(credit: Credit, quota: Fraction | None) -> Fraction | None:
    """The amount above which a rate applies."""
    curve = credit.component["curve"]
    if "excess_over" not in curve:
        return None
    text = "100 %" if curve["excess_over"] == "quota" else curve["excess_over"]
    unit = quota if needs_quota(credit.component) else Fraction(1)
    assert unit is not None
    return rounded(number(text) * unit)


def is_outside(credit: Credit, quota: Fraction | None, switches: Any) -> bool:
    """Whether a credit ends where its curve calls it an error; at 0 nothing is owed whatever lies around it."""

    def switch(name: str) -> Any:
        return switches(credit.plan, credit.component, name)

    curve = credit.component["curve"]
    style = curve["style"]
    if style == "step" or (credit.after == 0 and credit.dx != 0 and style != "whole_event_after"):
        return False
    unit = quota if needs_quota(credit.component) else Fraction(1)
    assert unit is not None
    unit *= credit.terms.bounds
    two = curve_is_of_two_measures(credit)
    stands = switch("boundary") if style in ("retroactive", "whole_event_after") or two else None
    if style == "interpolated":
        stands = None
    rows = curve.get("tiers") or curve["points"]
    first = rounded(number(rows[0].get("from", rows[0].get("at"))) * unit)
    if switch("below_first") == "error" and first != 0:
        at_bound = rows[0].get("boundary", stands) == "lower"
        if credit.after < first or (credit.after == first and at_bound):
            return True
    last = rows[-1].get("at", rows[-1].get("to"))
    if switch("above_last") == "error" and last is not None:
        top = rounded(number(last) * unit)
        return credit.after > top or (credit.after == top and stands == "upper")
    return False


def curve_is_of_two_measures(credit: Credit) -> bool:
    """Whether pay is computed on something else than what moves the measure, for some event."""
    component = credit.component
    base = component.get("base", component.get("measure", "amount"))
    is_split_later = component.get("split_applies") == "pay"
    return (
        is_split_later
        or base != component.get("measure", "amount")
        or any(
            number(rule.get("quota_credit", 1)) != number(rule.get("pay_credit", 1))
            for rule in component.get("credits", ())
        )
    )


def tiers_of(credit: Credit, quota: Fraction | None, switches: Any) -> Curve:
    """Stretches of the measure with their rates, from minus to plus infinity."""

    def switch(name: str) -> Any:
        return switches(credit.plan, credit.component, name)

    curve = credit.component["curve"]
    unit = quota if needs_quota(credit.component) else Fraction(1)
    assert unit is not None
    unit *= credit.terms.bounds
    rows = curve["tiers"]
    lows = [rounded(number(row["from"]) * unit) for row in rows]
    highs = [
        rounded(number(row["to"]) * unit) if "to" in row else (lows[n + 1] if n + 1 < len(rows) else None)
        for n, row in enumerate(rows)
    ]
    found: Curve = []
    for n, row in enumerate(rows):
        rate = rounded(number(row.get("rate", row.get("per_unit", row.get("pays_share")))) * credit.terms.ramp)
        found.append((lows[n], highs[n], rate))
        if n + 1 < len(rows) and highs[n] != lows[n + 1]:
            found.append((highs[n], lows[n + 1], ZERO))
    low, high, rate = found[0]
    if low == 0 or switch("below_first") == "extend":
        if low >= 0 and switch("negative_total") != "first_tier":
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
    least = excess_of(credit, quota)
    if least is not None and curve["style"] == "marginal":
        above = [(low if low is None or low > least else least, high, rate) for low, high, rate in found]
        found = [(None, least, ZERO)] + [
            (least if low is None else low, high, rate) for low, high, rate in above if high is None or high > least
        ]
    shift = offset_of(credit, quota)
    return [(None if low is None else low - shift, None if high is None else high - shift, r) for low, high, r in found]


def rate_at(point: Fraction, tiers: Curve, boundary: str, own: Bounds) -> Fraction:
    """The rate of the tier that a measure stands in; at a bound the bound's own word, else the switch."""
    for low, high, rate in tiers:
        above_low = low is None or low < point or (low == point and own.get(low, boundary) == "upper")
        below_high = high is None or point < high or (point == high and own.get(high, boundary) == "lower")
        if above_low and below_high:
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
    point += offset_of(credit, quota)
    curve = credit.component["curve"]
    unit = quota if needs_quota(credit.component) else Fraction(1)
    assert unit is not None
    unit *= credit.terms.bounds
    ramp = credit.terms.ramp
    if curve["style"] == "step":
        owed = ZERO
        for step in curve["steps"]:
            bound = rounded(number(step["from"]) * unit)
            boundary = step.get("boundary", switches(credit.plan, credit.component, "boundary"))
            if point > bound or (point == bound and boundary == "upper"):
                share = rounded(number(step.get("pays_share", 0)) * credit.terms.target)
                owed = rounded((number(step["pays"]) if "pays" in step else share) * ramp)
        return owed
    target = credit.terms.target
    at = [rounded(number(row["at"]) * unit) for row in curve["points"]]
    pays = [
        rounded((rounded(number(row["pays_share"]) * target) if "pays_share" in row else number(row["pays"])) * ramp)
        for row in curve["points"]
    ]

    def on_line(n: int) -> Fraction:
        return pays[n] + rounded(rounded((pays[n + 1] - pays[n]) * (point - at[n])) / (at[n + 1] - at[n]))

    if point < at[0]:
        lost = switches(credit.plan, credit.component, "negative_total") != "first_tier"
        if at[0] == 0:
            return ZERO if lost else on_line(0)
        below = switches(credit.plan, credit.component, "below_first")
        if below == "extend":
            return ZERO if point < 0 and lost and at[0] > 0 else on_line(0)
        return pays[0] if below == "flat" else ZERO
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
    own_bounds = bounds_of(credit, quota)
    assert credit.dx is not None
    assert credit.dy is not None
    # A window begins with nothing paid: its first credit pays what a measure of 0 is owed, too.
    is_first = not any(one for one in earlier if not is_mirror(one, switches))
    fixed = [number(credit.component["curve"]["intercept"])] if is_first and "intercept" in curve_of(credit) else []
    if style in ("step", "interpolated"):
        parts = [point_pay(credit, credit.after, quota, switches)]
        if not is_first:
            parts.append(-point_pay(credit, credit.before, quota, switches))
        credit.parts = parts
        return [(credit, None, sum(parts, ZERO))]
    if "pays_share" in curve_of(credit)["tiers"][0]:
        assert quota is not None
        credit.parts = [share_pay(credit, credit.after, quota, switches)]
        if not is_first:
            credit.parts.append(-share_pay(credit, credit.before, quota, switches))
        return [(credit, None, sum(credit.parts, ZERO))]
    tiers = tiers_of(credit, quota, switches)
    if style == "marginal":
        credit.parts = fixed + marginal_parts(credit, tiers, boundary, own_bounds)
        return [(credit, None, sum(credit.parts, ZERO))]
    if style != "retroactive":
        point = {
            "whole_event_before": credit.before,
            "whole_event_after": credit.after,
            "period_to_date_tier": [c for c in window if c.posted == credit.posted][-1].after,
        }[style]
        credit.parts = [*fixed, rounded(rate_at(point, tiers, boundary, own_bounds) * credit.dy)]
        return [(credit, None, sum(credit.parts, ZERO))]
    return retroactive_lines(credit, earlier, quota, (tiers, boundary, own_bounds), fixed, switches)


def base_rate_lock(credit: Credit, text: str, switches: Any) -> Fraction:
    """What a line loses where the tiers from one on have the rate below them."""
    quota = credit.terms.quota
    unit = quota if needs_quota(credit.component) else Fraction(1)
    assert unit is not None
    unit *= credit.terms.bounds
    assert credit.dy is not None
    bound = rounded(number(text) * unit)
    tiers, own_bounds = tiers_of(credit, quota, switches), bounds_of(credit, quota)
    boundary = switches(credit.plan, credit.component, "boundary")
    base = next(rate for _, high, rate in tiers if high == bound)
    locked = [(low, high, base if low is not None and low >= bound else rate) for low, high, rate in tiers]

    def pay(curve: Curve) -> Fraction:
        style = credit.component["curve"]["style"]
        if style == "marginal":
            return sum(marginal_parts(credit, curve, boundary, own_bounds), ZERO)
        point = credit.before if style == "whole_event_before" else credit.after
        return rounded(rate_at(point, curve, boundary, own_bounds) * (credit.dy or ZERO))

    return pay(locked) - pay(tiers)


def share_pay(credit: Credit, point: Fraction, quota: Fraction, switches: Any) -> Fraction:
    """F(x) of tiers that pay shares of the target for 100 % of attainment: straight lines between the bounds."""
    target = credit.terms.target
    tiers = tiers_of(credit, Fraction(1), switches)

    def owed(at: Fraction) -> Fraction:
        start, end = sorted((ZERO, at))
        total = ZERO
        for low, high, rate in tiers:
            length = (end if high is None else min(end, high)) - (start if low is None else max(start, low))
            total += rate * max(length, ZERO)
        return total if at >= 0 else -total

    for low, high, rate in tiers:
        foot = low if low is not None else min(high or ZERO, ZERO) - 1
        top = high if high is not None else foot + 1
        x1, x2 = rounded(foot * quota), rounded(top * quota)
        if (low is None or x1 <= point) and (high is None or point < x2):
            y1, y2 = rounded(owed(foot) * target), rounded(owed(top) * target)
            return y1 if rate == 0 else y1 + rounded(rounded((y2 - y1) * (point - x1)) / (x2 - x1))
    raise AssertionError("tiers do not cover the point")


def curve_of(credit: Credit) -> dict[str, Any]:
    """A credit's curve as it is written."""
    curve: dict[str, Any] = credit.component["curve"]
    return curve


def in_order_of_sales(booked: list[Credit], switches: Any) -> list[Credit]:
    """Credits in their order, but a mirror never before its sale, which may have come late."""
    places = {credit.sale_key(credit.event): place for place, credit in enumerate(booked)}

    def place_of(numbered: tuple[int, Credit]) -> tuple[int, bool, int]:
        place, credit = numbered
        if not is_mirror(credit, switches):
            return place, False, place
        return max(place, places.get(credit.sale_key(credit.event["origin"]), place)), True, place

    return [credit for _, credit in sorted(enumerate(booked), key=place_of)]


def retroactive_lines(credit, earlier, quota, rates, fixed, switches):  # type: ignore[no-untyped-def]
    """owed = rate(tier of X) x Y: the line of a credit, and the catch-up of what came before it."""
    same = [one for one in in_order_of_sales(earlier, switches) if one.terms.key == credit.terms.key]
    least = excess_of(credit, quota)

    def above(base: Fraction) -> Fraction:
        return base if least is None else max(base - least, ZERO)

    def moves(one: Credit) -> Fraction:
        """What a credit adds to the base; a mirror takes off what it gives back of this window's sales."""
        assert one.dy is not None
        sold = not is_mirror(one, switches) or any(
            other.sale_key(other.event) == one.sale_key(one.event["origin"]) for other in earlier
        )
        return one.dy if sold else ZERO

    running = sum((moves(one) for one in same), ZERO)
    base, upto = above(running), above(running + credit.dy)
    new, old = rate_at(credit.after, *rates), rate_at(credit.before, *rates)
    credit.parts = [*fixed, rounded(new * upto) - rounded(new * base)]
    lines: list[Posting] = []
    running = ZERO
    if new != old and switches(credit.plan, credit.component, "catch_up") == "crossing_event":
        credit.parts.append(rounded(new * base) - rounded(old * base))
    elif new != old:
        for one in same:
            start, end = above(running), above(running + moves(one))
            running += moves(one)
            if start != end and not is_mirror(one, switches):
                more = rounded(new * end) - rounded(new * start) - rounded(old * end) + rounded(old * start)
                one.rerates.append((credit, more))
                lines.append((one, credit, more))
    return [(credit, None, sum(credit.parts, ZERO)), *lines]


def marginal_parts(credit: Credit, tiers: Curve, boundary: str, own: Bounds) -> list[Fraction]:
    """The slices of a marginal line."""
    assert credit.dx is not None
    assert credit.dy is not None
    if credit.dx == 0:
        return [rounded(rate_at(credit.before, tiers, boundary, own) * credit.dy)]
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
