"""A gate and multipliers of a whole plan: each of its components has them, after its own and after its limits."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel

from openspm.plans.reading import Place
from openspm.plans.schema import Component, Plan
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
        for words in _beside_limits(plan, component, company_conventions):
            yield name, words


def _beside_limits(plan: Plan, component: Component, company_conventions: BaseModel) -> Iterator[str]:
    """Limits of a component that the plan's rules would have to multiply, and cannot."""
    where, others = f"({component.component_id})", "write them at each component"
    if any(limit.carried_periods is not None for limit in component.limits):
        yield (
            f"what a cap of a component {where} carries, beside a gate or multipliers of the plan, {NOT_YET}; {others}"
        )
    base = chosen("clawback_base", component.conventions, plan.conventions, company_conventions)
    if component.limits and component.clawback is not None and base != "limited":
        yield (
            f"clawback_base {base} beside limits of a component {where} and a gate or multipliers of the plan, which "
            f"come after them, {NOT_YET}; use clawback_base limited, or {others}"
        )


def plans_as_met(plan: Plan) -> tuple[Plan, ...]:
    """The plan as its components meet its rules, for checks of what stands beside them.

    Returns:
        The plan with the rules of its components, and where it has a gate or multipliers of its own, the plan whose
        components have these in place of theirs.
    """
    if plan.gate is None and not plan.multipliers:
        return (plan,)
    rules = {"gate": plan.gate, "multipliers": plan.multipliers}
    components = tuple(component.model_copy(update=rules) for component in plan.components)
    return plan, plan.model_copy(update={"components": components})
