"""A gate and multipliers of a whole plan: each of its components has them, after its own."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel

from openspm.plans.reading import Place
from openspm.plans.refusals_bonuses import RULED_EVENTS
from openspm.plans.schema import PERIOD_EVENTS, Plan
from openspm.plans.switches import NOT_YET, chosen


def plan_rule_faults(plan: Plan, company_conventions: BaseModel) -> Iterator[tuple[Place, str]]:
    """What a plan's gate and multipliers may not say or stand beside: a place within the plan, and why."""
    if plan.gate is None and not plan.multipliers:
        return
    name: Place = ("gate",) if plan.gate is not None else ("multipliers",)
    if plan.gate is not None and plan.gate.measure is None:
        yield ("gate",), "a gate of a plan says which component's measure it reads: write measure"
    for position, multiplier in enumerate(plan.multipliers):
        if multiplier.tiers and multiplier.measure is None:
            yield (
                ("multipliers", position),
                "a multiplier of a plan says which component's measure it reads: write measure",
            )
    for component in plan.components:
        if component.event in PERIOD_EVENTS - RULED_EVENTS:
            yield (
                name,
                f"a gate and multipliers of a plan with a {component.event} ({component.component_id}) {NOT_YET}; "
                "write them at each of its other components",
            )
        if component.limits:
            yield (
                name,
                f"limits of a component ({component.component_id}) come before what the plan multiplies, which "
                f"{NOT_YET}; write limits of the plan, or a gate and multipliers at each component",
            )
        if plan.gate is not None and component.gate is not None:
            yield name, f"a gate of the plan beside one of a component ({component.component_id}) {NOT_YET}"
        if (
            plan.multipliers
            and component.multipliers
            and chosen("multipliers_combine", component.conventions, plan.conventions, company_conventions) == "add"
        ):
            yield (
                name,
                f"multipliers_combine add, where the plan and a component ({component.component_id}) have multipliers, "
                f"{NOT_YET}; use multiply",
            )


def with_plan_rules(plan: Plan) -> Plan:
    """The plan with its own gate and multipliers at each component, so that one machine pays both."""
    if plan.gate is None and not plan.multipliers:
        return plan
    components = tuple(
        component.model_copy(
            update={
                "gate": component.gate or plan.gate,
                "multipliers": (*component.multipliers, *plan.multipliers),
            }
        )
        for component in plan.components
    )
    return plan.model_copy(update={"components": components})
