"""A quota that no window reads is named, with what to do; one that is read is not.

Without it a quota of a month where windows are quarters would count for nothing, and nobody would hear of it: its payee
is held for want of a quota, or paid by that of the plan.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import yaml

from openspm.plans.case_landing import World, land_worlds
from openspm.plans.case_quotas import unread_quotas
from openspm.plans.case_runs import build_pay
from openspm.plans.case_schema import Case
from openspm.plans.load import check_plans
from openspm.plans.reading import Document
from openspm.plans.switches import Conventions
from openspm.settings import load_settings

CURVE = "curve: {style: marginal, over: attainment, tiers: [{from: 0 %, rate: 5 %}, {from: 100 %, rate: 8 %}]}"
PLAN = """
plan_id: sales
version: {version}
name: Sales
valid_from: {valid_from}
valid_to: {valid_to}
currency: EUR
components:
  - {{component_id: deals, name: Deals, event: booking, window: quarter, credits: [{{to: seller}}], {curve}}}
  - component_id: yearly
    name: Yearly
    event: booking
    window: quarter
    quota: {{amount: 4000, per: {per} }}
    conventions: {{quota_change: restate}}
    credits: [{{to: seller}}]
    {curve}
  - component_id: shared
    name: Shared
    event: booking
    window: month
    quota: {{of: team}}
    conventions: {{quota_change: restate}}
    credits: [{{to: seller}}]
    {curve}
"""
CHOICES = Conventions.model_validate({
    "boundary": "upper", "rounding": "half_up", "rounding_scope": "each_line", "reversal_window": "origin",
    "negative_total": "first_tier", "below_first": "zero", "above_last": "extend", "plan_version_change": "restate",
    "split_tolerance": "0", "catch_up": "events_re_rated",
})  # fmt: skip
# A quota of a half year in the first half, one of the year from then on.
VERSIONS = (
    {"version": 1, "per": "half", "valid_from": "2026-01-01", "valid_to": "2026-06-30"},
    {"version": 2, "per": "year", "valid_from": "2026-07-01", "valid_to": "2026-12-31"},
)
READ = """
- {payee: ann, component: deals, period: 2026-Q1, quota: 1000}
- {payee: ann, component: deals, period: 2027-Q1, quota: 1000}
- {payee: ann, component: yearly, period: 2026-Q1, quota: 1000}
- {payee: ann, component: yearly, period: 2026-H1, quota: 1500}
- {payee: ann, component: yearly, period: '2026', quota: 3000}
- {payee: ann, component: yearly, period: '2026', from: 2026-12-31, quota: 3500}
- {team: north, component: shared, period: 2026-03, quota: 500}
"""
# Each with what the gate says of it.
UNREAD = {
    "{payee: ann, component: deals, period: 2026-06, quota: 10}":
        "reads quotas of a month, the component reads those of a quarter; land it for one of these",
    "{payee: ann, component: deals, period: '2026', quota: 10}":
        "reads quotas of a year, the component reads those of a quarter; land it for one of these",
    "{payee: ann, component: deals, period: 2026-Q5, quota: 10}": "has no such period",
    "{payee: ann, component: yearly, period: 2026-H2, quota: 10}":
        "reads quotas of a half, the component reads those of a quarter or its half, a quarter or its year",
    "{payee: ann, component: yearly, period: 2026-Q1, from: 2026-04-01, quota: 10}":
        "it begins on 2026-04-01, after its period",
    "{payee: ann, component: shared, period: 2026-03, quota: 10}": "reads quotas of teams",
    "{team: north, component: yearly, period: 2026-Q1, quota: 10}": "reads quotas of payees",
    "{payee: ann, component: sale, period: 2026-Q1, quota: 10}": "no component of this id",
    "{payee: anne, component: deals, period: 2026-Q1, quota: 10}": "no employee has this id; name one of employees",
    "{team: nord, component: shared, period: 2026-03, quota: 10}": "nobody is in a team of this id",
}  # fmt: skip


def world(number: int, quotas: str) -> World:
    """Ann with a deal a month and these quotas."""
    documents = [
        Document(Path("sales.yml"), yaml.safe_load(PLAN.format(curve=CURVE, **words)), {}) for words in VERSIONS
    ]
    plans, faults = check_plans(documents, CHOICES)
    assert not faults, [str(fault) for fault in faults]
    case = {
        "case": "quotas",
        "calendar": {"last_year": 2027},
        "people": [{"id": "ann", "plan": "sales", "team": "north"}],
        "quotas": yaml.safe_load(quotas),
        "bookings": [
            {"id": f"e{month}", "date": f"2026-{month:02d}-15", "amount": 900, "owner": "ann"} for month in range(1, 13)
        ],
        "expect": {},
    }
    return World(f"q{number}.", Case.model_validate(case), tuple(plans))


def test_quotas_that_no_window_reads_are_named_and_change_nothing(tmp_path: Path) -> None:
    """By the gate's rule, which cases are held to as well; and pay is the same without them."""
    worlds = [world(0, READ), world(1, READ + "\n".join(f"- {quota}" for quota in UNREAD))]
    database = tmp_path / "warehouse.duckdb"
    land_worlds(worlds, database)
    settings = load_settings(Path.cwd())
    state = settings.state("cases").model_copy(update={"root": tmp_path / "state"})
    build_pay(settings, state, database)
    named = unread_quotas(database, worlds)
    with duckdb.connect(str(database), read_only=True) as connection:
        lines = "select * exclude (rule_set_id, line_id) from marts.fct_payout_lines where rule_set_id = ?"
        first, second = (
            str(connection.execute(f"{lines} order by all", [world.rule_set_id]).fetchall()) for world in worlds
        )
    assert named[worlds[0].rule_set_id] == []
    said_of_second = [quota["said_text"].replace("q1.", "") for quota in named[worlds[1].rule_set_id]]
    assert len(said_of_second) == len(UNREAD)
    for quota, words in UNREAD.items():
        given = yaml.safe_load(quota)
        names = [given.get("payee") or given["team"], f"for {given['period']} in sales {given['component']} is"]
        assert any(all(name in said for name in [*names, words]) for said in said_of_second), (quota, said_of_second)
    assert "Decimal('45.000000000000')" in first
    assert second.replace("q1.", "q0.") == first
