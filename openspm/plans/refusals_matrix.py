"""What a matrix may not say or combine: a place within the component, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from openspm.plans.curves import CurveFault
from openspm.plans.matrix import axis_bounds, cell_count
from openspm.plans.reading import Place
from openspm.plans.refusals_limits import WINDOWS
from openspm.plans.schema import PERIOD_EVENTS, RATIO_EVENTS, Component, MatrixAxis, Plan
from openspm.plans.schema.matrix import MOST_CELLS
from openspm.plans.switches import NOT_YET, has_reversals, is_two_measures

STYLES = ("marginal", "whole_event_before", "whole_event_after", "retroactive", "step")
# What these owe is a function of totals: it is exact where a window has one reading of every axis.
STYLES_OF_TOTALS = frozenset({"retroactive", "step"})
Message = tuple[Place, str]


def matrix_refused(plan: Plan, component: Component, switches: Mapping[str, Any]) -> Iterator[Message]:
    """Everything that is wrong with the matrix of a component of events."""
    curve = component.curve
    if not curve.matrix:
        return
    if cell_count(curve) > MOST_CELLS:
        yield ("curve", "matrix"), f"a matrix has at most {MOST_CELLS} cells"
    if curve.style not in STYLES:
        yield ("curve", "style"), f"{curve.style} in a matrix {NOT_YET}; choose {', '.join(STYLES)}"
    for name in ("intercept", "excess_over", "target", "target_share"):
        if getattr(curve, name) is not None:
            yield ("curve", name), f"{name} in a matrix {NOT_YET}"
    for name in ("below_first", "above_last"):
        if switches.get(name) == "error":
            yield ("curve", "style"), f"{name}: error for the tiers of a matrix {NOT_YET}; use zero"
    if curve.style == "marginal" and is_two_measures(component):
        yield ("curve", "matrix"), f"a marginal matrix where pay is computed on another base {NOT_YET}"
    if has_reversals(component) and switches.get("reversal_window") not in {None, "mirror"}:
        yield ("curve", "matrix"), "a line keeps the rate of its cell: reversal_window must be mirror"
    if curve.style in STYLES_OF_TOTALS:
        yield from _faults_of_totals(plan, component, switches)
    for number, axis in enumerate(curve.matrix):
        yield from _axis(plan, component, axis, number, switches)


def reading_of(axis: MatrixAxis, switches: Mapping[str, Any]) -> Any:
    """When an axis is read."""
    return axis.reading or switches.get("matrix_reading")


def _faults_of_totals(plan: Plan, component: Component, switches: Mapping[str, Any]) -> Iterator[Message]:
    """Totals need one cell for a whole window."""
    style = component.curve.style
    if has_reversals(component):
        yield ("curve", "style"), f"{style} in a matrix for invoices {NOT_YET}; use marginal"
    if component.window != plan.pay_every or any(
        reading_of(axis, switches) == "event" for axis in component.curve.matrix
    ):
        yield (
            ("curve", "matrix"),
            f"{style} pays by what a window comes to, so a window needs one cell: write matrix_reading period_end, "
            f"and the window of pay_every, {plan.pay_every}",
        )
    if switches.get("catch_up") == "events_re_rated":
        yield ("curve", "matrix"), f"catch_up events_re_rated in a matrix {NOT_YET}; use crossing_event"


def _axis(
    plan: Plan, component: Component, axis: MatrixAxis, number: int, switches: Mapping[str, Any]
) -> Iterator[Message]:
    """Faults of one axis."""
    place: Place = ("curve", "matrix", number)
    others = [one for one in plan.components if one.component_id != component.component_id]
    allowed = [one for one in others if one.event not in PERIOD_EVENTS - RATIO_EVENTS]
    measured = next((one for one in allowed if one.component_id == axis.measure), None)
    if measured is None:
        names = ", ".join(one.component_id for one in allowed) or "none, this plan has no other"
        yield (
            (*place, "measure"),
            f"{axis.measure} is no other component of the plan that adds up events, or has a ratio or objectives; "
            f"choose from {names}",
        )
        return
    if any(other.measure == axis.measure for other in component.curve.matrix[:number]):
        yield (*place, "measure"), f"two axes read {axis.measure}"
    try:
        _, is_share = axis_bounds(axis)
    except CurveFault:
        # Compiling the curve says it.
        return
    if axis.above_last is not None and axis.to is None:
        yield (*place, "above_last"), "above_last belongs to an axis with a `to`"
    if component.window not in WINDOWS:
        yield ("window",), f"a matrix for single events (window none) {NOT_YET}"
        return
    if measured.event in RATIO_EVENTS:
        if reading_of(axis, switches) == "event":
            yield (
                (*place, "reading"),
                f"{axis.measure} is known at the end of a pay period: its reading is period_end",
            )
        if measured.quota == "required":
            yield (*place, "measure"), f"the attainment of a ratio against a quota {NOT_YET}: read one without a quota"
        if not is_share:
            yield (*place, "bounds"), f"{axis.measure} is a ratio: write bounds like 40 %"
        return
    if measured.window not in WINDOWS or WINDOWS.index(measured.window) < WINDOWS.index(component.window):
        yield (
            (*place, "measure"),
            f"the window of {axis.measure} is {measured.window}, shorter than that of {component.component_id}",
        )
    if is_share and not measured.is_quota_needed and measured.curve.over != "attainment":
        yield (*place, "bounds"), f"attainment of {axis.measure} needs its quota: write quota: required there"
