"""Gates, multipliers and limits as rows of their planning tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from openspm.plans.curves import CompiledTier, bound
from openspm.plans.numbers import parse_amount, parse_ratio, written
from openspm.plans.refusals_limits import FACTOR_FIELDS, is_share
from openspm.plans.schema import Component, Gate, Limit, Multiplier, Plan, PlanLimit
from openspm.plans.switches.bonuses import ranks_by_gate

Row = dict[str, str | None]
Rows = dict[str, list[Row]]
LIMIT_TABLES = (
    "component_gates",
    "component_multipliers",
    "multiplier_tiers",
    "multiplier_filters",
    "component_limits",
    "plan_limits",
)


def add_component_limits(
    rows: Rows, key: Row, plan: Plan, component: Component, switches: Mapping[str, Any], tiers: Sequence[CompiledTier]
) -> None:
    """Add a component's limits, and its gate and multipliers and those of its plan; `tiers` are those of its curve."""
    ranks = gate_of_ranks(plan, component, switches)
    for level, rules in (("component", component), ("plan", plan)):
        own = key | {"rule_level_code": level}
        # A gate that says who is ranked is a term of the contest.
        if rules.gate is not None and rules.gate is not ranks:
            _add_gate(rows, own, component, rules.gate, switches, tiers)
        for number, multiplier in enumerate(rules.multipliers, start=1):
            _add_multiplier(rows, own | {"multiplier_number": str(number)}, component, multiplier, switches)
    for limit in component.limits:
        rows["component_limits"].append(
            key
            | {
                "per_code": limit.per,
                "stage_code": "before_multipliers" if limit.before_multipliers else "after_multipliers",
                "cap_amount": written(limit.cap),
                "floor_amount": written(limit.floor),
                "carried_periods": None if limit.carried_periods is None else str(limit.carried_periods),
                **_prorated(component, limit),
            }
        )


def gate_of_ranks(plan: Plan, component: Component, switches: Mapping[str, Any]) -> Gate | None:
    """The gate that says who has a rank in a contest: its own, or else that of the plan; None where none does."""
    return (component.gate or plan.gate) if ranks_by_gate(switches) else None


def threshold_row(component: Component, gate: Gate, switches: Mapping[str, Any]) -> Row:
    """What a gate measures, and from where on it is open."""
    return {
        "measured_component_id": gate.measure or component.component_id,
        "boundary_code": switches["gate_boundary"],
        **_bound("threshold", gate.at_least),
    }


def add_plan_limits(rows: Rows, key: Row, plan: Plan, switches: Mapping[str, Any]) -> None:
    """Add a plan's limits across its components; `switches` are those of the plan as a whole."""
    for limit in plan.limits:
        rows["plan_limits"].append(
            key
            | {
                "per_code": limit.per,
                "cap_amount": written(limit.cap),
                "floor_amount": written(limit.floor),
                "rounding_method_code": switches.get("rounding"),
                **_prorated(plan, limit),
            }
        )


def _add_gate(
    rows: Rows, key: Row, component: Component, gate: Gate, switches: Mapping[str, Any], tiers: Sequence[CompiledTier]
) -> None:
    """Add a gate."""
    rows["component_gates"].append(
        key
        | threshold_row(component, gate, switches)
        | _locked_tiers(component, gate, tiers)
        | {
            "reading_code": switches.get("gate_reading", "period_end"),
            "factor_ratio": written(gate.while_closed),
            "opening_code": switches["gate_opening"],
            "closing_code": switches["gate_closing"],
        }
    )


def _prorated(rules: Plan | Component, limit: Limit | PlanLimit) -> Row:
    """Which of a limit's amounts shrink with the days of its stretch."""
    return {
        f"is_{name}_prorated": "true" if amount is not None and rules.prorates(f"{name}s") else "false"
        for name, amount in (("cap", limit.cap), ("floor", limit.floor))
        if limit.per != "event"
    }


def _bound(name: str, bound: str) -> Row:
    """A bound as an amount or as an attainment."""
    if is_share(bound):
        return {f"{name}_ratio": written(parse_ratio(bound))}
    return {f"{name}_amount": written(parse_amount(bound))}


def _locked_tiers(component: Component, gate: Gate, tiers: Sequence[CompiledTier]) -> Row:
    """The first tier that a gate locks, and the rate below it."""
    if gate.locked_from is None:
        return {}
    locked = bound(gate.locked_from, component.curve.over, ("gate", "locked_from"))
    number = next(at for at, tier in enumerate(tiers, start=1) if tier.lower == locked)
    return {"locked_tier_number": str(number), "base_rate_ratio": written(tiers[number - 2].rate)}


def _add_multiplier(
    rows: Rows, key: Row, component: Component, multiplier: Multiplier, switches: Mapping[str, Any]
) -> None:
    """Add a multiplier with its tiers or filters."""
    kind = "measure" if multiplier.tiers else "attribute" if multiplier.where is not None else "input"
    by_measure = kind == "measure"
    rows["component_multipliers"].append(
        key
        | {
            "multiplier_kind_code": kind,
            "combine_code": switches.get("multipliers_combine", "multiply"),
            "measured_component_id": (multiplier.measure or component.component_id) if by_measure else None,
            "boundary_code": switches["multiplier_boundary"] if by_measure else None,
            "reading_code": switches.get("multiplier_reading", "period_end") if by_measure else None,
            "factor_ratio": written(multiplier.factor),
            "input_name": multiplier.input,
            "lowest_factor_ratio": written(multiplier.lowest),
            "highest_factor_ratio": written(multiplier.highest),
        }
    )
    tiers = multiplier.tiers
    for number, tier in enumerate(tiers, start=1):
        lower = {} if number == 1 else _bound("lower_bound", tier.from_)
        upper = _bound("upper_bound", tiers[number].from_) if number < len(tiers) else {}
        rows["multiplier_tiers"].append(
            key | {"tier_number": str(number), "factor_ratio": written(tier.factor)} | lower | upper
        )
    if multiplier.where is not None:
        for name, column in FACTOR_FIELDS.items():
            for value in getattr(multiplier.where, name) or ():
                rows["multiplier_filters"].append(key | {"field_code": column, "value_text": value})
