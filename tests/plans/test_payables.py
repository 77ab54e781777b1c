"""Triggers and holdbacks that contradict themselves are refused with their line.

Without this pay could be triggered twice, or by something that never happens to its events: it would be earned and
never paid, and nobody would see it.
"""

from __future__ import annotations

from typing import Any

import pytest

from openspm.plans.switches import SWITCHES
from tests.plans.test_draws import drawing, of
from tests.plans.test_refusals import ALL_SWITCHES, faults, plan

HALVES = [{"on": "booking", "share": "50 %"}, {"on": "cash", "share": "50 %"}]
PAYABLE_SWITCHES = {
    "earned_at": "credit",
    "rate_fixed_at": "credit_date",
    "partial_cash": "prorated",
    "cash_total": "with_tax",
    "pay_after_leaving": "paid",
}


def waiting(event: str = "booking", **rules: Any) -> dict[str, Any]:
    """A plan whose component has triggers or a holdback."""
    written = plan()
    return written | {"components": [one | {"event": event} | rules for one in written["components"]]}


def of_rules(event: str = "booking", **rules: Any) -> str:
    """The faults of such a plan whose company sets every switch."""
    return of(waiting(event, **rules), **PAYABLE_SWITCHES)


def test_plain_rules_are_accepted() -> None:
    """Shares of every kind that a booking has, and both holdbacks."""
    assert of_rules(triggers=HALVES) == ""
    assert of_rules(holdback={"share": "20 %", "released": "days", "days": 90}) == ""
    assert of_rules(holdback={"share": "20 %", "released": "cash_in_full"}) == ""
    thirds = [{"on": "invoice", "share": "40 %"}, {"on": "days", "days": 0, "share": "60 %"}]
    assert of_rules(triggers=thirds) == ""


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ({"triggers": HALVES[:1]}, "the shares of the triggers do not add up to 1"),
        ({"triggers": [HALVES[0], dict(HALVES[0])]}, "two triggers on booking"),
        ({"triggers": [{"on": "cash", "share": "0"}, {"on": "booking", "share": "1"}]}, "a share is above 0"),
        ({"triggers": [{"on": "days", "share": "1"}]}, "days belong to a trigger on days"),
        ({"triggers": [{"on": "cash", "days": 5, "share": "1"}]}, "days belong to a trigger on days"),
        ({"triggers": [{"on": "delivery", "share": "1"}]}, "triggers.0.on"),
        ({"holdback": {"share": "120 %", "released": "cash_in_full"}}, "a share is above 0 and at most 1"),
        ({"holdback": {"share": "20 %", "released": "days"}}, "days belong to a holdback released after days"),
        ({"holdback": {"share": "20 %", "released": "days", "days": 0}}, "holdback.days"),
        ({"holdbacks": [{"share": "20 %"}]}, "holdbacks"),
    ],
)
def test_what_triggers_and_holdbacks_must_not_say(rules: dict[str, Any], words: str) -> None:
    """Each with what is wrong."""
    assert words in of_rules(**rules)


def test_an_invoice_is_its_own_event() -> None:
    """Pay for invoices is not triggered by bookings."""
    assert "an event of kind invoice has no booking; choose from cash, days, invoice" in of_rules(
        "invoice", triggers=HALVES
    )


@pytest.mark.parametrize("name", ["earned_at", "partial_cash", "cash_total", "pay_after_leaving"])
def test_a_switch_of_triggers_must_be_set(name: str) -> None:
    """For plans with triggers on cash, with the choices; other plans need none of them."""
    left = {key: value for key, value in (ALL_SWITCHES | PAYABLE_SWITCHES).items() if key != name}
    text = faults(waiting(triggers=HALVES), switches=left)
    assert f"the switch {name} matters here" in text
    assert all(choice in text for switch in SWITCHES if switch.name == name for choice in switch.choices)
    assert faults(plan(), switches=left) == ""


def test_days_after_leaving_belong_to_their_switch() -> None:
    """Neither goes without the other."""
    words = "paid_within_days_of_leaving belongs to pay_after_leaving within_days"
    halves = waiting(triggers=HALVES)
    assert words in of(halves, **PAYABLE_SWITCHES | {"pay_after_leaving": "within_days"})
    assert words in of(halves | {"paid_within_days_of_leaving": 30}, **PAYABLE_SWITCHES)


def test_adjustments_beside_a_draw_go_with_pay_that_waits_for_nothing() -> None:
    """Nobody could say which part of an adjustment is payable."""
    draw = drawing({"style": "protected", "amount": 5})
    both = waiting(triggers=HALVES) | {name: draw[name] for name in ("draws", "country")}
    assert "draw_adjustments: beside" in of(both, **PAYABLE_SWITCHES | {"draw_adjustments": "beside"})
    assert of(both, **PAYABLE_SWITCHES) == ""
