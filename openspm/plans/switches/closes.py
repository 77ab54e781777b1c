"""Switches of closed periods."""

from __future__ import annotations

from openspm.plans.switches.switch import NOT_YET, Switch

CLOSE_SWITCHES: tuple[Switch, ...] = (
    Switch(
        "late_event",
        "What happens to an event whose period is closed when it arrives.",
        {
            "origin": "Its period is recomputed; the difference to what was posted adjusts the first open one.",
        },
        "where periods are closed; origin where it is not written",
        refused={"open": f"{NOT_YET}: use origin"},
    ),
)
