"""What late events that count in an open period do not go with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from openspm.plans.reading import Place
from openspm.plans.schema import Plan
from openspm.plans.switches import NOT_YET, chosen

# A payee who has left by the day on which a late sale counts has no ratio that could take it.
WITHOUT_LATE_EVENTS = frozenset({"ratio"})


def late_event_faults(plan: Plan, switches: Mapping[str, Any]) -> Iterator[tuple[Place, str]]:
    """What a plan may not say about late events: a place within it, and why."""
    choice = switches["late_event"]
    for position, component in enumerate(plan.components):
        place: Place = ("components", position)
        if chosen("late_event", component.conventions) not in (None, choice):
            yield (
                (*place, "conventions", "late_event"),
                f"{component.component_id}: late_event is one for the whole plan, whose periods close as one, and is "
                f"{choice} there; write it in conventions of the plan",
            )
        if choice == "open" and component.event in WITHOUT_LATE_EVENTS:
            yield (
                (*place, "event"),
                f"{component.component_id}: late_event: open in a plan that pays for a {component.event} {NOT_YET}: "
                "use origin",
            )
