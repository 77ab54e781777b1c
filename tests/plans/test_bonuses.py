"""Components that pay for a period are refused where they contradict themselves, with the line and the choices.

Without this a pool could be filled by nothing, a ratio read a component that is not there, or a fixed amount be paid by
a curve that nobody meant: each would pay a wrong amount without a word.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.plans.test_refusals import ALL_SWITCHES, faults, plan

BONUS_SWITCHES = {
    "partial_period": "prorated",
    "empty_ratio": "nothing",
    "leaver_share": "others",
    "ties": "shared",
    "spiff_budget": "first_come",
    "interim_pay": "actual_to_date_full_quota",
}
RATIO_CURVE = {"style": "step", "over": "attainment", "steps": [{"from": "80 %", "pays": "100"}]}
COUNT = {
    "component_id": "deals",
    "name": "Deals",
    "event": "booking",
    "window": "quarter",
    "measure": "count",
    "credits": [{"to": "seller"}],
    "curve": {"style": "marginal", "over": "amount", "tiers": [{"from": "0", "per_unit": "0"}]},
}
SALES = COUNT | {
    "component_id": "sales",
    "measure": "amount",
    "curve": {"style": "marginal", "over": "amount", "tiers": [{"from": "0", "rate": "0 %"}]},
}
MARGINAL = {"style": "marginal", "over": "attainment", "tiers": [{"from": "0 %", "rate": "100 %"}]}
RATIO = {"event": "ratio", "window": "quarter", "curve": RATIO_CURVE}
CONTEST = {"event": "contest", "window": "quarter"}
FIXED = {"event": "fixed", "window": "month", "fixed": {"amount": "10"}}
POOL = {"amount": "10", "members": "last_day", "shares": "equal"}
RULE_SWITCHES = {
    "contest_gate": "after_ranking",
    "gate_reading": "event",
    "gate_boundary": "upper",
    "gate_opening": "release",
    "gate_closing": "keep",
    "multiplier_reading": "event",
    "multiplier_boundary": "upper",
    "cap_excess": "lost",
}
LINKED = {"event": "linked", "window": "month", "linked": {"of": "sales", "rate": "10 %"}}
SPIFF = {"of": "deals", "amount": "10", "from": "2026-01-01", "to": "2026-02-01"}
BY_KIND = {"where": {"opportunity_kind": ["new"]}, "factor": "2"}


def of(component: dict[str, Any], **switches: str) -> str:
    """The faults of a plan with two components of events and one that pays for a period."""
    bonus = {"component_id": "bonus", "name": "Bonus"} | component
    # Written and read again, so that no part stands in two places: YAML would make an alias of it.
    written = json.loads(json.dumps(plan() | {"components": [COUNT, SALES, bonus]}))
    return faults(written, switches=ALL_SWITCHES | BONUS_SWITCHES | switches)


@pytest.mark.parametrize(
    "component",
    [
        FIXED,
        {"event": "mbo", "window": "month", "curve": RATIO_CURVE},
        RATIO | {"ratio": {"numerator": "deals", "denominator": "deals"}},
        {"event": "pool", "window": "quarter", "pool": POOL},
        {"event": "pool", "window": "quarter", "pool": POOL, "limits": [{"per": "window", "cap": "5"}]},
        CONTEST | {"contest": {"of": "sales", "prizes": ["10", "5"]}},
        {"event": "spiff", "window": "quarter", "spiff": SPIFF | {"budget": "100"}},
        LINKED,
    ],
)  # fmt: skip
def test_what_can_be_paid_is_accepted(component: dict[str, Any]) -> None:
    """Every kind, with the switches of a company."""
    assert of(component) == ""


@pytest.mark.parametrize(
    ("component", "words"),
    [
        ({"event": "fixed", "window": "month"}, "event: fixed needs the block fixed"),
        (FIXED | {"pool": POOL}, "pool belongs to event: pool, and the event is fixed"),
        (FIXED | {"credits": [{"to": "seller"}]}, "take credits out"),
        (FIXED | {"window": "none"}, "choose month, quarter, half, year"),
        (FIXED | {"quota": "required"}, "has no quota"),
        (FIXED | {"limits": [{"per": "event", "cap": "5"}]}, "a fixed is of no event: write per: period"),
        (FIXED | {"proration": {"of": ["target"]}}, "says partial_period; take proration out"),
        (FIXED | {"gate": {"at_least": "5"}}, "measure: one of deals, sales"),
        (LINKED | {"limits": [{"per": "event", "cap": "5"}]}, "a linked is of no event: write per: period"),
        (
            {"event": "spiff", "window": "quarter", "spiff": SPIFF, "limits": [{"per": "event", "cap": "5"}]},
            "a spiff pays the same for every event: write per: period",
        ),
        (
            {"event": "mbo", "window": "month", "curve": RATIO_CURVE, "proration": {"of": ["target"]}},
            "the curve has no target to prorate",
        ),
        (
            {"event": "mbo", "window": "month", "curve": RATIO_CURVE | {"target_share": "50 %"}},
            "target_share belongs to tiers, and to points and steps that take pays_share",
        ),
        (LINKED | {"triggers": [{"on": "cash", "share": "1"}]}, "pay for an event of kind linked has no cash"),
        (LINKED | {"window": "quarter"}, "a linked component has the window of pay_every, month"),
        (LINKED | {"linked": {"of": "nothing", "rate": "10 %"}}, "nothing is no component of this plan"),
        (LINKED | {"linked": {"of": "bonus", "rate": "10 %"}}, "in a circle: bonus -> bonus"),
        ({"event": "mbo", "window": "month"}, "curve: say what the ratio earns"),
        ({"event": "mbo", "window": "month", "curve": RATIO_CURVE | {"over": "amount"}}, "write over: attainment"),
        (
            {"event": "mbo", "window": "month", "curve": MARGINAL},
            "a share of target, which is missing",
        ),
        (
            RATIO | {"ratio": {"numerator": "deals", "denominator": "sales"}},
            "that is no ratio",
        ),
        ({"event": "pool", "window": "quarter", "pool": POOL | {"of": "sales"}}, "no other"),
        ({"event": "pool", "window": "quarter", "pool": POOL | {"shares": "role"}}, "weights belong to shares: role"),
        ({"event": "pool", "window": "quarter", "pool": POOL | {"paid_after_days": "3"}}, "members: payment_date"),
        (CONTEST | {"contest": {"of": "bonus", "prizes": ["1"]}}, "choose from deals, sales"),
        (CONTEST | {"contest": {"of": "sales", "prizes": ["1", "2"]}}, "do not rise"),
        ({"event": "spiff", "window": "quarter", "spiff": SPIFF | {"to": "2025-12-31"}}, "lies before from"),
    ],
)  # fmt: skip
def test_contradictions_are_refused(component: dict[str, Any], words: str) -> None:
    """Each with words that say what to do."""
    assert words in of(component)


def _of_interim(kind: str, **block: Any) -> str:
    """The faults of a ratio over a quarter, paid every month, with a target for marginal pay."""
    ratio = {"numerator": "deals", "denominator": "deals"} | block
    return of(RATIO | {"ratio": ratio, "curve": MARGINAL | {"target": "900"}}, interim_pay=kind)


RULES = {
    "gate": {"measure": "sales", "at_least": "500"},
    "multipliers": [{"measure": "sales", "tiers": [{"from": "0", "factor": "1"}, {"from": "100", "factor": "1.5"}]}],
    "limits": [{"per": "period", "cap": "100", "floor": "10"}, {"per": "year", "cap": "500"}],
}
WITHIN_BUDGET = {
    "gate": RULES["gate"],
    "multipliers": [{"input": "quality", "lowest": "0.5", "highest": "1"}],
    "limits": [{"per": "period", "cap": "100"}],
}
PAID_BY_RESULT = {
    "pool": {"event": "pool", "window": "quarter", "pool": POOL},
    "contest": CONTEST | {"contest": {"of": "sales", "prizes": ["100"]}},
    "spiff": {"event": "spiff", "window": "quarter", "spiff": SPIFF},
}


@pytest.mark.parametrize("event", PAID_BY_RESULT)
def test_rules_of_prizes_bonuses_and_shares_are_accepted(event: str) -> None:
    """A gate, multipliers and limits; beside a budget those that cannot pay more than it."""
    component = PAID_BY_RESULT[event]
    assert of(component | RULES, **RULE_SWITCHES) == ""
    if event != "pool":
        in_budget = component | {event: component[event] | {"budget": "1000"}}
        assert of(in_budget | WITHIN_BUDGET, **RULE_SWITCHES) == ""
        found = of(in_budget | RULES, **RULE_SWITCHES)
        assert "one above 1 would pay more than it" in found
        assert "a floor could pay more than the budget 1000" in found


def test_the_gate_of_a_contest_says_when_it_is_read() -> None:
    """Before the ranking it neither opens again nor pays in part, and reads what was credited."""
    gated = PAID_BY_RESULT["contest"] | {"gate": RULES["gate"]}
    bound = {"gate_boundary": "upper"}
    assert "the switch contest_gate matters here" in of(gated, **bound)
    assert of(gated, contest_gate="before_ranking", **bound) == ""
    assert "the switch gate_opening matters" in of(gated, contest_gate="after_ranking", **bound)
    in_part = gated | {"gate": gated["gate"] | {"while_closed": "50 %"}}
    assert "take while_closed out" in of(in_part, contest_gate="before_ranking", **bound)
    assert of(in_part, **RULE_SWITCHES) == ""


def test_rules_beside_interim_pay_are_refused() -> None:
    """What a gate withholds of interim pay would count as paid at the true-up, and be lost."""
    ratio = {"numerator": "deals", "denominator": "deals"}
    component = RATIO | {"ratio": ratio, "curve": MARGINAL | {"target": "900"}}
    of_period, of_window = ({"limits": [{"per": per, "cap": "5"}]} for per in ("period", "window"))
    for rules in (of_period, {"multipliers": [{"input": "quality", "lowest": "0", "highest": "1"}]}):
        assert "beside interim_pay none_until_end" in of(component | rules, interim_pay="none_until_end")
    assert of(component | of_period, interim_pay="actual_to_date_full_quota", cap_excess="lost") == ""
    assert of(component | of_window, interim_pay="none_until_end") == ""


def test_windows_of_what_pays_for_a_period_are_not_cut() -> None:
    """Each part of a window would be paid the whole again."""
    component = {"event": "mbo", "window": "month", "curve": MARGINAL | {"target_share": "50 %"}}
    assert "target_change segment of a mbo" in of(component, target_change="segment")
    assert of(component, target_change="continue") == ""


def test_interim_pay_that_can_be_paid_is_accepted() -> None:
    """Each choice, with what it needs."""
    assert _of_interim("actual_to_date_prorated_quota") == ""
    assert _of_interim("share_of_target", interim_share="50 %") == ""
    assert _of_interim("none_until_end") == ""


def test_interim_pay_is_chosen_where_a_ratio_has_several_pay_periods() -> None:
    """Left open it would pay a quarter's bonus in its first month, or not; in a month there is nothing to choose."""
    blocks = {"numerator": "deals", "denominator": "deals"}
    company = {name: choice for name, choice in (ALL_SWITCHES | BONUS_SWITCHES).items() if name != "interim_pay"}
    for window, words in (("quarter", "the switch interim_pay matters here"), ("month", "")):
        bonus = {"component_id": "bonus", "name": "Bonus"} | RATIO | {"ratio": blocks, "window": window}
        written = json.loads(json.dumps(plan() | {"components": [COUNT, bonus]}))
        found = faults(written, switches=company)
        assert words in found if words else found == ""


def test_interim_shares_belong_to_a_share_of_the_target() -> None:
    """A share that nobody reads, or none where it is read, would pay an amount that nobody wrote."""
    words = "share_of_target needs interim_share; nothing else has one"
    assert words in _of_interim("share_of_target")
    assert words in _of_interim("none_until_end", interim_share="50 %")
    steps = RATIO | {"ratio": {"numerator": "deals", "denominator": "deals", "interim_share": "50 %"}}
    assert "a share of target, which is missing" in of(steps, interim_pay="share_of_target")


def test_interim_pay_has_one_line_a_period() -> None:
    """A re-rate of an earlier month is a line of its own, which would pay what waits."""
    curve = MARGINAL | {"style": "retroactive", "target": "900"}
    component = RATIO | {"ratio": {"numerator": "deals", "denominator": "deals"}, "curve": curve}
    found = of(component, interim_pay="none_until_end", catch_up="events_re_rated")
    assert "write catch_up crossing_event" in found
    assert of(component, interim_pay="none_until_end", catch_up="crossing_event") == ""


def test_components_of_events_need_credits_and_a_curve() -> None:
    """They stopped being required keys when periods came to be paid, and must not be missed."""
    found = faults(plan() | {"components": [{key: SALES[key] for key in ("component_id", "name", "event", "window")}]})
    assert "say who is credited" in found
    assert "say what the measure earns" in found


@pytest.mark.parametrize("choice", ["first_come", "prorated"])
def test_a_budget_is_for_who_comes_first_or_for_all(choice: str) -> None:
    """A choice that the reference lists can be made."""
    component = {"event": "spiff", "window": "quarter", "spiff": SPIFF | {"budget": "100"}}
    assert of(component | {"conventions": {"spiff_budget": choice}}) == ""


@pytest.mark.parametrize(
    ("ratio", "words"),
    [
        ({"numerator": "deals"}, "a ratio has a numerator and a denominator, or weighted components"),
        ({}, "a ratio has a numerator and a denominator, or weighted components"),
        ({"weighted": [{"measure": "sales", "weight": "60 %"}]}, "the weights do not add up to 100 %"),
        ({"weighted": [{"measure": "sales", "weight": "50 %"}] * 2}, "a component stands twice"),
        ({"weighted": [{"measure": "sales", "weight": "1"}]}, "attainment of sales needs its quota"),
        ({"weighted": [{"measure": "nothing", "weight": "1"}]}, "nothing is no component of this plan"),
    ],
)
def test_ratios_that_weigh_nothing_are_refused(ratio: dict[str, Any], words: str) -> None:
    """A weight that is missing would lower everybody's score."""
    assert words in of(RATIO | {"ratio": ratio})


def test_a_weighted_ratio_reads_its_own_window() -> None:
    """A quota of a quarter says nothing about a month."""
    assert "the window of sales is quarter, and not month" in of(
        RATIO | {"window": "month", "ratio": {"weighted": [{"measure": "sales", "weight": "1"}]}}
    )


def test_a_matrix_is_for_events() -> None:
    """Its further measures would be read by nobody, and its rates be those of the first cell."""
    axes = [{"measure": "deals", "bounds": ["0", "10"]}]
    curve = MARGINAL | {"target": "1000", "matrix": axes, "tiers": [{"from": "0 %", "rates": ["50 %", "100 %"]}]}
    of_ratio = RATIO | {"curve": curve, "ratio": {"numerator": "deals", "denominator": "deals"}}
    assert "a matrix for what pays for a period (ratio) is not in this version" in of(of_ratio)


def test_a_pool_adds_up_no_whole_events_of_several_people() -> None:
    """Two who share a deal would both fill the pool with all of it."""
    bonus = {"component_id": "bonus", "name": "Bonus", "event": "pool", "window": "quarter"}
    pool = {"of": "sales", "rate": "5 %", "members": "last_day", "shares": "equal"}
    shared = SALES | {"split_applies": "pay"}
    for sales, words in ((SALES, ""), (shared, "sales counts whole events for everybody who shares them")):
        written = json.loads(json.dumps(plan() | {"components": [COUNT, sales, bonus | {"pool": pool}]}))
        assert words in faults(written, switches=ALL_SWITCHES | BONUS_SWITCHES)
