"""Curves that contradict themselves are refused, and compiled ones cover every measure.

Without this a word that a style cannot follow would be dropped in silence, and a gap would pay nothing.
"""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from openspm.plans.curves import CompiledTier, shares_as_segments
from tests.pay.test_against_reference import prepared
from tests.plans.test_refusals import ALL_SWITCHES, faults, plan

TIERS = [{"from": 0, "rate": "5 %"}, {"from": 100, "rate": "8 %"}]
SHARES = [{"from": "0 %", "pays_share": "100 %"}, {"from": "100 %", "pays_share": "150 %"}]
STEPS = [{"from": 100, "pays": 50}]
HALF = [{"to": "seller", "pay_credit": "50 %"}]


def curve(style: str, over: str = "amount", **words: Any) -> dict[str, Any]:
    """A curve."""
    return {"style": style, "over": over} | words


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (plan(curve=curve("step", steps=STEPS, intercept=5)), "says what is owed at 0 itself"),
        (plan(curve=curve("marginal", "attainment", tiers=SHARES, target=9, intercept=5)), "beside pays_share"),
        (plan(curve=curve("step", steps=STEPS, excess_over=50)), "an excess is for marginal and retroactive"),
        (plan(curve=curve("marginal", tiers=TIERS, excess_over=50), credits=HALF), "an excess where pay is computed"),
        (plan(curve=curve("marginal", tiers=TIERS, excess_over=0)), "counted from a bound above 0"),
        (plan(curve=curve("marginal", tiers=TIERS, excess_over="ten")), "'ten' is no number"),
        (plan(curve=curve("marginal", "attainment", tiers=SHARES)), "a share of target, which is missing"),
        (plan(curve=curve("retroactive", "attainment", tiers=SHARES, target=9)), "for marginal over attainment"),
        (plan(curve=curve("marginal", "attainment", tiers=SHARES, target=9), credits=HALF), "pays_share where pay is"),
        (plan(curve=curve("marginal", "attainment", target=9, tiers=[*SHARES, {"from": "200 %", "rate": "1 %"}])),
         "every tier takes pays_share, or none does"),
        (plan(event="ratio", curve=curve("marginal", tiers=TIERS, intercept=5)), "intercept of this kind for a ratio"),
        (plan(curve=curve("step", steps=[*STEPS, {"from": 200, "pays_share": "5 %"}], target=9)),
         "every row of steps takes pays"),
        (plan(curve=curve("marginal", tiers=[TIERS[0], TIERS[1] | {"boundary": "lower"}])), "changes nothing"),
        (plan(curve=curve("period_to_date_tier", tiers=[{"from": 9, "rate": "5 %"}]),
              conventions={"below_first": "error"}), "below_first: error with period_to_date_tier"),
        (plan(curve=curve("marginal", tiers=TIERS), event_measure={}), "needs a cap, a floor or an offset"),
        (plan(curve=curve("marginal", tiers=TIERS), event_measure={"cap": 5, "floor": 9}), "above the cap 5"),
        (plan(curve=curve("marginal", tiers=TIERS), event_measure={"cap": 0}), "lie above 0"),
        (plan(curve=curve("marginal", tiers=TIERS), event_measure={"cap": 5}, credits=HALF), "on another base"),
        (plan(curve=curve("marginal", tiers=TIERS, offset=5), window="none"), "write event_measure: {offset"),
        (plan(curve=curve("retroactive", tiers=TIERS), conventions={"negative_total": "zero_carried"}),
         "zero_carried with retroactive"),
        (plan(curve=curve("marginal", tiers=TIERS), window="none", conventions={"negative_total": "zero_carried"}),
         "needs a next window"),
        (plan(curve=curve("marginal", tiers=TIERS, offset=5), conventions={"negative_total": "zero_carried"}),
         "an offset or bounds below 0"),
    ],
)  # fmt: skip
def test_what_a_curve_cannot_say_is_refused(changed: dict[str, Any], message: str) -> None:
    """With the words that say why."""
    assert message in faults(changed, switches=ALL_SWITCHES)


def test_compiled_curves_cover_every_measure_once() -> None:
    """No gap and no overlap, and each bound belongs to exactly one of its two tiers."""
    for seed in range(60):
        for loaded in prepared(seed, seed)[1].plans:
            for checked in loaded.components:
                tiers = checked.tiers
                style = checked.component.curve.style
                assert tiers[0].lower is None or tiers[0].is_extended_below
                assert tiers[-1].upper is None or tiers[-1].is_extended_above
                for below, above in pairwise(tiers):
                    assert below.upper == above.lower, f"seed {seed}"
                    assert below.upper_boundary == above.lower_boundary, f"seed {seed}, {style}"


def test_shares_are_owed_in_all_at_each_bound() -> None:
    """100 % of attainment pays its share, and what lies below 0 goes on as the first tier."""
    one = Decimal(1)
    tiers = [CompiledTier(None, one, Decimal("0.5")), CompiledTier(one, None, Decimal(2))]
    below, above = shares_as_segments(tiers)
    assert (below.lower, below.lower_pay, below.upper_pay) == (-one, Decimal("-0.5"), Decimal("0.5"))
    assert (above.upper, above.lower_pay, above.upper_pay) == (2 * one, Decimal("0.5"), Decimal("2.5"))
