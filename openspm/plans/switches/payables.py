"""Switches between earned and payable: triggers, holdbacks and people who have left."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from openspm.plans.switches.switch import Switch

if TYPE_CHECKING:
    from openspm.plans.schema import Component, Plan


def _has_triggers(component: Component, _several: bool) -> bool:
    return bool(component.triggers)


def _is_re_rated(component: Component, _several: bool) -> bool:
    return bool(component.triggers) and component.curve.style == "retroactive"


def reads_cash(component: Component) -> bool:
    """Whether what customers pay decides when the pay is payable."""
    on_cash = any(trigger.on == "cash" for trigger in component.triggers)
    released = component.holdback is not None and component.holdback.released == "cash_in_full"
    return on_cash or released or (component.clawback is not None and component.clawback.amount == "unpaid_cash")


def _pays_by_cash(component: Component, _several: bool) -> bool:
    return any(trigger.on == "cash" for trigger in component.triggers)


def _is_earned_by_cash(switches: Mapping[str, Any]) -> bool:
    return switches.get("earned_at") == "cash"


def has_payable_rules(component: Component) -> bool:
    """Whether earned pay waits for something before it is payable."""
    return bool(component.triggers) or component.holdback is not None or component.clawback is not None


def _someone_waits(plan: Plan) -> bool:
    return any(has_payable_rules(component) for component in plan.components)


PAYABLE_SWITCHES: tuple[Switch, ...] = (
    Switch(
        "earned_at",
        "What makes pay earned, apart from what makes it payable.",
        {
            "credit": "The credit: what waits for a trigger is earned and not yet payable.",
            "invoice": "The first invoice of the deal. Until then it is credited, and what is payable is an advance.",
            "cash": "What the customer pays, by partial_cash and cash_total. Until then as with invoice.",
        },
        "where there are triggers",
        _has_triggers,
    ),
    Switch(
        "rate_fixed_at",
        "Which rate a share pays that is triggered after a re-rate.",
        {
            "credit_date": "That of the credit: re-rates are never payable.",
            "trigger": "That of the day of the trigger: a re-rate counts for shares triggered on its day and later.",
            "window_end": "The last one: a re-rate counts for shares already paid too.",
        },
        "for triggers of the retroactive style",
        _is_re_rated,
    ),
    Switch(
        "partial_cash",
        "What a customer's part payment makes payable.",
        {"prorated": "The same part.", "in_full": "Nothing until all is paid."},
        "where there is a trigger on cash, or earned_at is cash",
        _pays_by_cash,
        matters_beside=_is_earned_by_cash,
    ),
    Switch(
        "cash_total",
        "What cash is measured against.",
        {"with_tax": "The invoices with their tax.", "without_tax": "The invoices without tax."},
        "where a trigger, a release, a clawback or earned_at reads cash",
        lambda component, _several: reads_cash(component),
        matters_beside=_is_earned_by_cash,
    ),
    Switch(
        "clawback_base",
        "What a clawback is a share of.",
        {
            "calculated": "What its lines were before limits; never more than the sale has earned is taken back.",
            "limited": "What the sale has earned, after limits.",
            "recomputed": "What its window would earn less without the sale; never more than the sale has earned.",
        },
        "where a component has a clawback",
        lambda component, _several: component.clawback is not None,
    ),
    Switch(
        "pay_after_leaving",
        "What happens to pay of earlier credits that is triggered or released after the payee's last day.",
        {
            "paid": "It is paid.",
            "within_days": "It is paid if it comes within paid_within_days_of_leaving, else forfeited.",
            "forfeited": "It is forfeited.",
            "successor": "Who follows by successor_employee_id of employees takes it over; with nobody it waits.",
        },
        "where a plan has triggers, holdbacks or clawbacks",
        matters_to_plan=_someone_waits,
    ),
)
