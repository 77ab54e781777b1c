"""What a curve may not combine with its style, its component or its switches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from openspm.plans.curves import pays_shares
from openspm.plans.reading import Place
from openspm.plans.schema import PERIOD_EVENTS, Component, Curve
from openspm.plans.switches import NOT_YET, TIER_STYLES, has_reversals, is_two_measures

OUTSIDE = ("below_first", "above_last")


def curve_combinations(component: Component, switches: Mapping[str, Any]) -> Iterator[tuple[Place, str]]:
    """A place within the component, and what must not be combined there."""
    curve, style = component.curve, component.curve.style
    if component.event in PERIOD_EVENTS:
        yield from _words_of_events(component, switches)
        return
    two = is_two_measures(component)
    if curve.intercept is not None and style not in TIER_STYLES:
        yield ("curve", "intercept"), f"the style {style} says what is owed at 0 itself: write it there"
    if curve.intercept is not None and pays_shares(curve):
        yield ("curve", "intercept"), f"an intercept beside pays_share {NOT_YET}"
    if curve.excess_over is not None:
        if style not in {"marginal", "retroactive"}:
            yield ("curve", "excess_over"), f"an excess is for marginal and retroactive, not for {style}"
        elif two:
            yield ("curve", "excess_over"), f"an excess where pay is computed on another base {NOT_YET}"
        elif pays_shares(curve):
            yield ("curve", "excess_over"), "pays_share says itself from which tier on it pays; take excess_over out"
    if pays_shares(curve):
        if style != "marginal" or curve.over != "attainment":
            yield ("curve", "tiers"), "pays_share in tiers is for marginal over attainment"
        if two:
            yield ("curve", "tiers"), f"pays_share where pay is computed on another base {NOT_YET}"
    yield from _faults_of_offset(component, switches)
    yield from _faults_of_event_measure(component, two)
    yield from _faults_of_carried_total(component, switches)
    for name in OUTSIDE:
        if switches.get(name) == "error" and style in {"whole_event_before", "period_to_date_tier"}:
            yield ("curve", "style"), f"{name}: error with {style} {NOT_YET}; use zero"
    if "boundary" not in switches:
        for list_name in ("tiers", "steps"):
            for at, row in enumerate(getattr(curve, list_name)):
                if row.boundary is not None:
                    yield ("curve", list_name, at, "boundary"), f"a boundary changes nothing for {style}; take it out"


def _faults_of_event_measure(component: Component, is_of_two: bool) -> Iterator[tuple[Place, str]]:
    """What rules about the measure of single events do not go with."""
    rule, place = component.event_measure, ("event_measure",)
    if rule is None:
        return
    if component.measure == "count" or is_of_two:
        yield place, f"a cap, floor or offset of counted events, or where pay is computed on another base, {NOT_YET}"
    if rule.cap is None and rule.floor is None and not rule.offset:
        yield place, "event_measure needs a cap, a floor or an offset"
    if any(bound is not None and bound <= 0 for bound in (rule.cap, rule.floor)):
        yield place, "a cap and a floor on a measure lie above 0"
    if rule.cap is not None and rule.floor is not None and rule.floor > rule.cap:
        yield place, f"the floor {rule.floor} lies above the cap {rule.cap}"


def _faults_of_carried_total(component: Component, switches: Mapping[str, Any]) -> Iterator[tuple[Place, str]]:
    """What a negative total that is carried does not go with."""
    if switches.get("negative_total") != "zero_carried":
        return
    curve, place = component.curve, ("conventions", "negative_total")
    if component.window in {"none", "plan_life"}:
        yield place, f"negative_total zero_carried needs a next window, and the window is {component.window}"
    if curve.style not in {"marginal", "step", "interpolated"} or curve.matrix:
        yield place, f"negative_total zero_carried with {curve.style} or a matrix {NOT_YET}: use zero_lost"
    if curve.offset is not None or starts_below_zero(curve):
        yield place, f"negative_total zero_carried with an offset or bounds below 0 {NOT_YET}: use zero_lost"
    if component.proration is not None or component.quota_block is not None or component.ramp:
        yield place, f"negative_total zero_carried with quotas that are spread, prorated or ramped {NOT_YET}"
    if has_reversals(component) and switches.get("reversal_window") != "current":
        yield (
            place,
            "negative_total zero_carried needs reversal_window current: what is returned in its own window, or taken "
            "back by a mirror, is carried by nothing",
        )


def starts_below_zero(curve: Curve) -> bool:
    """Whether the first bound of a curve lies below zero."""
    bounds = [tier.from_ for tier in curve.tiers] + [step.from_ for step in curve.steps]
    bounds += [point.at for point in curve.points]
    return bool(bounds) and bounds[0].strip().startswith("-")


def _faults_of_offset(component: Component, switches: Mapping[str, Any]) -> Iterator[tuple[Place, str]]:
    """What an offset does not go with."""
    curve, place = component.curve, ("curve", "offset")
    if curve.offset is None:
        return
    if curve.matrix or pays_shares(curve) or curve.excess_over is not None:
        yield place, f"an offset beside a matrix, tiers that pay shares, or an excess {NOT_YET}"
    if any(switches.get(name) == "error" for name in OUTSIDE):
        yield place, f"an offset with below_first or above_last error {NOT_YET}"
    if component.proration is not None and "bounds" in component.proration.of:
        yield place, f"an offset with prorated bounds {NOT_YET}"
    if component.window == "none":
        yield place, "with window none an offset is one of each event: write event_measure: {offset: ...}"
    if curve.offset.startswith("-") and switches.get("negative_total") != "zero_lost":
        yield place, "an offset below 0 leaves nothing out while the first tier goes on there: negative_total zero_lost"


def _words_of_events(component: Component, switches: Mapping[str, Any]) -> Iterator[tuple[Place, str]]:
    """Words for curves of events, which the curve of a period's pay does not take."""
    curve = component.curve
    for name, is_written in (
        ("intercept", curve.intercept is not None),
        ("excess_over", curve.excess_over is not None),
        ("offset", curve.offset is not None),
        ("tiers", pays_shares(curve)),
    ):
        if is_written:
            yield ("curve", name), f"{name} of this kind for a {component.event} {NOT_YET}"
    for name in OUTSIDE:
        if switches.get(name) == "error":
            yield ("curve", "style"), f"{name}: error for a {component.event} {NOT_YET}; use zero or flat"
