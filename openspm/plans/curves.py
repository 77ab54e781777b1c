"""Curves as tiers that cover every measure, from minus to plus infinity without a gap.

The switches about what lies below, above and between are settled here, so that SQL only looks up the tier of a point.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise
from typing import Any

from openspm.plans.numbers import parse_amount, parse_ratio
from openspm.plans.schema import RATIO_EVENTS, Component, Curve, Tier

LARGEST_ATTAINMENT = Decimal(10)
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
    """

    lower: Decimal | None
    upper: Decimal | None
    rate: Decimal | None = None
    lower_pay: Decimal | None = None
    upper_pay: Decimal | None = None
    is_share: bool = False
    is_extended_below: bool = False
    is_extended_above: bool = False


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
    return _rates(component, switches)


def _check_lists(curve: Curve) -> None:
    """Refuse the wrong list for the style."""
    wanted = {"step": "steps", "interpolated": "points"}.get(curve.style, "tiers")
    for name in ("tiers", "steps", "points"):
        if getattr(curve, name) and name != wanted:
            raise CurveFault((name,), f"{name} do not belong to the style {curve.style}, which takes {wanted}")
    if not getattr(curve, wanted):
        raise CurveFault(("style",), f"the style {curve.style} needs {wanted}")


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
        raise CurveFault(key, f"an attainment of {text} is {value * 100:f} %; write {text} % or {value / 100}")
    return value


def _rate(tier: Tier, component: Component, position: int) -> Decimal:
    """The rate of a tier."""
    counted = (component.base or component.measure) == "count"
    key = ("tiers", position)
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
    if first < 0:
        raise CurveFault(
            ("tiers", 0, "from"), "the first bound must not be below 0; negative_total says what happens there"
        )
    goes_below = first == 0 or switches["below_first"] == "extend"
    if not goes_below and switches["below_first"] != "zero":
        raise CurveFault(("tiers", 0, "from"), "below_first: flat is for points; tiers take zero or extend")
    if goes_below and switches.get("negative_total", "first_tier") == "first_tier":
        found[0] = replace(found[0], lower=None)
    elif goes_below:
        found[0] = replace(found[0], lower=ZERO)
        found.insert(0, CompiledTier(None, ZERO, ZERO))
    else:
        found.insert(0, CompiledTier(None, first, ZERO))
    last = found[-1]
    if last.upper is not None:
        if switches["above_last"] == "extend":
            found[-1] = replace(last, upper=None)
        elif switches["above_last"] == "zero":
            found.append(CompiledTier(last.upper, None, ZERO))
        else:
            raise CurveFault(("tiers",), "above_last: flat is for points; tiers take zero or extend")
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
        found.append(CompiledTier(lowers[at], upper, _rate(tier, component, at)))
        if following is None or upper is None or upper == following:
            continue
        if upper > following:
            raise CurveFault(("tiers", at, "to"), f"tiers {at + 1} and {at + 2} overlap from {following} to {upper}")
        if switches["interior_gap"] == "error":
            raise CurveFault(
                ("tiers", at, "to"), f"between tiers {at + 1} and {at + 2} is a gap from {upper} to {following}"
            )
        found.append(CompiledTier(upper, following, ZERO))
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
    if bounds[0] <= 0:
        raise CurveFault(("steps", 0, "from"), "a step begins above 0; an amount paid at 0 is not in this version")
    uppers = [*bounds[1:], None]
    tiers = [CompiledTier(None, bounds[0], lower_pay=ZERO)]
    for lower, upper, step in zip(bounds, uppers, curve.steps, strict=True):
        tiers.append(CompiledTier(lower, upper, lower_pay=step.pays))
    return tiers


def _segments(curve: Curve, switches: Mapping[str, Any]) -> list[CompiledTier]:
    """Straight lines between points, and what lies outside of them."""
    at = [bound(point.at, curve.over, ("points", number, "at")) for number, point in enumerate(curve.points)]
    pays, is_share = _pays(curve)
    if len(at) < 2:
        raise CurveFault(("points",), "an interpolated curve needs at least two points")
    _rising(at, "points")
    if at[0] < 0:
        raise CurveFault(("points", 0, "at"), "the first point must not lie below 0")
    segments = [CompiledTier(at[n], at[n + 1], None, pays[n], pays[n + 1], is_share) for n in range(len(at) - 1)]
    flat = CompiledTier(None, at[0], None, ZERO, ZERO, is_share)
    if at[0] > 0 and switches["below_first"] == "zero":
        segments.insert(0, flat)
    else:
        _begins_at_zero(at, pays, at[0] > 0 and switches["below_first"] == "extend")
        if at[0] > 0 and switches["below_first"] == "flat":
            segments.insert(0, flat)
        elif switches.get("negative_total", "first_tier") == "first_tier":
            segments[0] = replace(segments[0], is_extended_below=True)
        else:
            segments[0] = replace(segments[0], lower=ZERO, lower_pay=ZERO)
            segments.insert(0, CompiledTier(None, ZERO, None, ZERO, ZERO, is_share))
    if switches["above_last"] == "extend":
        segments[-1] = replace(segments[-1], is_extended_above=True)
    elif switches["above_last"] == "flat":
        segments.append(CompiledTier(at[-1], None, None, pays[-1], pays[-1], is_share))
    else:
        raise CurveFault(("points",), "above_last: zero is for tiers; points take flat or extend")
    return segments


def _pays(curve: Curve) -> tuple[list[Decimal], bool]:
    """The cumulative pays of the points, and whether they are shares of the target."""
    pays: list[Decimal] = []
    is_share = curve.points[0].pays is None
    for number, point in enumerate(curve.points):
        value = point.pays_share if is_share else point.pays
        if value is None or (point.pays is not None and point.pays_share is not None):
            raise CurveFault(("points", number), "every point takes pays, or every point takes pays_share")
        pays.append(value)
    if is_share and curve.target is None:
        raise CurveFault((), "pays_share is a share of target, which is missing")
    return pays, is_share


def _begins_at_zero(at: Sequence[Decimal], pays: Sequence[Decimal], is_extended: bool) -> None:
    """Refuse a curve that pays something at a measure of 0: F(0) is the anchor and would never be paid."""
    begins = pays[0] * (at[1] - at[0]) - (pays[1] - pays[0]) * at[0] if is_extended else pays[0]
    if begins != 0:
        raise CurveFault(("points", 0), "the curve pays at a measure of 0; an amount paid at 0 is not in this version")
