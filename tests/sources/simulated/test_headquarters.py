"""Sales engineers and the executive stand beside a company that does not change by them.

Without it, switching them on would move every number of the demo, and nobody could say which plan moved a payout.
"""

import dataclasses

from openspm.sources.simulated import SimulationSettings, generate

WITHOUT = SimulationSettings(seed=3, opportunity_count=300, payee_count=12, months=9)
WITH = dataclasses.replace(WITHOUT, headquarters=True)
GROWN = {"employees", "users", "assignments", "quotas", "payee_modifiers"}


def test_only_tables_of_people_and_planning_grow_and_only_at_their_end() -> None:
    without, with_them = generate(WITHOUT).tables, generate(WITH).tables
    changed = {name for name, table in without.items() if not with_them[name].equals(table)}
    assert changed == GROWN
    for name in GROWN - {"assignments"}:
        assert with_them[name].slice(0, without[name].num_rows).equals(without[name]), name


def test_everybody_reports_up_to_the_executive() -> None:
    rows = generate(WITH).tables["assignments"].to_pylist()
    (executive,) = {row["employee_id"] for row in rows if row["role_code"] == "executive"}
    managers = {row["employee_id"]: row["manager_employee_id"] for row in rows}
    for employee in managers:
        seen = employee
        for _ in range(4):
            seen = managers[seen] or seen
        assert seen == executive


def test_quotas_of_engineers_and_executive_are_those_of_the_sellers_below() -> None:
    tables = generate(WITH).tables
    asked: dict[tuple[str, str], float] = {}
    for row in tables["quotas"].to_pylist():
        key = (row["plan_id"], row["period_id"])
        asked[key] = asked.get(key, 0.0) + float(row["quota_amount"])
    quarters = [period for plan, period in asked if plan == "executive_bookings"]
    assert quarters
    for quarter in quarters:
        sellers = asked.get(("ae_commission", quarter), 0) + asked.get(("senior_ae_commission", quarter), 0)
        # Every quota is a multiple of 1,000, at least one, so the sums differ by roundings only.
        assert abs(asked["se_overlay", quarter] - sellers) <= 10_000
        assert abs(asked["executive_bookings", quarter] - 1.02 * sellers) <= 10_000


def test_somebody_else_approved_every_factor() -> None:
    rows = generate(WITH).tables["payee_modifiers"].to_pylist()
    assert rows
    assert all(row["approved_by_payee_id"] not in (None, row["payee_id"]) for row in rows)
