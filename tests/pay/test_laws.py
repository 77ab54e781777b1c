"""The laws of pay hold on the real engine, each on worlds made for it.

Without these an identity that every reader relies on (lines add up, order does not matter, a returned sale leaves
nothing) could break in a corner that no case and no reference world happens to visit.
"""

from __future__ import annotations

import datetime
import random
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from openspm.plans.case_landing import World, land_worlds
from openspm.plans.case_runs import PAY_MARTS, Outcome, build_pay, compute
from openspm.plans.explain import explain
from openspm.settings import Settings, StatePaths, load_settings
from openspm.transform import run_dbt_in_process
from tests.pay.test_against_reference import landable, prepared
from tests.pay.worlds import START
from tests.pay.worlds.uncredited import LEFT, WORLD

DATA_TESTS = (
    "lines_add_up_to_payouts",
    "entries_add_up_to_payouts",
    "slices_recompose_lines",
    "shares_add_up_to_events",
    "credits_and_the_rest_add_up_to_events",
    "draw_balances_go_on",
    "postings_stay_as_they_were",
)
AFTER_SCOPES = (
    "int_pay_tiers",
    "int_pay_credits_counted",
    "int_pay_credits",
    "int_pay_event_measures",
    "int_pay_negative_totals",
    "int_pay_running_measures",
    "int_pay_held_measures",
    "int_pay_mirrors",
    "int_pay_measures",
    "int_pay_returned_moves",
    *(
        f"int_pay_curves_{style}"
        for style in (
            *("fixed", "marginal", "path", "retroactive", "pointwise"),
            *("returned", "mirrored", "interim", "matrix"),
        )
    ),
    "int_pay_curves",
    "int_pay_ruled_scopes",
    "int_pay_ruled_credits",
    "int_pay_readings",
    "int_pay_ruled_lines",
    "int_pay_gates",
    "int_pay_gated_lines",
    "int_pay_limits_before",
    "int_pay_multiplier_factors",
    "int_pay_multipliers",
    "int_pay_limits",
    "int_pay_component_effects",
    "int_pay_links",
    "int_pay_linked_gates",
    "int_pay_linked_gated_lines",
    "int_pay_linked_limits_before",
    "int_pay_linked_multiplier_factors",
    "int_pay_linked_multipliers",
    "int_pay_linked_limits",
    "int_pay_limited_lines",
    "int_pay_plan_gates",
    "int_pay_plan_gated_lines",
    "int_pay_plan_multiplier_factors",
    "int_pay_plan_multipliers",
    "int_pay_plan_limits",
    "int_pay_effects",
    "int_pay_payout_rates",
    "int_pay_spans",
    "int_pay_carries",
    "int_pay_floors",
    "int_pay_period_lines",
    "int_pay_period_slices",
    "int_pay_roundings",
    "int_pay_causes",
    "int_pay_lines",
    "int_pay_traces",
    "int_pay_closed_lines",
    "int_pay_waiting_lines",
    "int_pay_trigger_days",
    "int_pay_triggers",
    "int_pay_waiting_entries",
    "int_pay_cancellations",
    "int_pay_limits_of_lines",
    "int_pay_recomputed_sales",
    "int_pay_cancelled_lines",
    "int_pay_clawback_cuts",
    "int_pay_clawbacks",
    "int_pay_payable_entries",
    "int_pay_payables",
    "int_pay_totals",
    "int_pay_draw_terms",
    "int_pay_draws",
    *PAY_MARTS,
)
STATE_STYLES = ("marginal", "retroactive", "step", "interpolated")


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> StatePaths:
    """Where dbt writes for this file."""
    return load_settings(Path.cwd()).state("laws").model_copy(update={"root": tmp_path_factory.mktemp("laws")})


@pytest.fixture(scope="module")
def built(state: StatePaths) -> tuple[Path, Settings, list[World]]:
    """A warehouse of random worlds."""
    worlds = [prepared(seed, seed)[1] for seed in range(70_000, 70_080)]
    worlds.append(landable(yaml.safe_load(WORLD), 0))
    database = state.root / "built" / "warehouse.duckdb"
    database.parent.mkdir()
    land_worlds(worlds, database)
    settings = load_settings(Path.cwd())
    build(settings, state, database)
    return database, settings, worlds


def build(settings: Settings, state: StatePaths, database: Path) -> None:
    """Build the pay marts, and what reached nobody."""
    build_pay(settings, state, database)
    assert run_dbt_in_process(["run", "--select", "fct_uncredited_events"], settings, state, database).is_success


def marts(database: Path, where: str = "true", names: Iterable[str] = PAY_MARTS) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of every pay mart."""
    connection = duckdb.connect(str(database), read_only=True)
    try:
        return {
            mart: connection.sql(f"select * from marts.{mart} where {where} order by all").fetchall() for mart in names
        }
    finally:
        connection.close()


def differing(
    got: dict[str, list[tuple[Any, ...]]], wanted: dict[str, list[tuple[Any, ...]]]
) -> dict[str, tuple[Counter[tuple[Any, ...]], Counter[tuple[Any, ...]]]]:
    """Rows of each mart that are missing, and those that are too many."""
    return {
        mart: (Counter(rows) - Counter(got[mart]), Counter(got[mart]) - Counter(rows))
        for mart, rows in wanted.items()
        if got[mart] != rows
    }


def test_laws_1_2_and_11_in_the_warehouse(built: tuple[Path, Settings, list[World]], state: StatePaths) -> None:
    """Shares add up to events, lines to payouts, slices to lines to the last digit; the nightly data tests say so."""
    database, settings, _ = built
    result = run_dbt_in_process(["test", "--select", *DATA_TESTS], settings, state, database)
    assert {node.name: node.status for node in result.nodes} == dict.fromkeys(DATA_TESTS, "pass")


# What a credit says of itself; splits are shared out to twelve decimals, so the product may miss by a unit each.
UNEXPLAINED = """
    select credits.credit_id, credits.pay_credit_amount, credits.quota_credit_amount
    from marts.fct_credits as credits
    inner join staging.stg_planning__components as components
        using (rule_set_id, plan_id, plan_version, component_id)
    where
        credits.event_kind_code not in ('opening', 'fixed', 'mbo', 'ratio', 'pool', 'contest', 'spiff', 'linked')
        and credits.event_currency_code = credits.currency_code
        and not credits.is_held
        and (
            (
                components.base_code = 'amount'
                and abs(
                    credits.pay_credit_amount
                    - coalesce(credits.taken_amount, credits.event_amount) * credits.credit_ratio::double
                    * credits.pay_credit_ratio::double
                ) > 0.000001
            )
            or (
                components.measure_code = 'amount'
                and not components.is_whole_measured
                and abs(
                    credits.quota_credit_amount
                    - coalesce(credits.taken_amount, credits.event_amount) * credits.credit_ratio::double
                    * credits.quota_credit_ratio::double
                ) > 0.000001
            )
        )
"""


def test_a_credit_is_what_its_factors_say(built: tuple[Path, Settings, list[World]]) -> None:
    """fct_credits shows all that leads from an event to a credit; otherwise nobody could say why 300 counts as 100."""
    database, _, _ = built
    connection = duckdb.connect(str(database), read_only=True)
    assert connection.sql(UNEXPLAINED).fetchall() == []
    ((parts, halves),) = connection.sql(
        "select count(taken_amount), count(*) filter (where pay_credit_ratio < 1) from marts.fct_credits"
    ).fetchall()
    connection.close()
    assert min(parts, halves) > 20


def test_the_data_tests_see_a_cent(
    built: tuple[Path, Settings, list[World]], state: StatePaths, tmp_path: Path
) -> None:
    """Each of them fails on a warehouse in which one number is off by a unit."""
    database, settings, _ = built
    copy = tmp_path / "warehouse.duckdb"
    copy.write_bytes(database.read_bytes())
    connection = duckdb.connect(str(copy))
    for relation, column, unit in (
        ("marts.fct_payouts", "credited_amount", "0.01"),
        ("marts.fct_payouts", "earned_amount", "0.01"),
        ("marts.fct_payout_entries", "entry_amount", "0.01"),
        ("marts.fct_payout_traces", "slice_amount", "0.000000000001"),
        ("intermediate.int_pay_events_shared", "share_amount", "0.000000000001"),
        ("marts.fct_uncredited_events", "uncredited_amount", "0.000000000001"),
        ("marts.fct_draw_balances", "opening_amount", "0.01"),
        ("staging.stg_planning__posted_earnings", "credited_amount", "0.01"),
    ):
        # What is matched to no sale is no event that adds up to anything.
        is_of_event = (
            "reason_code not in ('no_invoice', 'nothing_left', 'no_sale')"
            if relation == "marts.fct_uncredited_events"
            else "true"
        )
        connection.execute(
            f"update {relation} set {column} = {column} + {unit} where rowid = "
            f"(select min(rowid) from {relation} where {column} is not null and {is_of_event})"
        )
    connection.close()
    result = run_dbt_in_process(["test", "--select", *DATA_TESTS], settings, state, copy)
    assert {node.name: node.status for node in result.nodes} == dict.fromkeys(DATA_TESTS, "fail")


def test_law_3_order_and_threads_do_not_matter(
    built: tuple[Path, Settings, list[World]], state: StatePaths, tmp_path: Path
) -> None:
    """Rows landed in another order, computed with another number of threads, give the same rows."""
    database, settings, _ = built
    copy = tmp_path / "warehouse.duckdb"
    copy.write_bytes(database.read_bytes())
    connection = duckdb.connect(str(copy))
    tables = [
        name
        for (name,) in connection.sql("select table_name from duckdb_tables where schema_name = 'landing'").fetchall()
    ]
    for table in tables:
        connection.execute(f"create table landing.shuffled as select * from landing.{table} order by hash(rowid + 17)")
        connection.execute(f"drop table landing.{table}")
        connection.execute(f"alter table landing.shuffled rename to {table}")
    connection.close()
    build(settings.model_copy(update={"threads": 4}), state, copy)
    names = (*PAY_MARTS, "fct_uncredited_events")
    assert differing(marts(copy, names=names), marts(database, names=names)) == {}


# Terms of the last day until a period's end on which its payee was on the plan; lines may be of other teams.
TERMS_OF_PAYOUTS = """
    with last_days as (
        select
            payouts.payee_id, payouts.plan_id, payouts.period_id, payouts.plan_version, payouts.team_id,
            payouts.region_id, max(least(enrolments.enrolled_to_date, calendars.end_date)) as last_date
        from marts.fct_payouts as payouts
        inner join staging.stg_planning__calendars as calendars using (rule_set_id, calendar_id, period_id)
        inner join intermediate.int_pay_enrolments as enrolments
            on payouts.payee_id = enrolments.payee_id and payouts.plan_id = enrolments.plan_id
            and enrolments.enrolled_from_date <= calendars.end_date
        group by all
    )

    select distinct
        last_days.payee_id, last_days.plan_id, last_days.period_id,
        last_days.plan_version = enrolments.plan_version
        and last_days.team_id is not distinct from enrolments.team_id
        and last_days.region_id is not distinct from enrolments.region_id as is_of_last_day,
        enrolments.region_id is null as is_without_region
    from last_days
    inner join intermediate.int_pay_enrolments as enrolments
        on last_days.payee_id = enrolments.payee_id and last_days.plan_id = enrolments.plan_id
        and last_days.last_date between enrolments.enrolled_from_date and enrolments.enrolled_to_date
"""


def test_a_payout_is_of_the_team_that_the_payee_was_last_in(built: tuple[Path, Settings, list[World]]) -> None:
    """Lines of two teams on one day, and a team without a region, gave now one region and now the other."""
    connection = duckdb.connect(str(built[0]), read_only=True)
    rows = connection.sql(TERMS_OF_PAYOUTS).fetchall()
    connection.close()
    assert [row[:3] for row in rows if not row[3]] == []
    assert sum(row[4] for row in rows) > 20


def test_a_part_of_the_company_computes_alone(
    built: tuple[Path, Settings, list[World]], state: StatePaths, tmp_path: Path
) -> None:
    """With the scopes of some payees, and of those whose pay they take over, rows are equal and no others are there."""
    database, settings, _ = built
    copy = tmp_path / "warehouse.duckdb"
    copy.write_bytes(database.read_bytes())
    part = "payee_id like '%.ann' or payee_id like '%.mia'"
    left = (
        "payee_id in (select payee_id from intermediate.int_pay_successors "
        "where successor_payee_id like '%.ann' or successor_payee_id like '%.mia')"
    )
    connection = duckdb.connect(str(copy))
    connection.execute(f"delete from intermediate.int_pay_scopes where not ({part} or {left})")
    connection.close()
    result = run_dbt_in_process(["run", "--select", *AFTER_SCOPES], settings, state, copy)
    assert result.is_success
    wanted = marts(database, part)
    assert differing(marts(copy, part), wanted) == {}
    assert all(wanted.values())
    # Somebody else has no line or credit, and no payout but of what is taken over.
    others = marts(copy, f"not ({part} or {left})")
    assert not any(others[mart] for mart in ("fct_credits", "fct_payout_lines", "fct_payout_traces"))


def test_what_reaches_nobody_has_its_reason(built: tuple[Path, Settings, list[World]]) -> None:
    """Every reason of law 1 once, with its amount; without one a deal is paid to nobody and nobody asks why."""
    database, _, worlds = built
    world = worlds[-1]
    connection = duckdb.connect(str(database), read_only=True)
    found = connection.sql(
        "select replace(event_id, $prefix, ''), replace(payee_id, $prefix, ''), reason_code, uncredited_amount "
        "from marts.fct_uncredited_events where rule_set_id = $rule_set_id and starts_with(event_id, $prefix)",
        params={"prefix": world.prefix, "rule_set_id": world.rule_set_id},
    ).fetchall()
    connection.close()
    assert {tuple(row[:3]): row[3] for row in found} == {tuple(row[:3]): Decimal(row[3]) for row in LEFT}
    assert len(found) == len(LEFT)


def test_explanations_show_the_traces(built: tuple[Path, Settings, list[World]]) -> None:
    """Every payout of every world can be explained, with the amounts of its lines."""
    database, _, _ = built
    connection = duckdb.connect(str(database), read_only=True)
    payouts = connection.sql(
        "select rule_set_id, payee_id, period_id, max(earned_amount), bool_or(is_held) from marts.fct_payouts "
        "where line_count > 0 group by all order by all limit 60"
    ).fetchall()
    connection.close()
    for rule_set_id, payee_id, period_id, earned, held in payouts:
        text = explain(database, payee_id, period_id, rule_set_id)
        assert "held" in text if held else f"{earned:,.2f}".rstrip("0").rstrip(".").split(".")[0] in text


def flat_world(number: int, curve: dict[str, Any], events: dict[str, Any], **switches: str) -> tuple[str, World]:
    """A world with one seller, one component and a window of a year."""
    from openspm.plans.case_schema import Case
    from openspm.plans.load import check_plans
    from openspm.plans.reading import Document
    from openspm.plans.switches import Conventions

    conventions = {
        "boundary": "upper", "rounding": "half_up", "rounding_scope": "component_total", "catch_up": "events_re_rated",
        "reversal_window": "origin", "negative_total": "first_tier", "below_first": "zero", "above_last": "extend",
        "interior_gap": "error", "plan_version_change": "continue", "split_tolerance": "0",
    } | switches  # fmt: skip
    kind = "invoice" if "invoices" in events else "booking"
    component = {
        "component_id": "sales", "name": "Sales", "event": kind, "window": "year", "credits": [{"to": "seller"}],
        "curve": {"over": "amount"} | curve,
    }  # fmt: skip
    plan = {"plan_id": "flat", "version": "1", "name": "Flat", "valid_from": "2020-01-01", "currency": "EUR"}
    document = Document(Path("law.yml"), plan | {"components": [component]}, {})
    plans, faults = check_plans([document], Conventions.model_validate(conventions))
    assert not faults, [str(fault) for fault in faults]
    rates = [{"from": "USD", "to": "EUR", "date": START, "rate": "0.912345678901"}]
    case = Case.model_validate({"case": "law", "expect": {}, "rates": rates} | events)
    world = World(f"l{number:05d}.", case, tuple(plans))
    return world.rule_set_id, world


def total(outcome: Outcome) -> Decimal:
    """All lines together."""
    return sum((row["earned_amount"] for row in outcome.lines), Decimal(0))


def curves(draw: random.Random, style: str) -> dict[str, Any]:
    """A curve whose rates do not fall."""
    bounds = sorted(draw.sample(range(20, 400, 10), 3))
    if style == "step":
        return {"style": style, "steps": [{"from": str(b), "pays": str(10 * n)} for n, b in enumerate(bounds, start=1)]}
    if style == "interpolated":
        return {"style": style, "points": [{"at": "0", "pays": "0"}] + [
            {"at": str(b), "pays": str(7 * n * n)} for n, b in enumerate(bounds, start=1)]}  # fmt: skip
    rates = sorted(draw.sample(("1 %", "3.3333 %", "5 %", "7.77 %", "9 %"), 4))
    return {"style": style, "tiers": [{"from": str(b), "rate": r} for b, r in zip([0, *bounds], rates, strict=True)]}


def deals(draw: random.Random, count: int) -> list[dict[str, Any]]:
    """Deals of a year in two currencies."""
    return [
        {
            "id": f"d{n}",
            "date": START + datetime.timedelta(days=draw.randrange(0, 300)),
            "currency": draw.choice(("EUR", "USD")),
            "amount": str(Decimal(draw.randrange(1, 20000)) / 100),
        }
        for n in range(count)
    ]


def test_laws_4_5_6_and_7(state: StatePaths) -> None:
    """More sales never earn less; a returned sale leaves nothing; bounds are exact; a flat plan is additive."""
    draw = random.Random(4567)
    worlds: dict[str, World] = {}

    def add(*arguments: Any, **switches: str) -> str:
        rule_set_id, world = flat_world(len(worlds), *arguments, **switches)
        worlds[rule_set_id] = world
        return rule_set_id

    more, returned, bounds, flat = [], [], [], []
    for number in range(40):
        style = STATE_STYLES[number % 4]
        curve, sold = curves(draw, style), deals(draw, 6)
        extra = deals(draw, 1)[0] | {"id": "extra"}
        more.append((add(curve, {"bookings": sold}), add(curve, {"bookings": [*sold, extra]})))
        invoices = [*sold, {"id": "back", "date": "2026-03-03", "currency": "USD", "amount": "123.45"}]
        note = [{"id": "note", "invoice": "back", "date": "2026-11-30", "amount": "123.45"}]
        rounding = draw.choice(("half_up", "half_even", "down"))
        returned.append((
            add(curve, {"invoices": sold}, rounding=rounding),
            add(curve, {"invoices": invoices, "credit_notes": note}, rounding=rounding),
        ))  # fmt: skip
        parts = deals(draw, 4)
        whole = sum(Decimal(part["amount"]) for part in parts)
        one = {"style": "marginal", "tiers": [{"from": "0", "rate": "3.3333 %"}]}
        flat.append((
            add(one, {"bookings": [part | {"currency": "EUR"} for part in parts]}),
            add(one, {"bookings": [{"id": "w", "date": "2026-05-05", "amount": str(whole)}]}),
        ))  # fmt: skip
    for style, expected in (("marginal", ("5.00", "5.00", "5.00")), ("retroactive", ("5.00", "10.00", "10.00"))):
        tiers = {"style": style, "tiers": [{"from": "0", "rate": "5 %"}, {"from": "100", "rate": "10 %"}]}
        for amount, pays in zip(("99.99", "100", "100.01"), expected, strict=True):
            bounds.append(
                (add(tiers, {"bookings": [{"id": "b", "date": "2026-05-05", "amount": amount}]}), Decimal(pays))
            )
    steps = {"style": "step", "steps": [{"from": "100", "pays": "50"}]}
    for amount, pays in (("99.99", "0"), ("100", "50"), ("100.01", "50")):
        bounds.append((add(steps, {"bookings": [{"id": "b", "date": "2026-05-05", "amount": amount}]}), Decimal(pays)))
    outcomes = compute(list(worlds.values()), state.root)
    for fewer, greater in more:
        assert total(outcomes[fewer]) <= total(outcomes[greater])
    for without, with_return in returned:
        assert total(outcomes[without]) == total(outcomes[with_return])
    for several, single in flat:
        assert total(outcomes[several]) == total(outcomes[single])
    for rule_set_id, pays in bounds:
        assert total(outcomes[rule_set_id]) == pays
