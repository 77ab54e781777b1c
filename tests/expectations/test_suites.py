"""Protects what a suite may say: reasons, marts that exist, and no figure of pay in a result.

Without it a result, which finance's messages and everybody's reports quote, could print what a person earns, and a rule
could claim to protect a mart that was renamed long ago.
"""

import re
from pathlib import Path

import pytest

from expectations.results import GateCode
from expectations.suites import Rule, Suite, load_suites
from openspm.contract import load_contract

CHECKOUT = Path(__file__).resolve().parents[2]
GATES: tuple[GateCode, ...] = ("sources", "published")
SUITES = [suite for gate in GATES for suite in load_suites(gate)]
RULES = [(suite, rule) for suite in SUITES for rule in suite.expectations]
MARTS = {path.stem for path in (CHECKOUT / "models" / "marts").rglob("*.sql")}
PAY_TABLES = re.compile(r"^marts\.(fct_payout|fct_credits|fct_attainment$|dim_payees)|assignments$")


def ids(entry: tuple[Suite, Rule]) -> str:
    """The expectation's id as the name of its test."""
    return entry[1].id


def test_what_is_protected_exists() -> None:
    unknown = {mart for _, rule in RULES for mart in rule.protects} - MARTS
    assert unknown == set()


def test_what_is_needed_is_declared() -> None:
    contract = load_contract()
    known = {table.name for table in contract}
    known |= {f"{table.name}.{column.name}" for table in contract for column in table.columns}
    known |= {f"previous.{mart}" for mart in MARTS}
    needed = {need for suite, rule in RULES for need in (*suite.needs, *rule.needs, *rule.unless)}
    assert needed - known == set()


def test_comparisons_with_the_last_publication_do_not_look_back_in_time() -> None:
    """A run for an earlier as-of has fewer records than the publication before it, rightly so."""
    lacking = [
        rule.id
        for _, rule in RULES
        if any(need.startswith("previous.") for need in rule.needs) and "as_of_at" not in (rule.only_if or "")
    ]
    assert lacking == []


@pytest.mark.parametrize("entry", RULES, ids=ids)
def test_a_result_shows_no_amount(entry: tuple[Suite, Rule]) -> None:
    suite, rule = entry
    if rule.rule is not None:
        shown = re.findall(r"as sample_key,?(.*?)as seen", rule.rule, flags=re.DOTALL)
        assert all("_amount" not in text for text in shown)
    elif PAY_TABLES.search(suite.table):
        # Great Expectations' own report prints the values that such an expectation finds.
        assert rule.expect in {"ExpectTableRowCountToBeBetween", "ExpectColumnValuesToNotBeNull"}
