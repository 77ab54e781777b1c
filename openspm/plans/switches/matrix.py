"""Switches of matrices: how a further measure is read that rates are looked up by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openspm.plans.switches.switch import Switch

if TYPE_CHECKING:
    from collections.abc import Callable

    from openspm.plans.schema import Component


def _leaves_open(name: str) -> Callable[[Component, bool], bool]:
    """Whether an axis leaves one of its words to the switch."""
    return lambda component, _several: any(getattr(axis, name) is None for axis in component.curve.matrix)


def _ends_and_leaves_open(component: Component, _several: bool) -> bool:
    return any(axis.to is not None and axis.above_last is None for axis in component.curve.matrix)


OUTSIDE = {
    "zero": "Nothing.",
    "flat": "What the nearest band earns.",
    "error": "The line is held, and so is every later one of its window.",
}

MATRIX_SWITCHES: tuple[Switch, ...] = (
    Switch(
        "matrix_reading",
        "When a further measure of a matrix is read.",
        {
            "event": "After each event; a line keeps its rate.",
            "period_end": "At the end of the pay period, for all of its lines.",
        },
        "where a curve has a matrix",
        _leaves_open("reading"),
    ),
    Switch(
        "matrix_boundary",
        "Which band of a matrix holds a measure exactly at a bound.",
        {"upper": "The one above.", "lower": "The one below."},
        "where a curve has a matrix",
        _leaves_open("boundary"),
    ),
    Switch(
        "matrix_below_first",
        "What is earned while a further measure of a matrix lies below its first bound.",
        OUTSIDE,
        "where a curve has a matrix",
        _leaves_open("below_first"),
    ),
    Switch(
        "matrix_above_last",
        "What is earned while a further measure of a matrix lies above its last bound.",
        OUTSIDE,
        "where an axis of a matrix has a `to`",
        _ends_and_leaves_open,
    ),
)
