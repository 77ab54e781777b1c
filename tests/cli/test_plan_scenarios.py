"""Protects what a person sees who compares plans or asks what a deal would pay.

Without it a typing error ends in a traceback, or an estimate is made of a number that nobody meant.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from openspm.plans import whatif

from .conftest import Openspm


def test_a_difference_is_told_in_words_and_as_json(openspm: Openspm, checkout: Path) -> None:
    company = checkout / "examples" / "demo"
    told = openspm("plan", "diff", "ae_commission", "senior_ae_commission", "--company", company)
    assert told.exit_code == 0, told.err
    assert "components.new_business.curve.tiers[100 %].rate: 0.09 -> 0.1" in told.out
    answered = openspm("plan", "diff", "ae_commission", "senior_ae_commission", "--company", company, "--json")
    places = {change["place"]: (change["before"], change["after"]) for change in json.loads(answered.out)}
    assert places["components.new_business.curve.tiers[100 %].rate"] == ("0.09", "0.1")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("estimate", "EMP00001"), "--amount or --earn"),
        (("estimate", "EMP00001", "--amount", "5", "--earn", "5"), "--amount or --earn"),
        (("estimate", "EMP00001", "--amount", "five"), "five"),
        (("estimate", "EMP00001", "--amount", "0"), "above 0"),
        (("estimate", "EMP00001", "--amount", "5", "--date", "31.3.2026"), "2026-03-31"),
        (("whatif", "--plan", "nowhere.yml", "--period", "2026-Q1"), "nowhere.yml"),
        (("diff", "ae_comission", "ae_commission"), "ae_commission:1"),
    ],
)
def test_a_call_that_cannot_work_says_what_and_what_next(
    openspm: Openspm, checkout: Path, words: tuple[str, ...], message: str
) -> None:
    ended = openspm("plan", *words, "--company", checkout / "examples" / "demo")
    assert ended.exit_code == 2
    assert message in ended.err


def test_without_history_there_is_nothing_to_compute_on(openspm: Openspm, checkout: Path) -> None:
    ended = openspm("plan", "estimate", "EMP00001", "--amount", "5", "--company", checkout / "examples" / "demo")
    assert ended.exit_code == 1
    assert "Nothing has landed yet" in ended.err
    assert "openspm run" in ended.err


@pytest.mark.parametrize(
    ("events", "said"),
    [
        ((0, 0), "events   none: nothing was sold in it that anybody is credited for; choose a period with sales"),
        ((0, 2), "events   0 credited as it is, 2 with the new plan"),
    ],
)
def test_a_period_without_events_is_no_tie(
    openspm: Openspm, checkout: Path, monkeypatch: pytest.MonkeyPatch, events: tuple[int, int], said: str
) -> None:
    """0 winners and 0 losers where nothing was sold is no answer about the plan."""
    result = whatif.WhatIf("2026-12", ("ae_commission",), events, (), (), (("below 50 %", 0, 0),))
    monkeypatch.setattr(whatif, "what_if", lambda *_: result)
    company = checkout / "examples" / "demo"
    plan = company / "plans" / "ae_commission.yml"
    words = ("plan", "whatif", "--plan", plan, "--period", "2026-12", "--company", company)
    told = openspm(*words)
    assert told.exit_code == 0, told.err
    assert said in told.out + told.err
    answered = json.loads(openspm(*words, "--json").out)
    assert answered["events"] == {"before": events[0], "after": events[1]}
