"""Switches of who is credited."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openspm.plans.switches.switch import Switch

if TYPE_CHECKING:
    from openspm.plans.schema import Component


def may_credit_twice(component: Component) -> bool:
    """Whether two rules of a component can credit one event to one payee without a split that says so."""
    receivers = {rule.to for rule in component.credits}
    return len(receivers) > 1 and bool(receivers & {"team", "coverage"})


CREDITING_SWITCHES: tuple[Switch, ...] = (
    Switch(
        "credited_twice",
        "What a payee gets for an event that two credit rules of one component take, as its owner and by coverage.",
        {
            "held": "The credits are held; someone must say which is meant.",
            "first_rule": "The credit of the rule that is written first.",
            "each_rule": "The credit of each rule.",
        },
        "where a team or coverage is credited beside somebody else",
        lambda component, _several: may_credit_twice(component),
    ),
)
