"""What lint says of plans: of their curves alone, and beside people, quotas and what was sold.

Without it a cap that binds every month, a quota nobody came near or a seller without a plan shows first in the pay.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from openspm.plans.lint import lint_plan
from openspm.plans.lint_history import remarks
from openspm.plans.load import LoadedPlan, check_plans
from openspm.plans.reading import read_document
from openspm.plans.switches import Conventions

DAY = datetime.date(2026, 5, 31)
CHOICES = Conventions.model_validate({
    "boundary": "upper", "rounding": "half_up", "rounding_scope": "each_line", "reversal_window": "origin",
    "negative_total": "first_tier", "below_first": "zero", "above_last": "extend", "plan_version_change": "continue",
    "split_tolerance": "0", "catch_up": "events_re_rated",
})  # fmt: skip
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
    credits: [{{to: seller}}]
    curve: {{style: {style}, over: {over}, tiers: [{tiers}]}}
"""


def loaded(tmp_path: Path, tiers: str, style: str = "marginal", over: str = "attainment") -> LoadedPlan:
    """A plan with these tiers."""
    path = tmp_path / "sales.yml"
    path.write_text(PLAN.format(style=style, over=over, tiers=tiers), encoding="utf-8")
    (plan,), faults = check_plans([read_document(path)], CHOICES)
    assert not faults
    return plan


@pytest.mark.parametrize(("reversal", "is_said"), [("origin", True), ("current", True), ("mirror", False)])
def test_a_return_under_factors_of_a_measure(tmp_path: Path, reversal: str, is_said: bool) -> None:
    """It has the factor that holds after it, so a sale that was returned may leave something."""
    path = tmp_path / "sales.yml"
    text = PLAN.format(style="marginal", over="amount", tiers="{from: 0, rate: 10 %}").replace("booking", "invoice")
    factors = "    multipliers: [{tiers: [{from: 0, factor: 1}, {from: 100, factor: 1.5}]}]\n"
    path.write_text(text + factors, encoding="utf-8")
    switches = {"reversal_window": reversal, "multiplier_reading": "event", "multiplier_boundary": "upper"}
    (plan,), faults = check_plans([read_document(path)], CHOICES.model_copy(update=switches))
    assert not faults
    said = [finding.message for finding in lint_plan(plan)]
    assert any("multiplies a return by the factor that holds after it" in message for message in said) == is_said


@pytest.mark.parametrize(
    ("tiers", "style", "said"),
    [
        ("{from: 0 %, rate: 5 %}, {from: 100 %, rate: 4 %}", "marginal", "each further sale earns less"),
        ("{from: 0 %, rate: 5 %}, {from: 100 %, rate: 4 %}", "retroactive", "selling more can earn less"),
        ("{from: 0 %, rate: 5 %}, {from: 100 %, rate: 5 %}", "marginal", "changes nothing"),
        ("{from: 0 %, rate: 5 %}, {from: 100 %, rate: 0 %}", "marginal", "a dead zone"),
        ("{from: 0 %, rate: 5 %}, {from: 100 %, rate: 8 %}", "retroactive", "cliffs"),
        ("{from: 0 %, rate: -5 %}, {from: 100 %, rate: 8 %}", "marginal", "-5 % from 0 on takes pay away"),
    ],
)
def test_curves_that_may_not_be_meant(tmp_path: Path, tiers: str, style: str, said: str) -> None:
    findings = list(lint_plan(loaded(tmp_path, tiers, style)))
    assert any(said in finding.message for finding in findings)
    assert all(finding.line == 8 and finding.file == "sales.yml" for finding in findings)


def test_a_rising_marginal_curve_is_no_matter(tmp_path: Path) -> None:
    assert not list(lint_plan(loaded(tmp_path, "{from: 0 %, rate: 5 %}, {from: 100 %, rate: 8 %}")))


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """Landed people and quotas and a published history, empty."""
    with duckdb.connect() as made:
        made.execute("attach ':memory:' as history")
        made.execute("create schema landing; create schema history.marts")
        flags = "_is_current boolean default true, _is_deleted boolean default false"
        made.execute(
            f"create table landing.assignments (assignment_id text, employee_id text, role_code text, plan_id text, "
            f"valid_from_date text, valid_to_date text, _row integer, _file text default 'hr.csv', {flags})"
        )
        made.execute(
            f"create table landing.quotas (payee_id text, plan_id text, component_id text, period_id text, "
            f"quota_amount text, rule_set_id text default 'live', {flags})"
        )
        made.execute(
            f"create table landing.calendars (period_id text, period_kind_code text, end_date text, "
            f"rule_set_id text default 'live', {flags})"
        )
        made.execute(
            "create table history.marts.fct_attainment (payee_id text, plan_id text default 'sales', component_id text "
            "default 'deals', window_kind_code text default 'quarter', window_period_id text, team_id text, "
            "region_id text, measure_amount decimal(38, 12), attainment_ratio decimal(18, 12), "
            "is_window_complete boolean default true, is_held boolean default false, rule_set_id text default 'live')"
        )
        made.execute(
            "create table history.marts.fct_payout_traces (plan_id text default 'sales', component_id text default "
            "'deals', line_id text, payee_id text, period_id text, trace_kind_code text default 'limit', "
            "slice_amount decimal(38, 12), rule_set_id text default 'live')"
        )
        yield made


RISING = "{from: 0 %, rate: 5 %}, {from: 100 %, rate: 8 %}"


def said(connection: duckdb.DuckDBPyConnection, plan: LoadedPlan) -> list[str]:
    """Every remark, with its place."""
    return [str(finding) for finding in remarks(connection, [plan], DAY, has_history=True)]


def assign(connection: duckdb.DuckDBPyConnection, *rows: tuple[object, ...]) -> None:
    columns = "assignment_id, employee_id, role_code, plan_id, valid_from_date, valid_to_date, _row"
    for row in rows:
        connection.execute(f"insert into landing.assignments ({columns}) values (?, ?, ?, ?, ?, ?, ?)", list(row))


def test_people_without_a_plan_with_two_and_with_an_unknown_one(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    assign(
        connection,
        ("a1", "ann", "seller", "sales", "2025-01-01", None, 2),
        ("a2", "ben", "seller", None, "2026-02-01", None, 3),
        ("a3", "cat", "seller", "sales", "2025-01-01", "2026-05-31", 4),
        ("a4", "cat", "seller", "other", "2026-05-15", None, 5),
        ("a5", "dan", "clerk", None, "2025-01-01", None, 6),
        ("a6", "eve", "seller", None, "2025-01-01", "2025-12-31", 7),
        ("a7", "fay", "seller", "sales", "2025-01-01", "2025-12-31", 8),
        ("a8", "fay", "seller", "sales", "2026-01-01", None, 9),
    )
    found = said(connection, loaded(tmp_path, RISING))
    assert len(found) == 3, "clerks are never paid by a plan, eve left, and fay's second row begins after her first"
    assert found[0].startswith("hr.csv:3: warn: ben has no plan since 2026-02-01")
    assert found[1].startswith("hr.csv:5: warn: cat has sales (row 4) and other from 2026-05-15 to 2026-05-31")
    assert found[2].startswith("hr.csv:5: warn: cat has the plan other, which stands in no file")


def test_quotas_above_what_the_team_ever_reached(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    connection.execute(
        "insert into landing.calendars (period_id, period_kind_code, end_date) values "
        "('2026-Q1', 'quarter', '2026-03-31'), ('2026-Q3', 'quarter', '2026-09-30')"
    )
    connection.execute(
        "insert into history.marts.fct_attainment (payee_id, window_period_id, team_id, measure_amount) values "
        "('ann', '2025-Q4', 'north', 100), ('ann', '2026-Q1', 'north', 80), ('ben', '2026-Q1', 'north', 120), "
        "('cat', '2026-Q1', 'south', 10)"
    )
    for payee, period, amount in (("ann", "2026-Q3", "121"), ("ben", "2026-Q3", "120"), ("cat", "2026-Q3", "900"),
                                  ("ann", "2026-Q1", "999")):  # fmt: skip
        connection.execute(
            "insert into landing.quotas (payee_id, plan_id, component_id, period_id, quota_amount) "
            "values (?, 'sales', 'deals', ?, ?)", [payee, period, amount]
        )  # fmt: skip
    (found,) = said(connection, loaded(tmp_path, RISING))
    assert found == (
        "sales.yml:8: warn: deals: quotas of ann for 2026-Q3 are above the best that anybody in north has reached "
        "so far, 120 in 2026-Q1"
    ), "cat's team has one window only, ben's quota was reached, and 2026-Q1 is over"


def test_tiers_that_nobody_reached_and_caps_that_bind(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    connection.execute(
        "insert into history.marts.fct_attainment (payee_id, window_period_id, attainment_ratio) values "
        "('ann', '2025-Q4', 0.9), ('ann', '2026-Q1', 0.955)"
    )
    connection.execute(
        "insert into history.marts.fct_payout_traces (line_id, payee_id, period_id, slice_amount) values "
        "('l1', 'ann', '2026-01', -10), ('l2', 'ben', '2026-02', -5), ('l2', 'ben', '2026-02', 5), "
        "('l3', 'ben', '2026-03', 7)"
    )
    found = said(connection, loaded(tmp_path, RISING))
    assert [entry.split("deals: ")[1] for entry in found] == [
        "nobody has reached 100 % in 2 windows; the best was 95.50 %",
        "a cap binds: it took from 1 lines of 1 payees since 2026-01; what lies above it motivates nobody",
    ], "l2 gave back what it took and l3 is a floor"


def test_filters_that_no_landed_record_meets(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """A misspelt kind of deal takes no deal, and says so with the word that is meant; what has not landed is let be."""
    flags = "_is_current boolean default true, _is_deleted boolean default false"
    connection.execute(
        f"create table landing.opportunities (opportunity_kind_code text, lead_source_name text, {flags})"
    )
    connection.execute(f"create table landing.leads (lead_source_name text, {flags})")
    connection.execute(f"create table landing.products (product_family_name text, {flags})")
    connection.execute(
        "insert into landing.opportunities values ('expansion', 'Web', true, false), ('old', '', false, false)"
    )
    connection.execute("insert into landing.leads values ('Fair', true, false)")
    path = tmp_path / "sales.yml"
    kinds, sources = "opportunity_kind: [expantion, expansion, renewal]", "lead_source: {not: [Fair, Radio]}"
    where = f"where: {{{kinds}, {sources}, product_family: [cloud]}}"
    plan = PLAN.format(style="marginal", over="attainment", tiers=RISING).replace(
        "{to: seller}", f"{{to: seller, {where}}}"
    )
    path.write_text(plan, encoding="utf-8")
    (read,), faults = check_plans([read_document(path)], CHOICES)
    assert not faults
    assert said(connection, read) == [
        "sales.yml:12: warn: deals: opportunity_kind 'expantion' is in no record that has landed; is expansion meant?",
        "sales.yml:12: warn: deals: lead_source 'Radio' is in no record that has landed; there are Fair, Web",
    ]
