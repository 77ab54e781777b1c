"""What gates, multipliers and limits may not say, and what this version does not combine them with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any

from openspm.plans.crediting import FIELDS_OF_EVENT
from openspm.plans.curves import pays_shares
from openspm.plans.numbers import parse_amount, parse_ratio
from openspm.plans.reading import Place
from openspm.plans.refusals_prorations import prorated_limits_refused, prorated_plan_refused
from openspm.plans.schema import PERIOD_KINDS, Component, Limit, Multiplier, Plan, PlanLimit
from openspm.plans.schema.limits import MOST_MULTIPLIERS
from openspm.plans.switches import NOT_YET, has_reversals, is_two_measures

Message = tuple[Place, str]
FACTOR_FIELDS = {
    "opportunity_kind": "opportunity_kind_code",
    "activity_kind": "activity_kind_code",
    "outcome": "outcome_name",
    "lead_source": "lead_source_name",
}
WINDOWS = (*PERIOD_KINDS, "plan_life")
SPANS = ("event", "period", "window", "year")
# Above it a factor is a percentage that lacks its sign.
LARGEST_FACTOR = Decimal(10)


def is_share(bound: str) -> bool:
    """Whether a bound is written as attainment."""
    return bound.strip().endswith("%")


def limits_refused(plan: Plan, component: Component, switches: Mapping[str, Any]) -> Iterator[Message]:
    """Faults of a component's gate, multipliers and limits: a place within the component, and why."""
    yield from _gate(plan, component, switches)
    for position, multiplier in enumerate(component.multipliers):
        for key, message in _multiplier(plan, component, multiplier):
            yield ("multipliers", position, *key), message
    if len(component.multipliers) > MOST_MULTIPLIERS:
        yield ("multipliers",), f"more than {MOST_MULTIPLIERS} multipliers"
    yield from prorated_limits_refused(plan, component)
    caps = [("limits", limit) for limit in component.limits] + [("plan", limit) for limit in plan.limits]
    for position, limit in enumerate(component.limits):
        for message in _limit(component, limit, [one for _, one in caps], component.limits[:position]):
            yield ("limits", position), message
        for message in _floor_of_time(plan, component, limit):
            yield ("limits", position), message
        for message in _carried(plan, component, limit, switches):
            yield ("limits", position), message


def plan_limits_refused(plan: Plan) -> Iterator[Message]:
    """Faults of a plan's limits: a place within the plan, and why."""
    yield from prorated_plan_refused(plan)
    for position, limit in enumerate(plan.limits):
        place: Place = ("limits", position)
        if limit.cap is None and limit.floor is None:
            yield place, "a limit needs a cap or a floor"
        if (limit.cap is not None and limit.cap < 0) or (limit.floor is not None and limit.floor <= 0):
            yield place, "a cap is not below 0, and a floor above 0"
        if any(other.per == limit.per for other in plan.limits[:position]):
            yield place, f"two limits per {limit.per}; write cap and floor in one"
        for other in plan.limits:
            if limit.floor is None or other.cap is None or SPANS.index(limit.per) > SPANS.index(other.per):
                continue
            if limit.floor > other.cap:
                yield place, f"the floor {limit.floor} lies above the cap {other.cap} per {other.per}"


def _gate(plan: Plan, component: Component, switches: Mapping[str, Any]) -> Iterator[Message]:
    """Faults of a gate."""
    gate = component.gate
    if gate is None:
        return
    for key, message in _measured(plan, component, gate.measure, [gate.at_least]):
        yield ("gate", *key), message
    if not _bound(gate.at_least) > 0:
        yield ("gate", "at_least"), "a threshold lies above 0"
    if not 0 <= gate.while_closed < 1:
        yield ("gate", "while_closed"), "what is paid while the gate is closed is a share from 0 to below 1"
    yield from _locked_tiers(plan, component)
    reading = switches.get("gate_reading", "period_end")
    opening, closing = (switches.get(f"gate_{name}") for name in ("opening", "closing"))
    if reading == "period_end" and opening in {"event", "above"}:
        yield (
            ("gate",),
            f"gate_opening {opening} needs gate_reading event; at the end of a period use release or period",
        )
    if closing == "take_back" and opening != "release":
        yield ("gate",), f"gate_closing take_back with gate_opening {opening} {NOT_YET}: use release, or keep"
    changes_earlier = opening == "release" or (opening == "period" and reading == "event")
    measured = next((one for one in plan.components if one.component_id == gate.measure), component)
    has_mirrors = any(map(has_reversals, (component, measured))) and switches.get("reversal_window") == "mirror"
    if has_mirrors and changes_earlier and measured.window != component.window:
        yield (
            ("gate",),
            "a gate that changes earlier lines by a measure of a longer window, with reversal_window mirror, "
            f"{NOT_YET}; use a measure of the component's own window",
        )
    if has_mirrors and closing == "take_back":
        yield (
            ("gate",),
            f"gate_closing take_back with reversal_window mirror {NOT_YET}: what mirrors a sale is no event at which a "
            "gate is read; use keep, or reversal_window current",
        )


def _locked_tiers(plan: Plan, component: Component) -> Iterator[Message]:
    """Faults of a gate that locks tiers alone."""
    gate, curve, place = component.gate, component.curve, ("gate", "locked_from")
    if gate is None or gate.locked_from is None:
        return
    if gate is plan.gate:
        yield place, "tiers are those of a component: write the gate there"
    if gate.while_closed:
        yield place, "while_closed is a share of the whole line; take it or locked_from out"
    if curve.style not in {"marginal", "whole_event_before", "whole_event_after"} or curve.matrix:
        yield place, f"a gate that locks tiers of {curve.style}, or of a matrix, {NOT_YET}"
    elif curve.style == "marginal" and is_two_measures(component):
        yield place, f"a gate that locks tiers where pay is computed on another base {NOT_YET}"
    if curve.excess_over is not None or curve.offset is not None or component.ramp or pays_shares(curve):
        yield place, f"a gate that locks tiers beside an excess, an offset, a ramp or pays_share {NOT_YET}"
    bounds = [tier.from_ for tier in curve.tiers[1:]]
    if all(_bound(one) != _bound(gate.locked_from) for one in bounds):
        yield place, f"no tier above the first begins at {gate.locked_from}; choose from {', '.join(bounds) or 'none'}"


def _multiplier(plan: Plan, component: Component, multiplier: Multiplier) -> Iterator[Message]:
    """Faults of a multiplier."""
    kinds = [bool(multiplier.tiers), multiplier.where is not None, multiplier.input is not None]
    if sum(kinds) != 1:
        yield (
            (),
            "a multiplier has tiers (by a measure), where (by an attribute) or input (of the payee), and one of them",
        )
        return
    if (multiplier.factor is not None) != (multiplier.where is not None):
        yield (), "factor belongs to where"
    for name in FACTOR_FIELDS:
        if multiplier.where is None or getattr(multiplier.where, name) is None:
            continue
        event = _event_of(plan, component)
        allowed = FIELDS_OF_EVENT.get(event, frozenset()) & set(FACTOR_FIELDS)
        if name not in allowed:
            yield ("where", name), f"a {event} has no {name}; choose from {', '.join(sorted(allowed))}"
    if multiplier.measure is not None and not multiplier.tiers:
        yield ("measure",), "measure belongs to tiers"
    bounds = (multiplier.lowest, multiplier.highest)
    if (multiplier.input is not None) != all(bound is not None for bound in bounds) or (
        multiplier.input is None and any(bound is not None for bound in bounds)
    ):
        yield (), "lowest and highest belong to input, and an input needs both"
    elif (
        multiplier.lowest is not None
        and multiplier.highest is not None
        and not 0 <= multiplier.lowest <= multiplier.highest
    ):
        yield ("lowest",), "lowest lies from 0 to highest"
    factors = [tier.factor for tier in multiplier.tiers] + (
        [multiplier.factor] if multiplier.factor is not None else []
    )
    if any(factor < 0 for factor in factors):
        yield (), "a factor is not below 0"
    for factor in (*factors, *([multiplier.highest] if multiplier.highest is not None else [])):
        if factor > LARGEST_FACTOR:
            yield (), f"a factor of {factor} is {factor * 100:f} %; write {factor} % or {factor / 100}"
    if multiplier.tiers:
        written = [tier.from_ for tier in multiplier.tiers]
        yield from _measured(plan, component, multiplier.measure, written)
        values = [_bound(bound) for bound in written]
        if values[0] != 0 or any(low >= high for low, high in pairwise(values)):
            yield ("tiers",), "tiers begin at 0 and rise"
        if len({is_share(bound) for bound in written if _bound(bound) != 0}) > 1:
            yield ("tiers",), "bounds are all amounts or all attainments"


def _event_of(plan: Plan, component: Component) -> str:
    """The event that a line is for: of a SPIFF the one that the component counts that it reads."""
    if component.spiff is None:
        return component.event
    return next((one.event for one in plan.components if one.component_id == component.spiff.of), component.event)


def _bound(bound: str) -> Any:
    """A bound as a number."""
    return parse_ratio(bound) if is_share(bound) else parse_amount(bound)


def _measured(plan: Plan, component: Component, name: str | None, bounds: Sequence[str]) -> Iterator[Message]:
    """Faults of the measure that a gate or multiplier reads."""
    measured = component if name is None else next((one for one in plan.components if one.component_id == name), None)
    if measured is None:
        names = ", ".join(one.component_id for one in plan.components)
        yield ("measure",), f"{name} is no component of the plan; choose from {names}"
        return
    if component.window not in WINDOWS or measured.window not in WINDOWS:
        yield (), f"a measure of single events (window none) {NOT_YET} for gates and multipliers"
        return
    if WINDOWS.index(measured.window) < WINDOWS.index(component.window):
        yield ("measure",), f"the window of {measured.component_id} is shorter than that of {component.component_id}"
    has_quota = measured.is_quota_needed or measured.curve.over == "attainment"
    if any(is_share(bound) and _bound(bound) != 0 for bound in bounds) and not has_quota:
        yield ("measure",), f"attainment of {measured.component_id} needs its quota: write quota: required there"


def _floor_of_time(plan: Plan, component: Component, limit: Limit) -> Iterator[str]:
    """Faults of a floor of a window or a year."""
    if limit.floor is None or limit.per not in {"window", "year"}:
        return
    window = component.window if limit.per == "window" else "year"
    if window == "plan_life":
        yield "a floor of the plan's life has no day on which it is due"
    elif window in PERIOD_KINDS and PERIOD_KINDS.index(window) < PERIOD_KINDS.index(plan.pay_every):
        yield f"the window {window} is shorter than pay_every {plan.pay_every}: use a floor per period"


def _carried(plan: Plan, component: Component, limit: Limit, switches: Mapping[str, Any]) -> Iterator[str]:
    """Faults of what is carried above the cap of a period."""
    is_carried = limit.per == "period" and limit.cap is not None and switches.get("cap_excess") == "carried"
    if not is_carried:
        if limit.carried_periods is not None:
            yield "carried_periods belongs to a cap per period with cap_excess carried"
        return
    if limit.carried_periods is None:
        yield "with cap_excess carried a cap says for how many periods: write carried_periods"
    if limit.before_multipliers:
        yield f"carrying what lies above a cap before multipliers {NOT_YET}"
    if any(other.cap is not None for other in plan.limits) or any(
        other.cap is not None and other.per in {"window", "year"} for other in component.limits
    ):
        yield f"carrying what lies above a cap, under a cap of a longer time or of the plan, {NOT_YET}"
    if has_reversals(component) and switches.get("reversal_window") == "mirror":
        yield f"carrying what lies above a cap, with reversal_window mirror, {NOT_YET}"
    if component.triggers or component.holdback is not None or component.clawback is not None:
        yield f"carrying what lies above a cap, beside triggers, a holdback or a clawback, {NOT_YET}"


def _limit(
    component: Component, limit: Limit, all_limits: Sequence[Limit | PlanLimit], earlier: Sequence[Limit]
) -> Iterator[str]:
    """Faults of a limit."""
    if limit.cap is None and limit.floor is None:
        yield "a limit needs a cap or a floor"
    if (limit.cap is not None and limit.cap < 0) or (limit.floor is not None and limit.floor <= 0):
        yield "a cap is not below 0, and a floor above 0"
    if limit.per == "window" and component.window == "none":
        yield "there is no window to add up over: the window is none"
    if limit.floor is not None and limit.before_multipliers and limit.per != "event":
        yield f"a floor per {limit.per} before multipliers {NOT_YET}"
    if any((one.per, one.before_multipliers) == (limit.per, limit.before_multipliers) for one in earlier):
        yield f"two limits per {limit.per} in one place; write cap and floor in one"
    for other in all_limits:
        if limit.floor is None or other.cap is None or SPANS.index(limit.per) > SPANS.index(other.per):
            continue
        if limit.floor > other.cap:
            yield f"the floor {limit.floor} lies above the cap {other.cap} per {other.per}"
