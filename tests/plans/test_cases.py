"""Every shipped case holds on the real models, and a case that expects the wrong thing fails.

Without this the definitions of pay would be prose: nobody would notice that a change pays somebody else's reading.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import duckdb
import pytest

from openspm.errors import OpenspmError
from openspm.plans import case_runs
from openspm.plans.case_landing import World, company_settings
from openspm.plans.case_schema import Case
from openspm.plans.cases import run_cases, table_of_results

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
WRONG = """
conventions: {rounding: half_up, rounding_scope: each_line, negative_total: first_tier, split_tolerance: 0}
plans:
  flat:
    {plan_id: flat, version: 1, name: Flat, valid_from: 2020-01-01, currency: EUR, components: [
      {component_id: sales, name: Sales, event: booking, window: year, credits: [{to: seller}], curve: {
        style: marginal, over: amount, tiers: [{from: 0, rate: 5 %}]}}]}
cases:
  - {case: wrong line, plan: flat, bookings: [{id: e1, date: 2026-01-10, amount: 100}],
     expect: {lines: [{event: e1, pays: 5.01}]}}
  - {case: line too many, plan: flat, bookings: [{id: e1, date: 2026-01-10, amount: 100}], expect: {lines: []}}
  - {case: line too few, plan: flat, expect: {lines: [{event: e1, pays: 5.00}]}}
  - {case: wrong total, plan: flat, bookings: [{id: e1, date: 2026-01-10, amount: 100}], expect: {total: 4.99}}
  - {case: wrong attainment, plan: flat, bookings: [{id: e1, date: 2026-01-10, amount: 100}],
     expect: {attainment: [{period: 2026-01, measure: 99}]}}
  - {case: wrong payout, plan: flat, bookings: [{id: e1, date: 2026-01-10, amount: 100}],
     expect: {payouts: [{period: 2026-01, pays: 0}]}}
  - {case: wrong slice, plan: flat, bookings: [{id: e1, date: 2026-01-10, amount: 100}],
     expect: {slices: [{event: e1, base: 99, pays: 5}]}}
  - {case: not refused, plan: flat, expect: {refused: nonsense}}
  - {case: a quota of another period, plan: flat, quotas: [{payee: rep, period: 2026-Q1, quota: 100}], expect: {}}
  - {case: a quota of no period, plan: flat, quotas: [{payee: rep, period: 2026-Q5, quota: 100}], expect: {}}
  - {case: a quota of a team, plan: flat, people: [{id: rep, team: north}],
     quotas: [{team: north, period: 2026, quota: 100}], expect: {}}
  - {case: a quota of a day too late, plan: flat, quotas: [{payee: rep, period: 2026, from: 2027-01-01, quota: 100}],
     expect: {}}
  - {case: a quota of no component, plan: flat, quotas: [{payee: rep, component: sale, period: 2026, quota: 100}],
     expect: {}}
"""


def test_all_cases(tmp_path: Path) -> None:
    """All shipped cases and all wrong ones in one batch."""
    folder = tmp_path / "cases"
    shutil.copytree(EXAMPLES / "cases", folder)
    shutil.copytree(EXAMPLES / "demo" / "plans", folder / "demo")
    (folder / "wrong.cases.yml").write_text(WRONG)
    results = run_cases(folder, tmp_path / "state")
    shipped = [result for result in results if result.file != "wrong.cases.yml"]
    assert len(shipped) >= 70
    assert all(result.is_passed for result in shipped), table_of_results([r for r in shipped if not r.is_passed])
    wrong = [result for result in results if result.file == "wrong.cases.yml"]
    assert len(wrong) == 13
    assert [result.name for result in wrong if result.is_passed] == []
    shown = table_of_results(wrong)
    for quota in (
        "payee rep for 2026-Q1 in flat sales is read by no window: no window of its days reads quotas of a quarter",
        "payee rep for 2026-Q5 in flat sales is read by no window: the calendar company has no such period",
        "team north for 2026 in flat sales is read by no window: the component reads quotas of payees",
        "payee rep for 2026 in flat sales is read by no window: it begins on 2027-01-01, after its period",
        "payee rep for 2026 in flat sale is read by no window: the plan has no component of this id",
    ):
        assert f"quotas: expected each read by a window, got the quota of {quota}" in shown


def test_no_cases_is_an_error(tmp_path: Path) -> None:
    """A mistyped path is not a success."""
    with pytest.raises(OpenspmError, match="no cases"):
        run_cases(tmp_path)


def test_companies_with_different_keys_of_credit_notes_are_computed_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A company has one key, so worlds of two keys must not share a landing, and each landing has its own."""
    keys = ("customer", "customer_amount", "none", "customer")
    worlds = [
        World(f"w{number}.", Case.model_validate({"case": key, "credit_note_key": key, "expect": {}}), ())
        for number, key in enumerate(keys)
    ]
    landed: list[tuple[str, list[str]]] = []

    def land(alike: Sequence[World], database: Path) -> None:
        duckdb.connect(str(database)).close()
        key = company_settings(alike[0].case.credit_note_key)["credit_note_key_code"]
        landed.append((str(key), [world.prefix for world in alike]))

    monkeypatch.setattr(case_runs, "land_worlds", land)
    monkeypatch.setattr(case_runs, "build_pay", lambda *_: None)
    monkeypatch.setattr(case_runs, "_rows_by_rule_set", lambda *_: {})
    monkeypatch.setattr(case_runs, "unread_quotas", lambda *_: {})
    assert set(case_runs.compute(worlds, tmp_path)) == {"w0", "w1", "w2", "w3"}
    assert landed == [("customer", ["w0.", "w3."]), ("customer_amount", ["w1."]), ("none", ["w2."])]
