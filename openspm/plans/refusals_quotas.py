"""What a component may not combine in its quota, proration, ramp and target: a place within it, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import pairwise
from typing import Any

from openspm.plans.currencies import minor_unit_digits
from openspm.plans.reading import Place
from openspm.plans.refusals_prorations import faults_between_prorations
from openspm.plans.schema import (
    PERIOD_EVENTS,
    PERIOD_KINDS,
    RATIO_EVENTS,
    Component,
    Curve,
    Limit,
    Plan,
    PlanLimit,
    Point,
    Proration,
    Quota,
    Spread,
    Step,
)
from openspm.plans.schema.quotas import PRORATED_TERMS
from openspm.plans.switches import NOT_YET

MONTHS_IN = {"month": 1, "quarter": 3, "half": 6, "year": 12}
RAMP_DECIMALS = 4
CHANGE_SWITCHES = ("plan_version_change", "quota_change", "target_change", "transfer")
FIXED_DAYS = frozenset({"days_360", "days_365"})


def quota_faults(plan: Plan, component: Component, switches: Mapping[str, Any]) -> Iterator[tuple[Place, str]]:
    """Everything that is wrong with what a component is measured against."""
    block = component.quota_block
    yield from _faults_of_periods(plan, component, switches)
    if block is not None:
        yield from _faults_of_quota(plan, component, block)
    if component.curve.target_share is not None:
        yield from _faults_of_target(component)
    if component.proration is not None:
        yield from _faults_of_proration(component, component.proration, switches)
    if component.ramp:
        yield from _faults_of_ramp(component, switches)
    for name in CHANGE_SWITCHES:
        if switches.get(name) == "segment" and component.window != "none" and not component.prorates_terms:
            yield (
                ("window",),
                f"{name} segment begins a new window with prorated terms: write proration, such as {{of: [quota]}}",
            )


def faults_between_terms(
    one: tuple[Component, Mapping[str, Any]], other: tuple[Component, Mapping[str, Any]]
) -> Iterator[tuple[str, str]]:
    """What must be equal in two versions of a component, so that the parts of a window can add up: a key, and why."""
    if _prorated_terms(one[0]) != _prorated_terms(other[0]):
        yield "proration", "proration of the quota, the target or bounds differs between versions"
    if one[0].ramp != other[0].ramp:
        yield "ramp", "ramp differs between versions"
    yield from faults_between_prorations(one, other)
    for name in ("tenure_from", "tenure_month", "transfer", "quota_change"):
        if name in one[1] and name in other[1] and one[1][name] != other[1][name]:
            yield "conventions", f"the switch {name} differs between versions"


def _prorated_terms(component: Component) -> frozenset[str]:
    """What of the terms of a window is prorated."""
    return PRORATED_TERMS.intersection(() if component.proration is None else component.proration.of)


def _faults_of_quota(plan: Plan, component: Component, block: Quota) -> Iterator[tuple[Place, str]]:
    """A quota block that does not fit the window or does not add up."""
    if component.window not in PERIOD_KINDS:
        yield ("quota",), f"a quota belongs to a period of the calendar, and the window is {component.window}"
        return
    if component.curve.over == "attainment" and block.needed == "optional":
        yield ("quota", "needed"), "a curve over attainment needs the quota; take `needed` out"
    per = block.per or component.window
    count, rest = divmod(MONTHS_IN[per], MONTHS_IN[component.window])
    if rest or count < 1:
        yield ("quota", "per"), f"a quota per {per} cannot be spread over windows of a {component.window}"
        return
    digits = 0 if block.amount is None else minor_unit_digits(plan.currency)
    if block.amount is not None and count > 1 and round(block.amount, digits) != block.amount:
        yield ("quota", "amount"), f"{block.amount} has more than the {digits} decimals that shares of it can have"
    if isinstance(block.spread, Spread):
        yield from _faults_of_spread(block, block.spread, count)


def _faults_of_spread(block: Quota, spread: Spread, count: int) -> Iterator[tuple[Place, str]]:
    """Weights or amounts that are too few, too many, or do not add up."""
    if bool(spread.weights) == bool(spread.amounts):
        yield ("quota", "spread"), "write either weights or amounts, or `spread: even`"
        return
    parts = spread.weights or spread.amounts
    if len(parts) != count:
        yield ("quota", "spread"), f"{len(parts)} parts are written, and the period has {count} windows"
    if spread.weights and sum(spread.weights, Decimal(0)) != 1:
        yield (
            ("quota", "spread"),
            f"the weights add up to {sum(spread.weights, Decimal(0)) * 100:f} %, and not to 100 %",
        )
    if spread.amounts and block.amount is None:
        yield ("quota", "spread"), "amounts are parts of `amount`, which is missing"
    elif spread.amounts and sum(spread.amounts, Decimal(0)) != block.amount:
        yield (
            ("quota", "spread"),
            f"the amounts add up to {sum(spread.amounts, Decimal(0)):f}, and not to {block.amount}",
        )


def period_terms_faults(component: Component, switches: Mapping[str, Any]) -> Iterator[tuple[Place, str]]:
    """What a component that pays for a period may not say of its quota, proration, ramp and target."""
    event, curve = component.event, component.curve
    is_of_target = event in RATIO_EVENTS
    if component.ramp:
        yield from _faults_of_ramped_target(component)
    if component.quota_block is not None:
        yield ("quota",), f"a quota block of a component that pays for a period {NOT_YET}; write required"
    if component.proration is not None and event == "fixed":
        yield ("proration",), "what a part of a period pays of a fixed amount says partial_period; take proration out"
    elif component.proration is not None and not is_of_target:
        yield ("proration",), f"proration of a component that pays for a period ({event}) {NOT_YET}"
    elif component.proration is not None and set(component.proration.of) != {"target"}:
        yield ("proration", "of"), f"of a {event} the target is prorated, and nothing else: write {{of: [target]}}"
    elif component.proration is not None and curve.target is None and curve.target_share is None:
        yield ("proration", "of"), "the curve has no target to prorate"
    elif component.proration is not None and not is_paid_by_target(curve):
        yield ("proration", "of"), "the curve pays amounts and no shares of target: write pays_share"
    if curve.target_share is not None and curve.target is not None:
        yield ("curve", "target_share"), "write target or target_share, not both"
    if curve.target_share is not None and not is_paid_by_target(curve):
        yield ("curve", "target_share"), "target_share belongs to tiers, and to points and steps that take pays_share"
    if event != "linked" and switches.get("plan_version_change", "continue") != "continue":
        yield (
            ("event",),
            f"plan_version_change {switches['plan_version_change']} of a component that pays for a period {NOT_YET}"
            "; use continue",
        )
    if switches.get("target_change") == "segment":
        yield (
            ("curve", "target_share"),
            f"target_change segment of a {event}, which has one window, {NOT_YET}: use restate or continue",
        )


def _faults_of_ramped_target(component: Component) -> Iterator[tuple[Place, str]]:
    """A ramp of what pays for a period: of the pay of objectives and ratios, month by month."""
    event = component.event
    if event not in RATIO_EVENTS:
        yield ("ramp",), f"a ramp of a component that pays for a period ({event}) {NOT_YET}"
        return
    if component.window != "month":
        yield (
            ("ramp",),
            f"a ramp of a {event} over a {component.window}, in which months of tenure differ, {NOT_YET}; use the "
            "window month",
        )
    for position, step in enumerate(component.ramp):
        if step.quota is not None:
            yield ("ramp", position, "quota"), f"a ramp of the quota of a {event} {NOT_YET}: write rate"
    yield from _faults_of_ramp_steps(component)
    yield from _faults_of_ramped_rates(component)


def is_paid_by_target(curve: Curve) -> bool:
    """Whether what a ratio earns is a share of its target."""
    rows: tuple[Point | Step, ...] = (*curve.points, *curve.steps)
    return all(row.pays_share is not None for row in rows)


def _faults_of_periods(plan: Plan, component: Component, switches: Mapping[str, Any]) -> Iterator[tuple[Place, str]]:
    """What reads whole windows of others, and what others read."""
    is_ruled = plan.limits or any(
        one.gate or one.multipliers or one.limits or one.curve.matrix
        for one in plan.components
        if one.event not in PERIOD_EVENTS or component.component_id in _names_in_rules(one)
    )
    is_read = component.component_id in _names_read(plan)
    if is_read and component.window in PERIOD_KINDS and MONTHS_IN[component.window] < MONTHS_IN[plan.pay_every]:
        yield (
            ("window",),
            f"the window {component.window} is shorter than pay_every {plan.pay_every}, and a component that pays for "
            f"periods reads it: that {NOT_YET}; use the window {plan.pay_every} or pay_every {component.window}",
        )
    if is_ruled:
        yield from _faults_beside_rules(plan, component, switches)
    if plan.draws and switches.get("plan_version_change") == "restate":
        yield ("component_id",), f"plan_version_change restate in a plan with draws {NOT_YET}; use continue or segment"
    if is_read:
        for name in CHANGE_SWITCHES:
            if switches.get(name) == "segment":
                yield ("component_id",), f"{name} segment of a component that another one reads {NOT_YET}"


def _faults_beside_rules(plan: Plan, component: Component, switches: Mapping[str, Any]) -> Iterator[tuple[Place, str]]:
    """Changes inside a window that gates, multipliers and limits would read in two ways."""
    limits: tuple[Limit | PlanLimit, ...] = (*component.limits, *plan.limits)
    floors = [limit for limit in limits if limit.floor is not None and limit.per != "event"]
    if switches.get("plan_version_change") == "restate" and floors:
        yield (
            ("component_id",),
            f"plan_version_change restate beside a floor per {floors[0].per} {NOT_YET}; use continue",
        )
    for name in ("quota_change", "target_change"):
        if switches.get(name) == "continue" and any(one.curve.matrix for one in plan.components):
            yield ("component_id",), f"{name} continue in a plan with a matrix {NOT_YET}; use restate"
    segmented = [name for name in CHANGE_SWITCHES if switches.get(name) == "segment"]
    if segmented and any(limit.per == "window" for limit in component.limits):
        yield ("limits",), f"a limit per window beside {segmented[0]} segment {NOT_YET}; write it per period or year"
    if segmented and _reads_another(plan, component):
        other = "restate" if segmented[0] in {"quota_change", "target_change"} else "continue"
        yield (
            ("component_id",),
            f"{segmented[0]} segment where a rule reads the measure of another component {NOT_YET}; use {other}",
        )


def _names_in_rules(component: Component) -> set[str | None]:
    """Components whose measure its gate and multipliers read."""
    found = {multiplier.measure for multiplier in component.multipliers}
    return found | ({component.gate.measure} if component.gate is not None else set())


def _reads_another(plan: Plan, component: Component) -> bool:
    """Whether a rule of a component reads another's measure, or another's rule reads its own."""
    for one in plan.components:
        read = _names_in_rules(one) | {multiplier.measure for multiplier in plan.multipliers}
        read |= {axis.measure for axis in one.curve.matrix} | ({plan.gate.measure} if plan.gate else set())
        others = {name for name in read if name is not None and name != one.component_id}
        if component.component_id in others or (one is component and others):
            return True
    return False


def _names_read(plan: Plan) -> set[str | None]:
    """Components whose measure another component reads."""
    found: set[str | None] = set()
    for one in plan.components:
        for block in (one.pool, one.contest, one.ratio):
            for key in ("of", "numerator", "denominator"):
                found.add(getattr(block, key, None))
        found |= {part.measure for part in one.ratio.weighted} if one.ratio is not None else set()
    return found


def _faults_of_target(component: Component) -> Iterator[tuple[Place, str]]:
    """A personal target without a window, or beside another one."""
    if component.curve.target is not None:
        yield ("curve", "target_share"), "write target or target_share, not both"
    if component.window not in PERIOD_KINDS:
        yield (
            ("curve", "target_share"),
            f"a target of a year is spread over periods of the calendar, and the window is {component.window}",
        )
    if component.curve.style != "interpolated" or component.curve.points[:1] == ():
        yield ("curve", "target_share"), "target_share belongs to points that pay a share: style interpolated"
    elif component.curve.points[0].pays_share is None:
        yield ("curve", "points"), "with target_share every point takes pays_share"


def _faults_of_proration(
    component: Component, proration: Proration, switches: Mapping[str, Any]
) -> Iterator[tuple[Place, str]]:
    """Proration of nothing, or of something that is not there."""
    is_of_window = proration.is_of_terms or any(limit.per == "window" for limit in component.limits)
    if component.window not in PERIOD_KINDS and is_of_window:
        yield ("proration",), f"days are counted against a period, and the window is {component.window}"
    if proration.is_of_terms and _pays_at_zero(component.curve, switches.get("below_first")):
        yield ("proration",), f"proration of a curve that pays at a measure of 0 {NOT_YET}: each segment would pay it"
    for name in proration.of:
        if name == "bounds" and component.curve.over == "attainment":
            yield ("proration", "of"), "bounds follow the quota here; prorate the quota"
        if name == "bounds" and component.curve.excess_over is not None:
            yield ("proration", "of"), f"prorated bounds beside excess_over {NOT_YET}"
        if name == "target" and component.curve.target is None and component.curve.target_share is None:
            yield ("proration", "of"), "the curve has no target to prorate"


def _pays_at_zero(curve: Curve, below_first: str | None) -> bool:
    """Whether the first credit of a window is paid something that is no part of its measure."""
    first = curve.points[0].at if curve.points else curve.steps[0].from_ if curve.steps else "1"
    pays = curve.points[0] if curve.points else curve.steps[0] if curve.steps else None
    begins = pays is not None and bool(pays.pays or pays.pays_share)
    if curve.points and first.strip("0. %"):
        return below_first in {"flat", "extend"}
    return curve.intercept is not None or (begins and not first.strip("0. %"))


def _faults_of_ramp(component: Component, switches: Mapping[str, Any]) -> Iterator[tuple[Place, str]]:
    """Ramps of the quota and of the rate."""
    yield from _faults_of_ramp_steps(component)
    if any(step.quota is not None for step in component.ramp):
        if component.proration is None or "quota" not in component.proration.of:
            yield ("ramp",), "a ramp of the quota weighs days: write proration: {of: [quota]}"
        elif switches.get("proration_days") in FIXED_DAYS:
            yield ("ramp",), f"a ramp of the quota with proration_days {switches['proration_days']} {NOT_YET}"
    if component.curve.matrix and any(step.rate is not None for step in component.ramp):
        yield ("ramp",), f"a ramp of the rates of a matrix {NOT_YET}"
    yield from _faults_of_ramped_rates(component)


def _faults_of_ramp_steps(component: Component) -> Iterator[tuple[Place, str]]:
    """Steps that do not rise, or say nothing."""
    for position, (one, other) in enumerate(pairwise(component.ramp)):
        if other.to_month <= one.to_month:
            yield ("ramp", position + 1), "steps of a ramp stand in rising order of to_month"
    for position, step in enumerate(component.ramp):
        if step.quota is None and step.rate is None:
            yield ("ramp", position), "a step of a ramp says a share of the quota, of the rate, or both"
        for share in (step.quota, step.rate):
            if share is not None and round(share, RAMP_DECIMALS) != share:
                yield ("ramp", position), f"{share} has more than {RAMP_DECIMALS} decimals"


def _faults_of_ramped_rates(component: Component) -> Iterator[tuple[Place, str]]:
    """Curves whose rates have no shares by tenure."""
    if all(step.rate is None for step in component.ramp):
        return
    curve = component.curve
    if curve.intercept is not None or any(tier.pays_share is not None for tier in curve.tiers):
        yield ("ramp",), f"a ramp of the rate beside an intercept or tiers that pay shares {NOT_YET}"
