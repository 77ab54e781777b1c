"""A statement says whose rule changed a line: the component's or the plan's.

Without it somebody whose pay two gates and three caps cut would read "the gate" and "the cap" five times, and ask.
"""

from __future__ import annotations

import ast
from pathlib import Path

import yaml

from openspm.plans import explain_effects
from openspm.plans.case_landing import World, land_worlds
from openspm.plans.case_runs import build_pay
from openspm.plans.case_schema import Case
from openspm.plans.explain import explain
from openspm.plans.load import check_plans
from openspm.plans.reading import Document
from openspm.plans.switches import Conventions
from openspm.settings import load_settings

CHOICES = Conventions.model_validate({
    "boundary": "upper", "rounding": "half_up", "rounding_scope": "each_line", "reversal_window": "mirror",
    "negative_total": "first_tier", "below_first": "zero", "above_last": "extend", "plan_version_change": "continue",
    "split_tolerance": "0", "catch_up": "events_re_rated", "gate_reading": "event", "gate_boundary": "upper",
    "gate_opening": "release", "gate_closing": "keep", "multipliers_combine": "multiply", "cap_excess": "lost",
})  # fmt: skip
PLAN = """
plan_id: p
version: 1
name: Both
valid_from: 2026-01-01
currency: EUR
gate: {measure: deals, at_least: 1800, while_closed: 50 %}
multipliers: [{input: company, lowest: 0, highest: 2}]
limits: [{per: period, cap: 20}]
components:
  - component_id: deals
    name: Deals
    event: invoice
    window: quarter
    credits: [{to: seller}]
    gate: {at_least: 1000, while_closed: 50 %}
    multipliers: [{input: own, lowest: 0, highest: 2}]
    limits: [{per: period, cap: 30, before_multipliers: true}, {per: event, cap: 45}]
    curve: {style: marginal, over: amount, tiers: [{from: 0, rate: 10 %}]}
"""
CASE = """
case: rules of both
people: [{id: ann, plan: p}, {id: ben, plan: none}]
modifiers:
  - {payee: ann, name: own, factor: 2, approved_by: ben}
  - {payee: ann, name: company, factor: 150 %, approved_by: ben}
invoices:
  - {id: i1, date: 2026-01-10, amount: 800, owner: ann}
  - {id: i2, date: 2026-02-10, amount: 1500, owner: ann}
credit_notes:
  - {id: n1, invoice: i1, date: 2026-01-20, amount: 400}
expect: {}
"""
JANUARY = """
  2026-01-10  deals, invoice x.i1: 20.00
      measure 0.00 -> 800.00
      800.00 x 10 % = 80.00
      80.00 locked by the component's gate down to 50 % = -40.00
      the component's cap 30.00 per period, before multipliers, pay to date 0.00 -> 40.00: -10.00
      30.00 x 2.00, the component's factor, which adds 30.00
      the component's cap 45.00 per event, pay to date 0.00 -> 60.00: -15.00
      45.00 locked by the plan's gate down to 50 % = -22.50
      22.50 x 1.50, the plan's factor, which adds 11.25
      the plan's cap 20.00 per period, pay to date 0.00 -> 33.75: -13.75
  2026-01-20  deals, credit note x.n1: -10.00
      mirrors the line of invoice:x.i1:x.ann:x.p:deals:owner
      measure 800.00 -> 400.00
      80.00 x -400.00 / 800.00 = -40.00, taken back
      -40.00 x -400.00 / 800.00 = 20.00, taken back of what the component's gate changed
      -10.00 x -400.00 / 800.00 = 5.00, taken back of what the component's limits changed
      30.00 x -400.00 / 800.00 = -15.00, taken back of what the component's factor changed
      -15.00 x -400.00 / 800.00 = 7.50, taken back of what the component's limits changed
      -22.50 x -400.00 / 800.00 = 11.25, taken back of what the plan's gate changed
      11.25 x -400.00 / 800.00 = -5.625, taken back of what the plan's factor changed
      -13.75 x -400.00 / 800.00 = 6.875, taken back of what the plan's limits changed
"""


def test_explanations_say_whose_rule_it_is(tmp_path: Path) -> None:
    """By hand: 800 earn 80; the component leaves 40, 30, 60 and 45 of them, and the plan 22.50, 33.75 and 20."""
    plans, faults = check_plans([Document(Path("p.yml"), yaml.safe_load(PLAN), {})], CHOICES)
    assert not faults, [str(fault) for fault in faults]
    world = World("x.", Case.model_validate(yaml.safe_load(CASE)), tuple(plans))
    database = tmp_path / "warehouse.duckdb"
    land_worlds([world], database)
    settings = load_settings(Path.cwd())
    build_pay(settings, settings.state("cases").model_copy(update={"root": tmp_path / "state"}), database)
    january, february = (
        explain(database, "x.ann", f"x.2026-{month}", world.rule_set_id).splitlines() for month in ("01", "02")
    )
    assert "\n".join(january[1:]) == JANUARY.strip("\n")
    released = [line.strip() for line in february if " released by " in line]
    assert released == [
        "80.00 released by the component's gate down to 50 % = 40.00",
        "45.00 released by the plan's gate down to 50 % = 22.50",
    ]


def test_numbers_of_slices_mean_the_same_in_models_and_words() -> None:
    """Explanations read from a slice's number whose rule it is of; moved in the models alone, they name another's."""
    macro = Path("dbt_project/macros/slices/slice_orders.sql").read_text(encoding="utf-8")
    orders = ast.literal_eval(macro[macro.index("return(") + len("return(") : macro.index("[stage]")])
    assert list(orders.values()) == sorted(orders.values())
    assert {
        "component_gate": explain_effects.COMPONENT_GATE,
        "component_mirror": explain_effects.MIRRORED,
        "component_limits_before": explain_effects.COMPONENT_LIMITS_BEFORE,
        "component_multipliers": explain_effects.COMPONENT_MULTIPLIERS,
        "component_limits": explain_effects.COMPONENT_LIMITS,
        "plan_gate": explain_effects.PLAN_GATE,
        "plan_multipliers": explain_effects.PLAN_MULTIPLIERS,
        "plan_limits": explain_effects.PLAN_LIMITS,
        "plan_mirror": explain_effects.MIRRORED_LAST,
        "conversion": explain_effects.CONVERSION,
    }.items() <= orders.items()
