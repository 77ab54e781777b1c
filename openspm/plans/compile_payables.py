"""Triggers and holdbacks: what is refused, and their rows of the planning table `payable_terms`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from decimal import Decimal
from typing import Any

from openspm.plans.compile_currencies import net_floor_currency
from openspm.plans.numbers import written
from openspm.plans.reading import Document, Fault, Place
from openspm.plans.schema import PERIOD_EVENTS, Component, Plan, Trigger
from openspm.plans.switches.payables import has_payable_rules, reads_cash
from openspm.plans.switches.switch import NOT_YET, has_reversals, is_two_measures

TRIGGERS_OF_EVENT = {
    "booking": {"booking", "invoice", "cash", "days"},
    "invoice": {"invoice", "cash", "days"},
    "margin": {"invoice", "cash", "days"},
    "activity": {"days"},
    "lead_conversion": {"days"},
    **{event: {"days"} for event in PERIOD_EVENTS},
}
EVENTS_OF_INVOICES = frozenset({"invoice", "margin"})
"""Events that are credited on the day of an invoice, whose trigger on the invoice is that of the credit."""
Row = dict[str, str | None]


def payable_faults(component: Component, switches: Mapping[str, Any]) -> Iterator[tuple[Place, str]]:
    """What is wrong with a component's triggers and holdback: a place within the component, and why."""
    if not has_payable_rules(component):
        return
    if component.event not in TRIGGERS_OF_EVENT:
        yield ("event",), f"triggers and holdbacks {NOT_YET} for {component.event}: its pay is payable as it is earned"
        return
    allowed = TRIGGERS_OF_EVENT[component.event]
    kinds = [trigger.on for trigger in component.triggers]
    for position, trigger in enumerate(component.triggers):
        place: Place = ("triggers", position)
        if trigger.on not in allowed:
            choices = ", ".join(sorted(allowed))
            yield (
                (*place, "on"),
                f"pay for an event of kind {component.event} has no {trigger.on}; choose from {choices}",
            )
        if kinds.index(trigger.on) != position:
            yield (*place, "on"), _second_trigger(component.triggers[kinds.index(trigger.on)], trigger)
        if not 0 < trigger.share <= 1:
            yield (*place, "share"), "a share is above 0 and at most 1, such as 50 %"
        if (trigger.on == "days") != (trigger.days is not None):
            yield place, "days belong to a trigger on days, and every one of those needs them: days: 30"
    if kinds and sum((trigger.share for trigger in component.triggers), Decimal(0)) != 1:
        yield ("triggers",), "the shares of the triggers do not add up to 1"
    yield from _clawback_faults(component)
    yield from _earning_faults(component, switches.get("earned_at"), allowed)
    holdback = component.holdback
    if holdback is None:
        return
    if not 0 < holdback.share <= 1:
        yield ("holdback", "share"), "a share is above 0 and at most 1, such as 20 %"
    if (holdback.released == "days") != (holdback.days is not None):
        yield ("holdback",), "days belong to a holdback released after days, and it needs them: days: 90"
    if holdback.released == "cash_in_full" and "cash" not in allowed:
        yield ("holdback", "released"), f"nobody pays cash for a {component.event}; release after days"


def _second_trigger(first: Trigger, second: Trigger) -> str:
    """What to write in place of two triggers of one kind."""
    if first.days == second.days:
        return f"two triggers on {second.on}; write their shares as one"
    return (
        f"two triggers on days, {first.days} and {second.days}, {NOT_YET}; keep one, and let the other share wait for "
        "booking, invoice or cash, or pay it by a component of its own"
    )


def _earning_faults(component: Component, earned_at: str | None, allowed: Set[str]) -> Iterator[tuple[Place, str]]:
    """What is wrong with pay that is earned later than it is credited."""
    if earned_at in {None, "credit"}:
        return
    is_at_credit = earned_at == "invoice" and component.event in EVENTS_OF_INVOICES
    if earned_at not in allowed or is_at_credit:
        yield (
            ("triggers",),
            f"earned_at: {earned_at} is no later than the credit of an event of kind {component.event}; write "
            "conventions: {earned_at: credit} at the component",
        )


def _clawback_faults(component: Component) -> Iterator[tuple[Place, str]]:
    """What is wrong with a clawback."""
    clawback = component.clawback
    if clawback is None:
        return
    if component.event not in ("booking", "invoice"):
        yield ("clawback",), f"{component.event} has no contract to cancel; a clawback is for booking or invoice"
    if (clawback.amount == "ratio") != (clawback.share is not None):
        yield ("clawback",), "share belongs to amount: ratio, which needs it: share: 50 %"
    if clawback.share is not None and not 0 < clawback.share <= 1:
        yield ("clawback", "share"), "a share is above 0 and at most 1, such as 50 %"


def recomputed_faults(plan: Plan, component: Component, switches: Mapping[str, Any]) -> Iterator[tuple[Place, str]]:
    """What a clawback of what is recomputed without the sale does not go with."""
    if component.clawback is None or switches.get("clawback_base") != "recomputed":
        return
    curve, words = component.curve, "clawback_base: recomputed"
    is_by_points = curve.style in {"step", "interpolated"}
    is_plain = is_by_points or curve.style == "retroactive"
    if not is_plain and (curve.style != "marginal" or is_two_measures(component)):
        yield (
            ("curve", "style"),
            f"{words} with the style {curve.style}, or marginal on another base, {NOT_YET}; use calculated or limited",
        )
    names = ("matrix", "intercept", "offset", "excess_over", *(() if is_by_points else ("target", "target_share")))
    beside = [name for name in names if getattr(curve, name)]
    beside += [name for name in ("gate", "multipliers", "limits", "event_measure", "ramp") if getattr(component, name)]
    beside += ["limits of the plan"] if plan.limits else []
    if has_reversals(component) and switches.get("reversal_window") == "mirror":
        beside.append("reversal_window: mirror")
    if switches.get("negative_total") == "zero_carried":
        beside.append("negative_total: zero_carried")
    for name in beside:
        yield ("clawback",), f"{words} beside {name} {NOT_YET}; use calculated or limited"


def faults_between_countries(one: Plan, other: Plan, document: Document, there: str) -> list[Fault]:
    """What is clawed back is owed across versions, so the limits of taking it back must be the same."""
    if not (_has_clawback(one) and _has_clawback(other)) or one.country == other.country:
        return []
    text = f"the country profile differs from that of version {one.version} ({there}): what is clawed back is owed on"
    return [document.fault(("country",), text)]


def _has_clawback(plan: Plan) -> bool:
    return any(component.clawback is not None for component in plan.components)


def plan_payable_faults(plan: Plan, switches: Mapping[str, Any]) -> Iterator[tuple[Place, str]]:
    """What is wrong with what a plan says about leavers."""
    within = switches.get("pay_after_leaving") == "within_days"
    if within != (plan.paid_within_days_of_leaving is not None):
        yield (
            ("paid_within_days_of_leaving",),
            "paid_within_days_of_leaving belongs to pay_after_leaving within_days, which needs it",
        )
    if _has_clawback(plan) and plan.country is None:
        yield (
            (),
            "a clawback needs a country profile: how much a pay run may take back, whether the payee must consent, "
            "what is left to live on, what holds at termination; write `country:` with most_per_run, consent, "
            "net_floor and termination",
        )


def _truth(value: bool) -> str:
    return "true" if value else "false"


def waiting_components(plans: Sequence[Plan]) -> set[tuple[str, str]]:
    """Plan and component of those whose pay waits for something in any version: then every line has entries."""
    return {
        (plan.plan_id, component.component_id)
        for plan in plans
        for component in plan.components
        if has_payable_rules(component)
    }


def payable_terms(
    plan: Plan, component: Component, switches: Mapping[str, Any], plan_switches: Mapping[str, Any]
) -> Row | None:
    """What makes the component's pay payable; None for events whose pay never waits."""
    if component.event not in TRIGGERS_OF_EVENT:
        return None
    shares = {trigger.on: trigger.share for trigger in component.triggers}
    at_once = shares.pop("invoice" if component.event in EVENTS_OF_INVOICES else "booking", None)
    if not component.triggers:
        at_once = Decimal(1)
    days = next((trigger.days for trigger in component.triggers if trigger.on == "days"), None)
    holdback = component.holdback
    clawback, country = component.clawback, plan.country
    after = plan_switches.get("pay_after_leaving")
    grace = {"forfeited": 0, "successor": 0, "within_days": plan.paid_within_days_of_leaving}.get(str(after))
    return {
        "credit_share_ratio": written(at_once or Decimal(0)),
        "invoice_share_ratio": written(shares.get("invoice", Decimal(0))),
        "cash_share_ratio": written(shares.get("cash", Decimal(0))),
        "days_share_ratio": written(shares.get("days", Decimal(0))),
        "trigger_days": None if days is None else str(days),
        "rate_fixed_code": switches.get("rate_fixed_at"),
        "partial_cash_code": switches.get("partial_cash"),
        "cash_total_code": switches.get("cash_total"),
        "is_cash_read": _truth(reads_cash(component) or switches.get("earned_at") == "cash"),
        "earned_at_code": switches.get("earned_at"),
        "holdback_ratio": written(holdback.share if holdback else Decimal(0)),
        "holdback_days": None if holdback is None or holdback.days is None else str(holdback.days),
        "leaver_days": None if grace is None else str(grace),
        "is_passed_on": _truth(after == "successor"),
        "rounding_method_code": switches["rounding"],
        "clawback_from_code": clawback.from_ if clawback else None,
        "clawback_days": str(clawback.within_days) if clawback else None,
        "clawback_amount_code": clawback.amount if clawback else None,
        "clawback_base_code": switches.get("clawback_base"),
        "clawback_ratio": written(clawback.share) if clawback and clawback.share is not None else None,
        "most_per_run_ratio": written(country.most_per_run) if clawback and country else None,
        "net_floor_amount": written(country.net_floor) if clawback and country else None,
        "net_floor_currency_code": net_floor_currency(plan) if clawback else None,
        "is_consent_needed": _truth(country.consent == "on_record") if clawback and country else None,
        "is_taken_from_final_pay": _truth(country.termination == "final_pay") if clawback and country else None,
    }
