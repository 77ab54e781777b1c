"""Triggers and holdbacks that contradict themselves are refused with their line.

Without this pay could be triggered twice, or by something that never happens to its events: it would be earned and
never paid, and nobody would see it.
"""

from __future__ import annotations

from typing import Any

import pytest

from openspm.plans.switches import SWITCHES
from tests.plans.test_draws import COUNTRY, of
from tests.plans.test_refusals import ALL_SWITCHES, faults, plan

HALVES = [{"on": "booking", "share": "50 %"}, {"on": "cash", "share": "50 %"}]
PAYABLE_SWITCHES = {
    "earned_at": "credit",
    "rate_fixed_at": "credit_date",
    "partial_cash": "prorated",
    "cash_total": "with_tax",
    "pay_after_leaving": "paid",
    "clawback_base": "calculated",
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


def test_pay_of_a_period_waits_for_days_alone() -> None:
    """No deal, invoice or payment belongs to it; a trigger on one would never come."""
    written = waiting()
    bonus = {"component_id": "stay", "name": "Stay", "event": "fixed", "window": "month", "fixed": {"amount": 9}}

    def of_bonus(**rules: Any) -> str:
        switches = PAYABLE_SWITCHES | {"partial_period": "whole"}
        return of(written | {"components": [*written["components"], bonus | rules]}, **switches)

    assert of_bonus(triggers=[{"on": "days", "days": 30, "share": "1"}]) == ""
    assert of_bonus(holdback={"share": "20 %", "released": "days", "days": 90}) == ""
    assert "an event of kind fixed has no booking; choose from days" in of_bonus(triggers=HALVES)
    assert "nobody pays cash for a fixed" in of_bonus(holdback={"share": "20 %", "released": "cash_in_full"})
    assert "fixed has no contract to cancel" in of_bonus(clawback=CLAWBACK)


@pytest.mark.parametrize("name", ["earned_at", "partial_cash", "cash_total", "pay_after_leaving"])
def test_a_switch_of_triggers_must_be_set(name: str) -> None:
    """For plans with triggers on cash, with the choices; other plans need none of them."""
    left = {key: value for key, value in (ALL_SWITCHES | PAYABLE_SWITCHES).items() if key != name}
    text = faults(waiting(triggers=HALVES), switches=left)
    assert f"the switch {name} matters here" in text
    assert all(choice in text for switch in SWITCHES if switch.name == name for choice in switch.choices)
    assert faults(plan(), switches=left) == ""


@pytest.mark.parametrize("name", ["partial_cash", "cash_total"])
def test_cash_that_earns_pay_needs_the_words_of_cash(name: str) -> None:
    """Also where none of it is triggered by cash."""
    switches = ALL_SWITCHES | PAYABLE_SWITCHES | {"earned_at": "cash"}
    at_booking = waiting(triggers=[{"on": "booking", "share": "1"}])
    assert faults(at_booking, switches=switches) == ""
    text = faults(at_booking, switches={key: value for key, value in switches.items() if key != name})
    assert f"the switch {name} matters here" in text


def test_days_after_leaving_belong_to_their_switch() -> None:
    """Neither goes without the other."""
    words = "paid_within_days_of_leaving belongs to pay_after_leaving within_days"
    halves = waiting(triggers=HALVES)
    assert words in of(halves, **PAYABLE_SWITCHES | {"pay_after_leaving": "within_days"})
    assert words in of(halves | {"paid_within_days_of_leaving": 30}, **PAYABLE_SWITCHES)


CLAWBACK = {"from": "credit", "within_days": 90, "amount": "all"}


@pytest.mark.parametrize(
    ("clawback", "words"),
    [
        ({"amount": "ratio"}, "share belongs to amount: ratio"),
        ({"share": "50 %"}, "share belongs to amount: ratio"),
        ({"amount": "ratio", "share": "150 %"}, "a share is above 0 and at most 1"),
        ({"amount": "some"}, "clawback.amount"),
        ({"from": "delivery"}, "clawback.from"),
        ({"within_days": -1}, "clawback.within_days"),
    ],
)
def test_what_a_clawback_must_not_say(clawback: dict[str, Any], words: str) -> None:
    """Each with what is wrong."""
    written = waiting(clawback=CLAWBACK | clawback) | {"country": COUNTRY}
    assert words in of(written, **PAYABLE_SWITCHES)


def test_a_clawback_needs_a_country_profile_a_base_and_a_contract() -> None:
    """Without limits of what a pay run takes, without a reading, or for what nobody can cancel it is refused."""
    written = waiting(clawback=CLAWBACK)
    assert of(written | {"country": COUNTRY}, **PAYABLE_SWITCHES) == ""
    assert "a clawback needs a country profile" in of(written, **PAYABLE_SWITCHES)
    left = {key: value for key, value in PAYABLE_SWITCHES.items() if key != "clawback_base"}
    assert "the switch clawback_base matters here" in of(written | {"country": COUNTRY}, **left)
    activity = waiting("activity", measure="count", clawback=CLAWBACK) | {"country": COUNTRY}
    assert "activity has no contract to cancel" in of(activity, **PAYABLE_SWITCHES)


def test_what_is_clawed_back_is_owed_in_the_next_version() -> None:
    """So its limits must be the same."""
    first = waiting(clawback=CLAWBACK) | {"country": COUNTRY, "valid_to": "2026-03-31"}
    second = waiting(clawback=CLAWBACK) | {"version": 2, "valid_from": "2026-04-01"}
    assert "the country profile differs" in of(
        first, second | {"country": COUNTRY | {"most_per_run": "50 %"}}, **PAYABLE_SWITCHES
    )
    assert of(first, second | {"country": dict(COUNTRY)}, **PAYABLE_SWITCHES) == ""
