"""What a plan says about currencies is refused where it contradicts itself, and both sides know the same minor units.

Without this a payout in yen could be rounded to hundredths by the engine and to whole yen by whoever explains it.
"""

from __future__ import annotations

import re
from typing import Any

import pytest

from openspm.plans.currencies import THOUSANDTHS, WITHOUT_MINOR_UNIT
from openspm.plans.json_schema import CHECKOUT
from tests.plans.test_draws import COUNTRY, drawing, of
from tests.plans.test_refusals import plan

MACRO = CHECKOUT / "dbt_project" / "macros" / "money" / "minor_unit_digits.sql"
FRANCS = {"currency": "CHF"}
DAY = {"payout_rate_day": "period_end"}


def test_the_engine_knows_the_same_minor_units() -> None:
    """Currencies without a minor unit, and those with thousandths."""
    whole, thousandths = re.findall(r"set \w+ = \[(.*?)\]", MACRO.read_text(encoding="utf-8"), re.DOTALL)
    assert set(re.findall("[A-Z]{3}", whole)) == WITHOUT_MINOR_UNIT
    assert set(re.findall("[A-Z]{3}", thousandths)) == THOUSANDTHS


def test_payouts_that_can_be_paid_are_accepted() -> None:
    """In a named currency, in each payee's, and with rates of their own."""
    rates = {"kind": "average", "inverse": "true", "pivot": "USD", "valid_days": "31"}
    assert of(plan() | {"payout": FRANCS}, **DAY) == ""
    assert of(plan() | {"payout": {"currency": "payee", "rates": rates}, "rates": dict(rates)}, **DAY) == ""


def test_the_day_of_the_rate_must_be_said() -> None:
    """It decides money; that of credits is the sale's unless something else is written."""
    assert "the switch payout_rate_day matters here (where a plan has `payout`)" in of(plan() | {"payout": FRANCS})
    refused = plan() | {"payout": FRANCS, "conventions": {"payout_rate_day": "payment"}}
    assert "no table says when pay is paid; use period_end" in of(refused)


@pytest.mark.parametrize(
    ("payout", "words"),
    [
        ({"currency": "EUR"}, "EUR is the plan's own currency; take payout out"),
        ({"currency": "eur"}, "payout.currency"),
        ({"currency": "CHF", "rates": {"valid_days": "0"}}, "payout.rates.valid_days"),
        ({"currency": "CHF", "rates": {"pivot": "dollars"}}, "payout.rates.pivot"),
    ],
)
def test_payouts_that_contradict_themselves_are_refused(payout: dict[str, Any], words: str) -> None:
    """Each with its place."""
    assert words in of(plan() | {"payout": payout}, **DAY)


def test_amounts_that_pay_is_set_against_do_not_go_with_a_payout() -> None:
    """A draw, the floor of a period and the net floor of a clawback stand in the plan's currency."""
    words = "states an amount in EUR that pay is set against"
    clawback = {"from": "credit", "within_days": "90", "amount": "all"}
    component = plan()["components"][0]
    for refused in (
        drawing({"style": "guarantee", "amount": "100"}) | {"payout": FRANCS},
        plan() | {"payout": FRANCS, "limits": [{"per": "period", "floor": "100"}]},
        plan() | {"payout": FRANCS, "components": [component | {"limits": [{"per": "period", "floor": "100"}]}]},
        plan() | {"payout": FRANCS, "components": [component | {"clawback": clawback}], "country": COUNTRY},
    ):
        assert words in of(refused, **DAY)


def test_pay_of_pay_and_carried_excess_do_not_go_with_a_payout() -> None:
    """Both would come out in the plan's currency, beside lines in the payee's."""
    component = plan()["components"][0]
    capped = component | {
        "limits": [{"per": "period", "cap": "100", "carried_periods": "2"}],
        "conventions": {"cap_excess": "carried"},
    }
    linked = {
        "component_id": "linked",
        "name": "Linked",
        "event": "linked",
        "window": "month",
        "linked": {"of": component["component_id"], "rate": "10 %"},
    }
    assert "carrying what lies above a cap, with payout," in of(plan() | {"payout": FRANCS, "components": [capped]})
    assert "linked: a rate of pay, with payout," in of(plan() | {"payout": FRANCS, "components": [component, linked]})
