"""What caps, floors and draws that shrink with days may not be: a place within the component or plan, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from openspm.plans.reading import Place
from openspm.plans.schema import Component, Limit, Plan, PlanLimit

Message = tuple[Place, str]
PLACE: Place = ("proration", "of")
SPANS = ("event", "period", "window", "year")


def prorated_limits_refused(plan: Plan, component: Component) -> Iterator[Message]:
    """Faults of what a component prorates of its limits, and of its floors under prorated caps."""
    for thing in ("caps", "floors"):
        if component.prorates(thing):
            yield from _absent(thing, component.limits, "period, window or year")
    caps = [limit for limit in component.limits if component.prorates("caps")]
    if not component.prorates("floors"):
        yield from _floors_above([*caps, *_prorated_caps(plan)], component.limits)


def prorated_plan_refused(plan: Plan) -> Iterator[Message]:
    """Faults of what a plan prorates of its limits and draws."""
    for thing in ("caps", "floors"):
        if plan.prorates(thing):
            yield from _absent(thing, plan.limits, "period or year")
    if plan.prorates("draws") and not plan.draws:
        yield PLACE, "the plan has no draws to prorate: write draws, or take draws out of `of`"
    if not plan.prorates("floors"):
        yield from _floors_above(_prorated_caps(plan), plan.limits)


def faults_between_prorations(
    one: tuple[Plan | Component, Mapping[str, Any]], other: tuple[Plan | Component, Mapping[str, Any]]
) -> Iterator[tuple[str, str]]:
    """What must be equal where two versions prorate, so that days are counted in one way: a key, and why."""
    if one[0].proration is None or other[0].proration is None:
        return
    if set(one[0].proration.leaves) != set(other[0].proration.leaves):
        yield "proration", "leaves of proration differ between versions"
    for name in ("proration_days", "start_day"):
        if one[1].get(name) != other[1].get(name):
            yield "conventions", f"the switch {name} differs between versions"


def _prorated_caps(plan: Plan) -> list[PlanLimit]:
    return list(plan.limits) if plan.prorates("caps") else []


def _absent(thing: str, limits: Sequence[Limit | PlanLimit], spans: str) -> Iterator[Message]:
    """Proration of caps or floors that are not there, or not of a stretch of days."""
    name = thing.removesuffix("s")
    own = [limit for limit in limits if getattr(limit, name) is not None]
    if any(limit.per != "event" for limit in own):
        return
    if own:
        yield (
            PLACE,
            f"a {name} per event is not one of a stretch of days and is never prorated: write it per {spans}, or take "
            f"{thing} out of `of`",
        )
    else:
        yield PLACE, f"there is no {name} per {spans} to prorate: write one in limits, or take {thing} out of `of`"


def _floors_above(caps: Sequence[Limit | PlanLimit], limits: Sequence[Limit | PlanLimit]) -> Iterator[Message]:
    """Floors that stay whole beside caps that shrink."""
    for position, limit in enumerate(limits):
        if limit.floor is None or limit.per == "event":
            continue
        for cap in caps:
            if cap.cap is not None and SPANS.index(limit.per) <= SPANS.index(cap.per):
                yield (
                    ("limits", position),
                    f"the floor {limit.floor} stays whole where the cap {cap.cap} per {cap.per} is prorated, and could "
                    "lie above it: write floors beside caps in proration",
                )
