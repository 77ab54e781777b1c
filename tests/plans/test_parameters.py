"""Parameters are computed exactly and once, and an expression says nothing but arithmetic.

Without this a rate could be a binary fraction, a name that nobody declared could count as 0, and a plan could run code.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from openspm.plans.load import check_plans
from openspm.plans.reading import read_document
from openspm.plans.switches import Conventions
from tests.plans.test_refusals import ALL_SWITCHES, faults, plan

GATE = (("reading", "event"), ("boundary", "upper"), ("opening", "event"), ("closing", "keep"))


def curve(rate: str) -> dict[str, Any]:
    """A curve with one rate."""
    return {"style": "marginal", "over": "amount", "tiers": [{"from": 0, "rate": rate}]}


def rate_of(rate: str, **parameters: str) -> str:
    """The rate that a plan ends up with."""
    text = yaml.safe_dump(plan(curve=curve(rate)) | {"parameters": parameters}, sort_keys=False)
    document = read_document(Path("plan0.yml"), text)
    plans, wrong = check_plans([document], Conventions.model_validate(ALL_SWITCHES))
    assert not wrong, [str(fault) for fault in wrong]
    return f"{plans[0].plan.components[0].curve.tiers[0].rate:f}"


@pytest.mark.parametrize(
    ("expression", "rate"),
    [
        ("= base", "0.08"),
        ("= base x 1.5", "0.12"),
        ("= base + 1 % - 0.005", "0.085"),
        ("= base / 3", "0.026666666667"),
        ("= (base + 2 %) x 2", "0.2"),
        ("= min(base, 5 %, 7 %)", "0.05"),
        ("= max(-base, 1 %)", "0.01"),
        ("= base x 2 - 6 % / 2", "0.13"),
    ],
)
def test_an_expression_is_its_number(expression: str, rate: str) -> None:
    """Exactly, with quotients to 12 decimals."""
    assert rate_of(expression, base="8 %") == rate


def test_a_parameter_reads_those_before_it() -> None:
    """And no others, so that there is no cycle."""
    assert rate_of("= high", base="8 %", high="= base x 1.5") == "0.12"
    text = faults(plan(curve=curve("= high")) | {"parameters": {"high": "= base", "base": "8 %"}})
    assert "high: base is no parameter that is written before; there are: none" in text


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("= basis", "basis is no parameter that is written before; there are: base"),
        ("= base / 0", "divides by 0"),
        ("= base +", "a number or a name is missing"),
        ("= (base", "a bracket is not closed"),
        ("= (base, 1)", "a comma belongs to min and max"),
        ("= base base", "base is not expected there"),
        ("= __import__('os')", "is no part of an expression"),
        ("= base ** 2", "a number or a name is missing before *"),
        ("= " + "(" * 30 + "base" + ")" * 30, "has more than 20 brackets"),
        ("= base" + " + base" * 50, "at most 200 characters"),
        ("= 0.0000001 x 0.0000001 x base", "more than 12 decimals"),
        ("= base x 50", "a rate of 4"),
    ],
)
def test_what_is_no_arithmetic_is_refused(expression: str, message: str) -> None:
    """With the place of the expression."""
    text = faults(plan(curve=curve(expression)) | {"parameters": {"base": "8 %"}})
    assert message in text


def test_a_parameter_that_nothing_reads_is_refused() -> None:
    """Nothing that a plan says is ignored."""
    text = faults(plan() | {"parameters": {"base": "8 %"}})
    assert "base is used nowhere; take it out" in text


def test_a_parameter_keeps_its_unit_where_the_unit_decides() -> None:
    """A gate at `= bar` with 80 % for bar is one at 80 % of the quota, and never one at an amount of 0.8."""
    gate, switches = {"at_least": "= bar"}, {f"gate_{name}": choice for name, choice in GATE}
    text = yaml.safe_dump(
        plan(gate=gate, quota="required", conventions=switches) | {"parameters": {"bar": "80 %"}}, sort_keys=False
    )
    document = read_document(Path("plan0.yml"), text)
    plans, wrong = check_plans([document], Conventions.model_validate(ALL_SWITCHES))
    assert not wrong, [str(fault) for fault in wrong]
    assert plans[0].plan.components[0].gate is not None
    assert plans[0].plan.components[0].gate.at_least == "80 %"
    computed = plan(gate={"at_least": "= bar x 1"}, quota="required") | {"parameters": {"bar": "80 %"}}
    assert "name a parameter that is one number" in faults(computed)


def test_a_percentage_is_no_amount() -> None:
    """A bound of 8 % in a curve over amounts is refused by whichever name."""
    tiers = [{"from": 0, "rate": "5 %"}, {"from": "= base", "rate": "6 %"}]
    text = faults(plan(curve={"style": "marginal", "over": "amount", "tiers": tiers}) | {"parameters": {"base": "8 %"}})
    assert "is a percentage, but the curve is over the amount" in text
