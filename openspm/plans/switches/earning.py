"""Switches of credits, measures, curves and rounding."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from openspm.plans.switches.switch import (
    PATH_STYLES,
    Switch,
    has_reversals,
    is_of_period,
    is_two_measures,
)

if TYPE_CHECKING:
    from openspm.plans.schema import Component, Plan


OF_DEALS = frozenset({"booking", "invoice", "margin", "renewal", "cancellation", "contract_end"})


def _boundary_matters(component: Component, _several: bool) -> bool:
    style = component.curve.style
    return style in PATH_STYLES | {"retroactive", "step"} or (style == "marginal" and is_two_measures(component))


def _first_bound_is_not_zero(component: Component, _several: bool) -> bool:
    curve = component.curve
    if curve.style == "interpolated":
        return bool(curve.points) and curve.points[0].at.rstrip(" %").strip("0.") != ""
    return bool(curve.tiers) and curve.tiers[0].from_.rstrip(" %").strip("0.") != ""


def _last_bound_is_written(component: Component, _several: bool) -> bool:
    curve = component.curve
    return curve.style == "interpolated" or (bool(curve.tiers) and curve.tiers[-1].to is not None)


def _gap_is_possible(component: Component, _several: bool) -> bool:
    tiers = component.curve.tiers
    return any(tier.to is not None and tier.to != above.from_ for tier, above in pairwise(tiers))


def _is_rounded_as_a_whole(plan: Plan) -> bool:
    return plan.payout is not None and (bool(plan.draws) or any(limit.floor is not None for limit in plan.limits))


EARNING_SWITCHES: tuple[Switch, ...] = (
    Switch(
        "boundary",
        "Which tier a measure belongs to that stands exactly at a bound.",
        {"upper": "The tier above: at 150 the tier from 150.", "lower": "The tier below: only above 150 the next."},
        "for retroactive, step and whole-event styles, and for marginal where pay is computed on another base",
        _boundary_matters,
    ),
    Switch(
        "rounding",
        "How pay is rounded to the currency's minor unit.",
        {"half_up": "Halves away from zero.", "half_even": "Halves to the even neighbour.", "down": "Towards zero."},
        "always",
        lambda _component, _several: True,
        # What the plan pays as a whole is rounded as the plan says, whatever its components override.
        matters_to_plan=_is_rounded_as_a_whole,
    ),
    Switch(
        "rounding_scope",
        "What is rounded.",
        {
            "each_line": "Every line by itself.",
            "component_total": "The component's total in its window; a line is the difference of two rounded totals.",
        },
        "always",
        lambda _component, _several: True,
    ),
    Switch(
        "catch_up",
        "Who gets the catch-up when a retroactive curve reaches another tier.",
        {
            "events_re_rated": "Each earlier event of the window has a re-rate line of its own.",
            "crossing_event": "The line of the event that crosses the bound.",
        },
        "for the retroactive style",
        lambda component, _several: component.curve.style == "retroactive",
    ),
    Switch(
        "reversal_window",
        "Where a credit note counts.",
        {
            "origin": "In the window of its invoice; the difference is posted at the date of the credit note.",
            "current": "In the window of its own date, as a negative step.",
            "mirror": "It takes back the lines of its invoice as they were, in proportion.",
        },
        "where invoices are paid for",
        lambda component, _several: has_reversals(component),
    ),
    Switch(
        "negative_total",
        "What a window earns whose measure is below zero.",
        {
            "first_tier": "The first tier goes on below zero.",
            "zero_lost": "Nothing; what lies below zero is lost.",
            "zero_carried": "Nothing; the next window begins with what lies below zero.",
        },
        "where amounts of events are added up",
        lambda component, _several: component.measure == "amount" and not is_of_period(component),
    ),
    Switch(
        "below_first",
        "What is earned below the first bound.",
        {
            "zero": "Nothing.",
            "flat": "The pay of the first point.",
            "extend": "The first tier or segment goes on.",
            "error": "The line is held, and so is every later one of its window.",
        },
        "where the first bound is not zero",
        _first_bound_is_not_zero,
    ),
    Switch(
        "above_last",
        "What is earned above the last bound.",
        {
            "zero": "Nothing more.",
            "flat": "The pay of the last point.",
            "extend": "The last tier or segment goes on.",
            "error": "The line is held, and so is every later one of its window.",
        },
        "for the interpolated style, and where the last tier has a `to`",
        _last_bound_is_written,
    ),
    Switch(
        "interior_gap",
        "What a gap between two tiers earns.",
        {"error": "The plan is refused.", "zero": "Nothing."},
        "where a tier's `to` is not the next tier's `from`",
        _gap_is_possible,
    ),
    Switch(
        "split_tolerance",
        "By how much revenue splits may miss 1 before the event is held; 0 means not at all.",
        {},
        "where sellers or managers are credited for deals, invoices or contracts",
        lambda component, _several: component.event in OF_DEALS,
    ),
)
