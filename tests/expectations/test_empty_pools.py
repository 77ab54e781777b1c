"""A pool that nobody may share is named by the gate.

Without it what a team earned together would go to nobody, and nobody would hear of it: no line says so.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import yaml

from expectations.suites import load_suites
from openspm.plans.case_landing import World, land_worlds
from openspm.plans.case_runs import build_pay
from openspm.plans.case_schema import Case
from openspm.plans.load import check_plans
from openspm.plans.reading import Document
from openspm.plans.switches import Conventions
from openspm.settings import load_settings

PLAN = """
plan_id: sales
version: 1
name: Sales
valid_from: 2026-01-01
currency: EUR
pay_every: quarter
components:
  - component_id: deals
    name: Deals
    event: booking
    window: quarter
    credits: [{to: seller}]
    curve: {style: marginal, over: amount, tiers: [{from: 0, rate: 0 %}]}
  - component_id: pool
    name: Pool
    event: pool
    window: quarter
    pool: {of: deals, rate: 2 %, members: every_day, shares: equal}
"""
CHOICES = Conventions.model_validate({
    "rounding": "half_up", "rounding_scope": "each_line", "negative_total": "first_tier", "split_tolerance": "0",
    "leaver_share": "others",
})  # fmt: skip


def test_a_pool_that_nobody_shares_is_named(tmp_path: Path) -> None:
    """Ann of the team north joined on the second day of the quarter; ben of south was there on all of them."""
    plans, faults = check_plans([Document(Path("sales.yml"), yaml.safe_load(PLAN), {})], CHOICES)
    assert not faults, [str(fault) for fault in faults]
    case = {
        "case": "pools",
        "people": [
            {"id": "ann", "team": "north", "from": "2026-01-02"},
            {"id": "ben", "team": "south"},
        ],
        "bookings": [
            {"id": "e1", "date": "2026-01-15", "amount": 10000, "owner": "ann"},
            {"id": "e2", "date": "2026-01-15", "amount": 10000, "owner": "ben"},
        ],
        "expect": {},
    }
    world = World("q.", Case.model_validate(case), tuple(plans))
    database = tmp_path / "warehouse.duckdb"
    land_worlds([world], database)
    settings = load_settings(Path.cwd())
    build_pay(settings, settings.state("cases").model_copy(update={"root": tmp_path / "state"}), database)
    rules = [
        rule for suite in load_suites("published") for rule in suite.expectations if rule.id == "pools_have_members"
    ]
    query = (
        str(rules[0].rule).replace("{batch}", "intermediate.int_pay_pools").replace("'live'", f"'{world.rule_set_id}'")
    )
    with duckdb.connect(str(database), read_only=True) as connection:
        named = dict(connection.execute(query).fetchall())
    assert list(named) == ["q.north/pool/q.2026-Q1"]
    assert "nobody is paid" in named["q.north/pool/q.2026-Q1"]
