"""Components that pay for a period as rows of the planning tables period_components and period_component_parts."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import zip_longest
from typing import Any

from openspm.plans.compile_limits import gate_of_ranks, threshold_row
from openspm.plans.numbers import parse_amount, written
from openspm.plans.schema import RATIO_EVENTS, Component, Mbo, Plan, Pool
from openspm.plans.switches.bonuses import FULL_QUOTA

Row = dict[str, str | None]


def domain_of(component: Component) -> str:
    """What bounds are shares of: attainment of a quota, or, for a ratio that is paid without one, nothing else."""
    if component.event in RATIO_EVENTS and component.quota != "required":
        return "amount"
    return component.curve.over


def add_period_component(
    rows: dict[str, list[Row]], key: Row, plan: Plan, component: Component, switches: Mapping[str, Any]
) -> None:
    """Add the terms of a component that pays for a period.

    Args:
        rows: rows of the planning tables, by table.
        key: rule set, plan, version and component.
        plan: its plan.
        component: the component.
        switches: the choice for each switch that matters to it.
    """
    fixed, ratio, pool, contest = component.fixed, component.ratio, component.pool, component.contest
    spiff = component.spiff
    terms: Row = {}
    if fixed is not None:
        terms = {"amount": written(fixed.amount), "partial_period_code": switches["partial_period"]}
    if component.event == "mbo":
        terms = {"whole_ratio": written((component.mbo or Mbo.model_validate({})).whole)}
    if ratio is not None:
        terms = {
            "of_component_id": ratio.numerator,
            "denominator_component_id": ratio.denominator,
            "empty_ratio_code": switches.get("empty_ratio"),
            "interim_code": None if switches.get("interim_pay") == FULL_QUOTA else switches.get("interim_pay"),
            "interim_share_ratio": written(ratio.interim_share),
        }
        for number, part in enumerate(ratio.weighted, start=1):
            _add_part(
                rows, key, "weighted", number, {"of_component_id": part.measure, "part_ratio": written(part.weight)}
            )
    if pool is not None:
        terms = {
            "amount": written(pool.amount),
            "of_component_id": pool.of,
            "members_code": pool.members,
            "paid_after_days": str(pool.paid_after_days),
            "shares_code": pool.shares,
            "leaver_share_code": switches["leaver_share"],
        }
        _add_pool_parts(rows, key, pool)
    if contest is not None:
        terms = {
            "of_component_id": contest.of,
            "ties_code": switches["ties"],
            "minimum_amount": written(contest.minimum),
            "budget_amount": written(contest.budget),
        }
        gate = gate_of_ranks(plan, component, switches)
        if gate is not None:
            terms |= threshold_row(component, gate, switches)
        for number, prize in enumerate(contest.prizes, start=1):
            _add_part(rows, key, "prize", number, {"amount": written(prize)})
    if spiff is not None:
        terms = {
            "amount": written(spiff.amount),
            "of_component_id": spiff.of,
            "budget_amount": written(spiff.budget),
            "budget_code": switches.get("spiff_budget"),
            "first_date": spiff.from_.isoformat(),
            "last_date": spiff.to.isoformat(),
        }
    if component.linked is not None:
        linked = component.linked
        terms = {"of_component_id": linked.of, "linked_ratio": written(linked.rate), "reads_code": linked.reads}
    rows["period_components"].append(key | {"event_kind_code": component.event} | terms)


def _add_pool_parts(rows: dict[str, list[Row]], key: Row, pool: Pool) -> None:
    """Add the weights of roles, and what fills the pool as tiers; one rate is one tier."""
    for number, weight in enumerate(pool.weights, start=1):
        _add_part(rows, key, "weight", number, {"role_code": weight.role, "part_ratio": written(weight.weight)})
    if pool.rate is not None:
        _add_part(rows, key, "tier", 1, {"lower_bound_amount": "0", "part_ratio": written(pool.rate)})
    lowers = [written(parse_amount(tier.from_)) for tier in pool.tiers]
    for number, (tier, lower, upper) in enumerate(zip_longest(pool.tiers, lowers, lowers[1:]), start=1):
        bounds = {"lower_bound_amount": lower, "upper_bound_amount": upper}
        _add_part(rows, key, "tier", number, bounds | {"part_ratio": written(tier.rate)})


def _add_part(rows: dict[str, list[Row]], key: Row, code: str, number: int, values: Row) -> None:
    """Add a prize, a weight or a tier."""
    rows["period_component_parts"].append(key | {"part_code": code, "part_number": str(number)} | values)
