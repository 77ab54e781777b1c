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


def test_amounts_of_the_plan_go_with_a_payout() -> None:
    """Draws, floors, carried excess, linked pay and clawbacks, with a net floor in the currency of payout."""
    component = plan()["components"][0]
    country = COUNTRY | {"net_floor": "40", "net_floor_currency": "CHF"}
    clawback = {"from": "credit", "within_days": "90", "amount": "all"}
    capped = component | {
        "limits": [{"per": "period", "cap": "100", "floor": "10", "carried_periods": "2"}],
        "conventions": {"cap_excess": "carried"},
    }
    linked = {
        "component_id": "linked",
        "name": "Linked",
        "event": "linked",
        "window": "month",
        "linked": {"of": component["component_id"], "rate": "10 %"},
    }
    francs = plan() | {"payout": FRANCS}
    switches = DAY | {"clawback_base": "limited", "pay_after_leaving": "paid", "earned_at": "credit"}
    assert of(drawing({"style": "protected", "amount": "100"}) | {"payout": FRANCS, "country": country}, **DAY) == ""
    assert of(francs | {"components": [capped, linked], "limits": [{"per": "period", "floor": "20"}]}, **DAY) == ""
    assert of(francs | {"components": [component | {"clawback": clawback}], "country": country}, **switches) == ""


def test_what_has_no_rate_by_then_does_not_go_with_a_payout() -> None:
    """Draws that are paid before the day of their rate, and a net floor elsewhere."""
    francs = drawing({"style": "protected", "amount": "100"}) | {"payout": FRANCS}
    in_advance = DAY | {"draw_disbursement": "in_advance"}
    assert "use payout_rate_day: period_start or sale_date" in of(francs, **in_advance)
    for day in ("period_start", "sale_date"):
        assert of(francs, **in_advance | {"payout_rate_day": day}) == ""
    most = drawing({"style": "protected", "amount": "100", "most_recovered": "10"}) | {"payout": FRANCS}
    assert of(most, **DAY) == ""
    floor = {"country": COUNTRY | {"net_floor": "40"}}
    assert "the net floor stands in EUR and pay goes out in CHF" in of(francs | floor, **DAY)
    assert "the net floor stands in CHF and pay goes out in EUR" in of(
        plan() | {"country": floor["country"] | {"net_floor_currency": "CHF"}}
    )


def test_what_a_plan_pays_as_a_whole_is_rounded_as_the_plan_says() -> None:
    """Components may round otherwise; a plan that says nothing, whose components do, leaves its draw open."""
    francs = drawing({"style": "protected", "amount": "100"}) | {"payout": FRANCS}
    components = [
        plan(component_id=name, conventions={"rounding": method})["components"][0]
        for name, method in (("sales", "down"), ("more", "half_even"))
    ]
    assert of(francs | {"components": components}, **DAY) == ""
    assert "the switch rounding matters here" in of(francs | {"components": components}, **DAY, rounding=None)
