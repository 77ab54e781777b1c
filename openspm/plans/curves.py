"""Curves as tiers that cover every measure, from minus to plus infinity without a gap.

The switches about what lies below, above and between are settled here, so that SQL only looks up the tier of a point.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise
from typing import Any

from openspm.plans.numbers import RATIO_DECIMALS, parse_amount, parse_ratio
from openspm.plans.schema import RATIO_EVENTS, Component, Curve, Point, Step, Tier

LARGEST_ATTAINMENT = Decimal(10)
# With a quota of four decimals, bounds less the offset keep twelve.
OFFSET_DECIMALS = 8
ZERO = Decimal(0)


class CurveFault(ValueError):  # noqa: N818 - the name says what happened
    """A curve that cannot be used; `key` is the place below `curve`."""

    def __init__(self, key: tuple[str | int, ...], message: str) -> None:
        super().__init__(message)
        self.key = key


@dataclass(frozen=True)
class CompiledTier:
    """One stretch of a curve.

    Attributes:
        lower, upper: bounds in the curve's unit; None is infinity.
        rate: pay for a unit of the base; None for steps and segments.
        lower_pay, upper_pay: cumulative pay at the bounds, in money or as a share of the target; a step has only the
            lower.
        is_share: whether the pays are shares of the target.
        is_extended_below, is_extended_above: whether a segment goes on beyond its points.
        lower_boundary, upper_boundary: which tier holds the bound itself; None where the component's switch says.
        is_outside: whether a measure that stands here holds the line.
        cell: in a matrix, the combination of bands of the axes that it is for, from 1.
    """

    lower: Decimal | None
    upper: Decimal | None
    rate: Decimal | None = None
    lower_pay: Decimal | None = None
    upper_pay: Decimal | None = None
    is_share: bool = False
    is_extended_below: bool = False
    is_extended_above: bool = False
    lower_boundary: str | None = None
    upper_boundary: str | None = None
    is_outside: bool = False
    cell: int | None = None


def compile_curve(component: Component, switches: Mapping[str, Any]) -> list[CompiledTier]:
    """The tiers of a component's curve.

    Args:
        component: the component.
        switches: the choice for each switch that matters to it.

    Raises:
        CurveFault: the first thing that is wrong with the curve.
    """
    curve = component.curve
    _check_lists(curve)
    if curve.style == "step":
        return _steps(curve)
    if curve.style == "interpolated":
        return _segments(curve, switches)
    tiers = _above_excess(_rates(component, switches), curve)
    return shares_as_segments(tiers) if pays_shares(curve) else tiers


def with_offset(tiers: Sequence[CompiledTier], curve: Curve) -> list[CompiledTier]:
    """Tiers over what is credited, where the curve is over that and an offset: every bound moves by it.

    Raises:
        CurveFault: no number in the curve's unit, or too many decimals.
    """
    if curve.offset is None:
        return list(tiers)
    offset = bound(curve.offset, curve.over, ("offset",))
    if round(offset, OFFSET_DECIMALS) != offset:
        raise CurveFault(("offset",), f"an offset has at most {OFFSET_DECIMALS} decimals")
    return [
        replace(
            tier,
            lower=None if tier.lower is None else tier.lower - offset,
            upper=None if tier.upper is None else tier.upper - offset,
        )
        for tier in tiers
    ]


def pays_shares(curve: Curve) -> bool:
    """Whether tiers pay shares of the target: then the curve is one of straight lines between its bounds."""
    return any(tier.pays_share is not None for tier in curve.tiers)


def excess_bound(curve: Curve) -> Decimal | None:
    """What the excess is counted from, in the curve's unit; None where a rate applies to all.

    Raises:
        CurveFault: the quota of a curve over amounts, or no number.
    """
    if curve.excess_over is None:
        return None
    if curve.excess_over != "quota":
        found = bound(curve.excess_over, curve.over, ("excess_over",))
        if found <= 0:
            raise CurveFault(("excess_over",), "an excess is counted from a bound above 0")
        return found
    if curve.over == "amount":
        raise CurveFault(("excess_over",), "the curve is over the amount; for the quota write `over: attainment`")
    return Decimal(1)


def _above_excess(tiers: Sequence[CompiledTier], curve: Curve) -> list[CompiledTier]:
    """Marginal tiers that pay nothing up to the excess; a retroactive excess is taken off its base."""
    least = excess_bound(curve)
    if least is None or curve.style != "marginal":
        return list(tiers)
    found: list[CompiledTier] = []
    for tier in tiers:
        if tier.upper is not None and tier.upper <= least:
            found.append(replace(tier, rate=ZERO))
        elif tier.lower is not None and tier.lower >= least:
            found.append(tier)
        else:
            found += [
                replace(tier, upper=least, rate=ZERO, upper_boundary=None),
                replace(tier, lower=least, lower_boundary=None),
            ]
    return found


def _check_lists(curve: Curve) -> None:
    """Refuse the wrong list for the style."""
    wanted = {"step": "steps", "interpolated": "points"}.get(curve.style, "tiers")
    for name in ("tiers", "steps", "points"):
        if getattr(curve, name) and name != wanted:
            raise CurveFault((name,), f"{name} do not belong to the style {curve.style}, which takes {wanted}")
    if not getattr(curve, wanted):
        raise CurveFault(("style",), f"the style {curve.style} needs {wanted}")
    takes_share = any(row.pays_share is not None for rows in (curve.tiers, curve.steps, curve.points) for row in rows)
    if takes_share and curve.target is None and curve.target_share is None:
        raise CurveFault((), "pays_share is a share of target, which is missing")


def bound(text: str, over: str, key: tuple[str | int, ...]) -> Decimal:
    """A bound in the curve's unit.

    Raises:
        CurveFault: no number, a percentage of an amount, or an attainment that lacks its percent sign.
    """
    try:
        if over == "amount":
            if text.strip().endswith("%"):
                raise ValueError(
                    f"{text!r} is a percentage, but the curve is over the amount; write `over: attainment`"
                )
            return parse_amount(text)
        value = parse_ratio(text)
    except ValueError as error:
        raise CurveFault(key, str(error)) from None
    if value > LARGEST_ATTAINMENT:
        raise CurveFault(
            key,
            f"an attainment of {text} is {value * 100:f} %; write {text} % or {value / 100}, or `over: amount` where "
            "bounds are amounts",
        )
    return value


def _rate(tier: Tier, component: Component, position: int) -> Decimal:
    """The rate of a tier."""
    counted = (component.base or component.measure) == "count"
    key = ("tiers", position)
    if pays_shares(component.curve):
        if tier.pays_share is None or tier.rate is not None or tier.per_unit is not None:
            raise CurveFault(key, "every tier takes pays_share, or none does")
        return tier.pays_share
    if counted:
        if tier.per_unit is None or tier.rate is not None:
            raise CurveFault(key, "events are counted: write per_unit, the pay for one event, and no rate")
        return tier.per_unit
    if tier.rate is None or tier.per_unit is not None:
        raise CurveFault(key, "amounts are added up: write rate, such as 8 %, and no per_unit")
    if tier.rate > 1 and component.event not in RATIO_EVENTS:
        raise CurveFault(
            (*key, "rate"), f"a rate of {tier.rate} is {tier.rate * 100:f} %; write {tier.rate} % or {tier.rate / 100}"
        )
    return tier.rate


def _rates(component: Component, switches: Mapping[str, Any]) -> list[CompiledTier]:
    """Tiers of rates."""
    found = _written_tiers(component, switches)
    first = found[0].lower or ZERO
    goes_below = first == 0 or switches["below_first"] == "extend"
    if not goes_below and switches["below_first"] == "flat":
        raise CurveFault(("tiers", 0, "from"), "below_first: flat is for points; tiers take zero, extend or error")
    if goes_below and (first < 0 or switches.get("negative_total", "first_tier") == "first_tier"):
        found[0] = replace(found[0], lower=None)
    elif goes_below:
        # A tier's own word is about the bound that it is written at.
        own = found[0].lower_boundary if first == 0 else None
        found[0] = replace(found[0], lower=ZERO, lower_boundary=own)
        found.insert(0, CompiledTier(None, ZERO, ZERO, upper_boundary=own))
    else:
        below = CompiledTier(None, first, ZERO, upper_boundary=found[0].lower_boundary)
        found.insert(0, replace(below, is_outside=switches["below_first"] == "error"))
    last = found[-1]
    if last.upper is not None:
        if switches["above_last"] == "extend":
            found[-1] = replace(last, upper=None)
        elif switches["above_last"] == "zero":
            found.append(CompiledTier(last.upper, None, ZERO))
        elif switches["above_last"] == "error":
            above = _outside_above(last.upper, switches, rate=ZERO)
            found[-1:] = [replace(last, upper_boundary=above.lower_boundary), above]
        else:
            raise CurveFault(("tiers",), "above_last: flat is for points; tiers take zero, extend or error")
    return found


def _outside_above(
    upper: Decimal, switches: Mapping[str, Any], rate: Decimal | None = None, pay: Decimal | None = None
) -> CompiledTier:
    """What lies above the last bound, where a line is held; the bound itself is inside unless a switch says so."""
    boundary = switches.get("boundary") or "lower"
    return CompiledTier(upper, None, rate, pay, pay, lower_boundary=boundary, is_outside=True)


def shares_as_segments(tiers: Sequence[CompiledTier]) -> list[CompiledTier]:
    """Tiers of shares of the target for 100 % of attainment as straight lines between their bounds.

    Raises:
        CurveFault: a share has more decimals than are kept.
    """

    def owed(at: Decimal) -> Decimal:
        total = ZERO
        for tier in tiers:
            foot = min(at, ZERO) if tier.lower is None else max(tier.lower, min(at, ZERO))
            top = max(at, ZERO) if tier.upper is None else min(tier.upper, max(at, ZERO))
            total += max(top - foot, ZERO) * (tier.rate or ZERO)
        return total if at >= 0 else -total

    found: list[CompiledTier] = []
    for tier in tiers:
        lower = tier.lower if tier.lower is not None else min(tier.upper or ZERO, ZERO) - 1
        upper = tier.upper if tier.upper is not None else lower + 1
        pays = owed(lower), owed(upper)
        if any(pay != round(pay, RATIO_DECIMALS) for pay in pays):
            raise CurveFault(("tiers",), f"bounds and shares together have more than {RATIO_DECIMALS} decimals")
        segment = CompiledTier(lower, upper, None, *pays, is_share=True, is_outside=tier.is_outside)
        segment = replace(segment, lower_boundary=tier.lower_boundary, upper_boundary=tier.upper_boundary)
        found.append(replace(segment, is_extended_below=tier.lower is None, is_extended_above=tier.upper is None))
    return found


def _written_tiers(component: Component, switches: Mapping[str, Any]) -> list[CompiledTier]:
    """The tiers as written, with gaps filled or refused."""
    curve = component.curve
    lowers = [bound(tier.from_, curve.over, ("tiers", at, "from")) for at, tier in enumerate(curve.tiers)]
    found: list[CompiledTier] = []
    for at, tier in enumerate(curve.tiers):
        following = lowers[at + 1] if at + 1 < len(lowers) else None
        upper = following if tier.to is None else bound(tier.to, curve.over, ("tiers", at, "to"))
        if following is not None and following <= lowers[at]:
            raise CurveFault(("tiers", at + 1, "from"), f"tiers {at + 1} and {at + 2} are not in rising order")
        if upper is not None and upper <= lowers[at]:
            raise CurveFault(("tiers", at, "to"), f"tier {at + 1} ends where it begins or before")
        following_boundary = curve.tiers[at + 1].boundary if upper == following and following is not None else None
        found.append(
            CompiledTier(
                lowers[at],
                upper,
                _rate(tier, component, at),
                lower_boundary=tier.boundary,
                upper_boundary=following_boundary,
            )
        )
        if following is None or upper is None or upper == following:
            continue
        if upper > following:
            raise CurveFault(
                ("tiers", at, "to"),
                f"tiers {at + 1} and {at + 2} overlap from {curve.tiers[at + 1].from_} to {tier.to}; leave `to` out, "
                "and a tier ends where the next one begins",
            )
        if switches["interior_gap"] == "error":
            raise CurveFault(
                ("tiers", at, "to"),
                f"between tiers {at + 1} and {at + 2} is a gap from {tier.to} to {curve.tiers[at + 1].from_}; leave "
                "`to` out, or say `interior_gap: zero` where nothing is meant to be earned there",
            )
        found.append(CompiledTier(upper, following, ZERO, upper_boundary=curve.tiers[at + 1].boundary))
    return found


def _rising(values: Sequence[Decimal], name: str) -> None:
    """Refuse bounds that do not rise."""
    for at, (one, other) in enumerate(pairwise(values)):
        if other <= one:
            raise CurveFault((name, at + 1), f"{name} {at + 1} and {at + 2} are not in rising order")


def _steps(curve: Curve) -> list[CompiledTier]:
    """Steps: nothing below the first, what is owed in all from each bound on."""
    bounds = [bound(step.from_, curve.over, ("steps", at, "from")) for at, step in enumerate(curve.steps)]
    _rising(bounds, "steps")
    pays, is_share = _pays(curve.steps, "steps")
    uppers = [*bounds[1:], None]
    boundaries = [*(step.boundary for step in curve.steps), None]
    tiers = [CompiledTier(None, bounds[0], lower_pay=ZERO, is_share=is_share, upper_boundary=boundaries[0])]
    for at, (lower, upper, pay) in enumerate(zip(bounds, uppers, pays, strict=True)):
        tier = CompiledTier(lower, upper, lower_pay=pay, is_share=is_share)
        tiers.append(replace(tier, lower_boundary=boundaries[at], upper_boundary=boundaries[at + 1]))
    return tiers


def _segments(curve: Curve, switches: Mapping[str, Any]) -> list[CompiledTier]:
    """Straight lines between points, and what lies outside of them."""
    at = [bound(point.at, curve.over, ("points", number, "at")) for number, point in enumerate(curve.points)]
    pays, is_share = _pays(curve.points, "points")
    if len(at) < 2:
        raise CurveFault(("points",), "an interpolated curve needs at least two points")
    _rising(at, "points")
    segments = [CompiledTier(at[n], at[n + 1], None, pays[n], pays[n + 1], is_share) for n in range(len(at) - 1)]
    flat = CompiledTier(None, at[0], None, ZERO, ZERO, is_share)
    below = switches["below_first"] if at[0] != 0 else "extend"
    if below in {"zero", "error"}:
        segments.insert(0, replace(flat, is_outside=below == "error"))
    elif below == "flat":
        segments.insert(0, replace(flat, lower_pay=pays[0], upper_pay=pays[0]))
    elif at[0] < 0 or switches.get("negative_total", "first_tier") == "first_tier":
        segments[0] = replace(segments[0], is_extended_below=True)
    else:
        _goes_through_zero(at, pays)
        segments[0] = replace(segments[0], lower=ZERO, lower_pay=pays[0] if at[0] == 0 else ZERO)
        segments.insert(0, CompiledTier(None, ZERO, None, ZERO, ZERO, is_share))
    if switches["above_last"] == "extend":
        segments[-1] = replace(segments[-1], is_extended_above=True)
    elif switches["above_last"] == "flat":
        segments.append(CompiledTier(at[-1], None, None, pays[-1], pays[-1], is_share))
    elif switches["above_last"] == "error":
        above = replace(_outside_above(at[-1], switches, pay=pays[-1]), is_share=is_share)
        segments[-1:] = [replace(segments[-1], upper_boundary=above.lower_boundary), above]
    else:
        raise CurveFault(("points",), "above_last: zero is for tiers; points take flat, extend or error")
    return segments


def _pays(rows: Sequence[Step | Point], name: str) -> tuple[list[Decimal], bool]:
    """The cumulative pays of steps or points, and whether they are shares of the target."""
    pays: list[Decimal] = []
    is_share = rows[0].pays is None
    for number, row in enumerate(rows):
        value = row.pays_share if is_share else row.pays
        if value is None or (row.pays is not None and row.pays_share is not None):
            raise CurveFault((name, number), f"every row of {name} takes pays, or every one takes pays_share")
        pays.append(value)
    return pays, is_share


def _goes_through_zero(at: Sequence[Decimal], pays: Sequence[Decimal]) -> None:
    """Refuse a first segment that is extended down to 0 and pays something there, where what lies below 0 is lost."""
    if at[0] > 0 and pays[0] * (at[1] - at[0]) - (pays[1] - pays[0]) * at[0] != 0:
        raise CurveFault(("points", 0), "the first segment, extended, pays at a measure of 0; write a point at 0")
