"""What a careful reader would say about plans: what is refused, and what is allowed but may not be meant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Literal

from openspm.company import Company
from openspm.plans.curves import CompiledTier
from openspm.plans.load import LoadedPlan, load_plans
from openspm.plans.reading import PlanRefused
from openspm.plans.refusals import CheckedComponent
from openspm.plans.switches import TIER_STYLES, has_reversals, is_two_measures


@dataclass(frozen=True)
class Finding:
    """One remark.

    Attributes:
        severity: error for a plan that is refused, warn for what is allowed and may not be meant.
        file, line: where it stands.
    """

    severity: Literal["error", "warn"]
    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.severity}: {self.message}"


def lint_plans(company: Company) -> list[Finding]:
    """Read and check the plans of a company; an empty list means that there is nothing to say."""
    try:
        plans = load_plans(company)
    except PlanRefused as refused:
        return [Finding("error", fault.file, fault.line, fault.message) for fault in refused.faults]
    return [finding for plan in plans for finding in lint_plan(plan)]


def lint_plan(loaded: LoadedPlan) -> Iterator[Finding]:
    """Remarks on a plan that can be paid."""
    for checked in loaded.components:
        for message in _remarks(checked):
            name = checked.component.component_id
            yield Finding("warn", loaded.document.path.name, checked.line, f"{name}: {message}")


def _remarks(checked: CheckedComponent) -> Iterator[str]:
    """What may not be meant in a component."""
    # Of a matrix each cell is a curve of its own; remarks on the first speak for the shape of all.
    component, tiers = checked.component, [tier for tier in checked.tiers if tier.cell in (None, 1)]
    style = component.curve.style
    if style == "marginal" and is_two_measures(component):
        yield "pay is computed on something else than what moves the measure: lines depend on the order of events"
    if style in TIER_STYLES:
        yield from _remarks_on_rates(style, [tier for tier in tiers if tier.lower is None or tier.lower >= 0])
    else:
        yield from _remarks_on_pays([tier for tier in tiers if tier.lower_pay is not None])
    if style in {"retroactive", "whole_event_after", "whole_event_before"} and len(tiers) > 1:
        yield f"{style} has cliffs: one sale more at a bound changes pay by more than its own rate"
    reversal = checked.switches.get("reversal_window")
    if has_reversals(component) and reversal != "mirror" and any(one.tiers for one in component.multipliers):
        yield (
            f"reversal_window {reversal} multiplies a return by the factor that holds after it, not by its sale's: with"
            " mirror what a sale was paid goes back whole"
        )


def _remarks_on_rates(style: str, tiers: Sequence[CompiledTier]) -> Iterator[str]:
    """Reverse incentives, dead zones and tiers that change nothing."""
    for below, above in pairwise(tiers):
        if below.rate is None or above.rate is None:
            continue
        if above.rate < below.rate:
            harm = "selling more can earn less" if style == "retroactive" else "each further sale earns less"
            yield f"the rate falls from {_percent(below.rate)} to {_percent(above.rate)} at {above.lower}: {harm}"
        if above.rate == below.rate:
            yield f"the bound at {above.lower} changes nothing: the rate is {_percent(above.rate)} on both sides"
    for tier in tiers:
        if tier.rate is not None and tier.rate < 0:
            yield f"the rate of {_percent(tier.rate)} from {tier.lower or 0} on takes pay away: selling more earns less"
    for tier in tiers[1:]:
        if tier.rate == 0:
            yield f"a dead zone: nothing is earned from {tier.lower} on"


def _remarks_on_pays(tiers: Sequence[CompiledTier]) -> Iterator[str]:
    """Steps and points that fall or do not rise."""
    for below, above in pairwise(tiers):
        reached = below.upper_pay if below.upper_pay is not None else below.lower_pay
        if reached is not None and above.lower_pay is not None and above.lower_pay < reached:
            yield f"cumulative pay falls at {above.lower}: selling more can earn less"
    for tier in tiers[1:]:
        if tier.upper_pay is not None and tier.upper_pay == tier.lower_pay and tier.upper is not None:
            yield f"a dead zone: nothing more is earned between {tier.lower} and {tier.upper}"


def _percent(rate: Decimal) -> str:
    """A rate for people."""
    return f"{rate * 100:f}".rstrip("0").rstrip(".") + " %" if rate <= 1 and rate != 0 else f"{rate:f}"
