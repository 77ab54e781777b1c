"""Draws that contradict themselves are refused with their line, and rows of other systems are held, never guessed.

Without this a draw could be granted twice, a balance could lose its terms with a new version of the plan, or pay could
be taken back without any limit that a country asks for.
"""

from __future__ import annotations

from typing import Any

import pytest

from openspm.plans.switches import SWITCHES
from tests.plans.test_refusals import ALL_SWITCHES, faults, plan

DRAW_SWITCHES = {
    "draw_adjustments": "feed",
    "draw_disbursement": "at_settlement",
    "draw_negative": "topped_up",
    "draw_posting": "net",
    "draw_end": "owed",
}
COUNTRY = {
    "country": "DE",
    "most_per_run": "30 %",
    "net_floor": 0,
    "consent": "not_needed",
    "termination": "stays_owed",
}


def drawing(*draws: dict[str, Any], **keys: Any) -> dict[str, Any]:
    """A plan with draws."""
    named = [{"draw_id": f"d{number}", "name": "Draw"} | draw for number, draw in enumerate(draws, start=1)]
    return plan() | {"country": COUNTRY, "draws": named} | keys


def of(*plans: dict[str, Any], **switches: str) -> str:
    """The faults of plans whose company sets every switch."""
    return faults(*plans, switches=ALL_SWITCHES | DRAW_SWITCHES | switches)


def test_a_plain_draw_is_accepted() -> None:
    """Every style, with every switch set."""
    for style in ("guarantee", "protected", "in_full", "in_full_top_up", "on_top"):
        assert of(drawing({"style": style, "amount": 1000})) == ""


@pytest.mark.parametrize("name", sorted(DRAW_SWITCHES))
def test_a_switch_of_draws_must_be_set(name: str) -> None:
    """For plans with draws, with the choices; a plan without draws needs none of them."""
    left = {key: value for key, value in (ALL_SWITCHES | DRAW_SWITCHES).items() if key != name}
    text = faults(drawing({"style": "protected", "amount": 1000}), switches=left)
    assert f"the switch {name} matters here" in text
    assert all(choice in text for switch in SWITCHES if switch.name == name for choice in switch.choices)
    assert faults(plan(), switches=left) == ""


@pytest.mark.parametrize(
    ("draw", "words"),
    [
        ({"style": "protected"}, "d1: write exactly one of amount, schedule and personal: true"),
        ({"style": "protected", "amount": 5, "personal": True}, "d1: write exactly one of amount"),
        ({"style": "guarantee", "amount": 5, "first_recovery": "2026-01-01"}, "take first_recovery out"),
        ({"style": "protected", "amount": 0}, "draws.0.amount"),
        ({"style": "protected", "amount": "5.001"}, "d1: 5.001 has more decimals than EUR"),
        ({"style": "soft", "amount": 5}, "draws.0.style"),
        (
            {"style": "protected", "schedule": [{"from": "2026-02-01", "to": "2026-01-31", "amount": 5}]},
            "d1: to 2026-01-31 lies before from 2026-02-01",
        ),
    ],
)
def test_what_a_draw_must_not_combine(draw: dict[str, Any], words: str) -> None:
    """Each with what is wrong."""
    assert words in of(drawing(draw))


def test_a_recoverable_draw_needs_a_country_profile() -> None:
    """A guarantee needs none."""
    recoverable, guarantee = ({"style": style, "amount": 5} for style in ("in_full", "guarantee"))
    assert "d1: a recoverable draw needs a country profile" in of(drawing(recoverable, country=None))
    assert of(drawing(guarantee, country=None)) == ""


def test_readings_that_contradict_each_other() -> None:
    """The profile forbids the final pay; a settlement could fall below zero."""
    draw = drawing({"style": "protected", "amount": 5})
    assert "draw_end: final_pay contradicts the country profile" in of(draw, draw_end="final_pay")
    assert "could leave less than nothing" in of(draw, draw_disbursement="in_advance", draw_adjustments="beside")


def test_two_draws_of_one_name_and_too_many() -> None:
    """A balance has one draw, and each draw is a pass over the periods."""
    draw = {"style": "protected", "amount": 5}
    assert "two draws are named d1" in of(drawing(draw, draw | {"draw_id": "d1"}))
    assert "draws" in of(drawing(*[draw] * 4))


def test_a_balance_goes_on_into_the_next_version() -> None:
    """A version that drops the draw would leave the balance without terms."""
    first = drawing({"style": "protected", "amount": 5}, valid_to="2026-03-31")
    dropped = plan() | {"version": 2, "valid_from": "2026-04-01"}
    assert "draw 1 of version 1 is d1, protected, and must stay so in version 2" in of(first, dropped)
    kept = drawing({"style": "protected", "amount": 9}, version=2, valid_from="2026-04-01")
    assert of(first, kept) == ""
