"""Switches of closed periods."""

from __future__ import annotations

from openspm.plans.switches.switch import Switch

CLOSE_SWITCHES: tuple[Switch, ...] = (
    Switch(
        "late_event",
        "What happens to an event whose period is closed when it arrives.",
        {
            "origin": "Its period is recomputed; the difference to what was posted adjusts the first open one.",
            "open": "It counts on the first open day; closed_events says which events a closed period knew.",
        },
        "where periods are closed; origin where it is not written",
        matters_to_plan=lambda _plan: True,
        default="origin",
    ),
)
