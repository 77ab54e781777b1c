"""The gates refuse nothing of what both calculators pay.

Their rules judge pay by other ways than the models. One that knows less than the plan language (a rate of newcomers, a
quota of the plan, the split of a pay) would stop every night of a company whose plan says that, with nothing wrong.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from expectations.suites import fill_limits, load_suites
from openspm.gate_settings import GateSettings
from openspm.plans.case_landing import land_worlds
from openspm.plans.case_runs import build_pay
from openspm.plans.cases import worlds_of_cases
from openspm.settings import load_settings
from openspm.transform import run_dbt_in_process
from tests.pay.test_against_reference import prepared

FIRST_SEED, COUNT = 15_430_000_000, 160
BESIDE_PAY = ("+dim_periods", "+dim_payees", "+fct_bookings", "+fct_invoices", "fct_opportunities")
# Worlds draw amounts at random beside quotas, their CRM has no column for the currency of a deal, and no day is today.
NOT_OF_WORLDS = frozenset({
    "attainment_is_possible",
    "credited_bookings_are_the_bookings",
    "the_calendar_covers_the_run",
})  # fmt: skip
GIVEN_TWICE = "two quotas from one day on are held"


def test_nothing_that_is_paid_rightly_is_refused(tmp_path: Path) -> None:
    """Every SQL rule that blocks on a table of pay or plans, on random worlds and on all shipped cases."""
    worlds = [prepared(FIRST_SEED + number, number)[1] for number in range(COUNT)]
    worlds += worlds_of_cases(Path("examples/cases"))
    # A company has one key, and worlds of two keys no common landing.
    worlds = [one for one in worlds if one.case.credit_note_key == "customer" and one.case.case != GIVEN_TWICE]
    settings = load_settings(Path.cwd())
    state = settings.state("gates").model_copy(update={"root": tmp_path / "state"})
    database = tmp_path / "warehouse.duckdb"
    land_worlds(worlds, database)
    build_pay(settings, state, database)
    assert run_dbt_in_process(["run", "--select", *BESIDE_PAY], settings, state, database).is_success
    limits = GateSettings().model_dump()
    suites = [suite for suite in load_suites("published") if "plans" in suite.needs and ".fct_" in suite.table]
    suites += [suite for suite in load_suites("sources") if suite.table.startswith("staging.stg_planning")]
    judged, refused = [], {}
    with duckdb.connect(str(database), read_only=True) as connection:
        there = {name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()}
        for suite in suites:
            for rule in suite.expectations:
                is_of_worlds = suite.table.split(".")[1] in there and rule.id not in NOT_OF_WORLDS
                is_of_one_night = not any(need.startswith("previous.") for need in rule.needs)
                if rule.rule is None or rule.severity != "block" or not is_of_worlds or not is_of_one_night:
                    continue
                query = fill_limits(rule.rule, limits).replace("{batch}", suite.table)
                judged.append(rule.id)
                if rows := connection.execute(query).fetchall():
                    refused[rule.id] = rows[:3]
    assert refused == {}
    assert len(judged) > 20
