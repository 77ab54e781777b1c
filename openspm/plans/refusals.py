"""What a component may not combine: switches left open that matter to it, and rules that this version does not pay.

Every refusal is a fault with a line; nothing that a plan says is ever ignored.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from openspm.plans.compile_currencies import payout_faults
from openspm.plans.compile_payables import payable_faults, plan_payable_faults, recomputed_faults
from openspm.plans.crediting import credit_faults
from openspm.plans.curve_refusals import curve_combinations
from openspm.plans.curves import CompiledTier, CurveFault
from openspm.plans.matrix import compile_cells
from openspm.plans.reading import Document, Fault, Place
from openspm.plans.refusals_bonuses import faults_of_blocks, faults_of_period
from openspm.plans.refusals_closes import late_event_faults
from openspm.plans.refusals_limits import limits_refused, plan_limits_refused
from openspm.plans.refusals_matrix import matrix_refused
from openspm.plans.refusals_quotas import quota_faults
from openspm.plans.schema import PERIOD_EVENTS, Component, Plan
from openspm.plans.switches import NOT_YET, PATH_STYLES, SWITCHES, chosen, has_reversals, is_two_measures

# Words of other systems, and what says the same here; a plan that writes one is told so instead of "unknown key".
OTHER_WORDS = {
    "accelerators": "tiers with higher rates, or multipliers",
    "advance": "draws, with draw_disbursement: in_advance",
    "caps": "limits, such as {per: period, cap: 5000}; event_measure caps what one deal counts",
    "carry": "cap_excess: carried for pay above a cap, carried_periods for how long",
    "clawbacks": "clawback",
    "excess": "cap_excess in conventions for pay above a cap, excess_over for a curve that pays what lies above a sum",
    "floors": "limits, such as {per: period, floor: 500}",
    "gates": "gate; a plan of several components may have one each",
    "holdbacks": "holdback",
    "hurdle": "gate with at_least, or a first tier with rate 0",
    "limit": "limits",
    "multiplier": "multipliers",
    "payable": "triggers",
    "release": "gate_opening: release for a gate, released for a holdback",
    "trigger": "triggers",
    "windfall": "event_measure, such as {cap: 100000}, for what one deal may count",
    "windfalls": "event_measure, such as {cap: 100000}, for what one deal may count",
}


@dataclass(frozen=True)
class CheckedComponent:
    """A component that can be paid.

    Attributes:
        switches: the choice for each switch that matters to it.
        tiers: its curve, from minus to plus infinity.
        line: line in the plan's file.
    """

    component: Component
    switches: Mapping[str, Any]
    tiers: tuple[CompiledTier, ...]
    line: int


def other_words(document: Document) -> Iterator[Fault]:
    """Keys that this language writes otherwise, and choices that are not in this version."""

    def walk(content: Any, place: Place) -> Iterator[Fault]:
        if isinstance(content, dict):
            for key, value in content.items():
                if key in OTHER_WORDS:
                    yield document.fault((*place, key), f"{key} is no word of plans; write {OTHER_WORDS[key]}")
                else:
                    yield from walk(value, (*place, key))
        elif isinstance(content, list):
            for position, item in enumerate(content):
                yield from walk(item, (*place, position))

    yield from walk(document.content, ())
    yield from refused_choices(document.content, document, ())


def refused_choices(content: Any, document: Document, place: Place) -> Iterator[Fault]:
    """Choices of conventions blocks that are known and refused."""
    if isinstance(content, list):
        for position, item in enumerate(content):
            yield from refused_choices(item, document, (*place, position))
    if not isinstance(content, dict):
        return
    for key, value in content.items():
        if key != "conventions" or not isinstance(value, dict):
            yield from refused_choices(value, document, (*place, key))
            continue
        for switch in SWITCHES:
            reason = switch.refused.get(str(value.get(switch.name)))
            if reason:
                yield document.fault((*place, key, switch.name), f"{switch.name}: {value[switch.name]} {reason}")


def check_component(
    plans: Sequence[Plan], position: int, company_conventions: BaseModel, has_versions: bool, document: Document
) -> CheckedComponent | list[Fault]:
    """Check one component of a plan.

    Args:
        plans: the plan, and the plan whose components have its rules in place of theirs, where it has some.
        position: of the component in it, from 0.
        company_conventions: the company's conventions block.
        has_versions: whether the plan has another version.
        document: the file, for lines.

    Returns:
        The component with its switches and tiers, or every fault.
    """
    component = plans[0].components[position]
    place: Place = ("components", position)
    met = [(plan, plan.components[position]) for plan in plans]

    def choice(name: str) -> Any:
        return chosen(name, component.conventions, plans[0].conventions, company_conventions)

    switches = {
        switch.name: choice(switch.name)
        for switch in SWITCHES
        if any(switch.matters(one, has_versions) or switch.matters_in(plan, one) for plan, one in met)
    }
    switches |= {switch.name: choice(switch.name) for switch in SWITCHES if switch.matters_beside(switches)}
    faults = [
        document.fault(
            place,
            f"{component.component_id}: the switch {switch.name} matters here ({switch.matters_when}) and is left "
            f"open; choose {_choices(switch.choices)} in conventions of the component, the plan or company.yml",
        )
        for switch in SWITCHES
        if switch.name in switches and switches[switch.name] is None
    ]
    combined = [fault for plan, one in met for fault in _combinations(plan, one, switches)]
    faults += [
        document.fault((*place, *key), f"{component.component_id}: {message}")
        for key, message in dict.fromkeys(combined)
    ]
    if faults:
        return faults
    try:
        tiers = compile_cells(component, switches)
    except CurveFault as fault:
        return [document.fault((*place, "curve", *fault.key), f"{component.component_id}: {fault}")]
    return CheckedComponent(component, switches, tuple(tiers), document.line(place))


def plan_switches(
    plan: Plan, company_conventions: BaseModel, document: Document
) -> tuple[Mapping[str, Any], list[Fault]]:
    """The choice for each switch that matters to a plan as a whole, and a fault for each that is left open."""
    switches = {
        switch.name: chosen(switch.name, plan.conventions, company_conventions) or switch.default
        for switch in SWITCHES
        if switch.matters_to_plan(plan)
    }
    faults = [
        document.fault(
            ("plan_id",),
            f"{plan.plan_id}: the switch {switch.name} matters here ({switch.matters_when}) and is left open; choose "
            f"{_choices(switch.choices)} in conventions of the plan or company.yml",
        )
        for switch in SWITCHES
        if switch.name in switches and switches[switch.name] is None
    ]
    faults += [document.fault(place, f"{plan.plan_id}: {message}") for place, message in plan_limits_refused(plan)]
    faults += [document.fault(place, message) for place, message in plan_payable_faults(plan, switches)]
    faults += [document.fault(place, message) for place, message in payout_faults(plan)]
    faults += [document.fault(place, message) for place, message in late_event_faults(plan, switches)]
    return switches, faults


def _choices(choices: Mapping[str, str]) -> str:
    """The choices of a switch for a sentence."""
    return " or ".join(choices) if choices else "a number, such as 0"


def _combinations(plan: Plan, component: Component, switches: Mapping[str, Any]) -> Iterator[tuple[Place, str]]:
    """What is combined and must not be: a place within the component, and why."""
    style, over, base = component.curve.style, component.curve.over, component.base or component.measure
    yield from faults_of_blocks(component)
    yield from curve_combinations(component, switches)
    if component.event in PERIOD_EVENTS:
        yield from faults_of_period(plan, component, switches)
        yield from payable_faults(component, switches)
        return
    if component.event in {"activity", "lead_conversion"} and "amount" in {component.measure, base}:
        yield ("measure",), f"a {component.event} has no amount; count them: measure: count"
    if component.event == "margin" and "count" in {component.measure, base}:
        yield ("measure",), "a margin is not counted; count invoices: event: invoice"
    if component.measure == "count" and base == "amount" and style in {"step", "interpolated"}:
        yield ("base",), f"the style {style} pays for the measure alone; take base out"
    if over == "attainment" and component.quota in {"none", "optional"}:
        yield ("quota",), "a curve over attainment needs the quota; take `quota` out or write required"
    if component.window in {"none", "plan_life"} and (over == "attainment" or component.quota == "required"):
        yield ("window",), f"a quota belongs to a period of the calendar, and the window is {component.window}"
    if component.window == "none" and style == "period_to_date_tier":
        yield ("window",), "period_to_date_tier needs a window"
    yield from quota_faults(plan, component, switches)
    yield from _reversals(component, switches)
    yield from credit_faults(component)
    yield from limits_refused(plan, component, switches)
    yield from payable_faults(component, switches)
    yield from recomputed_faults(plan, component, switches)
    yield from matrix_refused(plan, component, switches)


def _reversals(component: Component, switches: Mapping[str, Any]) -> Iterator[tuple[Place, str]]:
    """Reversal windows that a style cannot follow."""
    style, reversal = component.curve.style, switches.get("reversal_window")
    if not has_reversals(component) or reversal is None:
        return
    if style in PATH_STYLES and reversal != "mirror":
        yield ("curve", "style"), f"{style} pays a line at its time and keeps it: reversal_window must be mirror"
    if style == "marginal" and is_two_measures(component) and reversal == "origin":
        yield (
            ("curve", "style"),
            (f"marginal over two measures with reversal_window origin {NOT_YET}: use current or mirror"),
        )
