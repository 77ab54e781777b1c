"""What is wrong in the words of a plan is said once, where it stands, and with what to write instead.

Without this a reader is told of lists that are empty, and of alternatives that nobody meant, beside the one fault.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from openspm.plans.reading import PlanRefused, read_document
from openspm.plans.schema import Plan
from openspm.plans.validation import validated

PLAN = """
plan_id: sales
version: 1
name: Sales
valid_from: 2020-01-01
currency: EUR
components:
  - component_id: deals
    name: Deals
    event: booking
    window: quarter
    quota: required
    credits: [{to: seller}]
    curve: {style: marginal, over: attainment, tiers: [{from: 0 %, rate: 5 %}]}
"""


@pytest.mark.parametrize(
    ("written", "instead", "said"),
    [
        (
            "currency: EUR",
            "currency: EURO",
            "5: currency: 'EURO' is no currency; write three capital letters, such as EUR",
        ),
        ("2020-01-01", "06/01/2024", "4: valid_from: '06/01/2024' is no day; write it like 2026-01-31"),
        ("2020-01-01", "2026-02-30", "4: valid_from: '2026-02-30' is no day; write it like 2026-01-31"),
        ("version: 1", "version: one", "2: version: 'one' is no whole number"),
        (
            "window: quarter",
            "window: Quarter",
            "10: components.0.window: 'Quarter' is none of the choices; "
            "write 'none', 'month', 'quarter', 'half', 'year' or 'plan_life'",
        ),
        ("    window: quarter\n", "", "7: components.0.window: is missing"),
        (
            "rate: 5 %",
            'rate: "6,5 %"',
            "13: components.0.curve.tiers.0.rate: '6,5' is no number; write it like 1250.50",
        ),
        (
            "quota: required",
            "quota: 5000",
            "11: components.0.quota: '5000' is none of the choices; write 'required', 'optional' or 'none'",
        ),
        ("quota: required", "quota: {amount: 0}", "11: components.0.quota.amount: 0 is too little; it must be above 0"),
        (
            "quota: required",
            "quota: {per: year, spread: odd}",
            "11: components.0.quota.spread: 'odd' is none of the choices; write 'even'",
        ),
        (
            "quota: required",
            "limits: {per: period, cap: 5}",
            "11: components.0.limits: takes a list here, such as [one, two]",
        ),
    ],
)
def test_a_fault_is_said_once_with_what_to_write(written: str, instead: str, said: str) -> None:
    text = PLAN.strip().replace(written, instead)
    document = read_document(Path("plan.yml"), text)
    with pytest.raises(PlanRefused) as refused:
        validated(Plan, document.content, document)
    assert [str(fault) for fault in refused.value.faults] == [f"plan.yml:{said}"]


def test_an_empty_list_needs_an_item() -> None:
    text = PLAN.strip().split("components:")[0] + "components: []\n"
    document = read_document(Path("plan.yml"), text)
    with pytest.raises(PlanRefused, match=r"plan.yml:6: components: needs one at least"):
        validated(Plan, document.content, document)
