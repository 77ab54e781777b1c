"""A company of a million deals is paid by the engine as by the reference calculator, on every line.

Without this what only shows in long windows and large sums (a running total that loses a digit, an order that breaks
where two deals of one day meet) would pass all small worlds. Deals are shared within a team, so the reference computes
each team alone. Part of `make test-exact`.
"""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from benchmarks.payouts.world import CONVENTIONS, FOUR_TIERS, make
from openspm.plans.case_runs import build_pay
from openspm.settings import load_settings
from tests.pay.reference import calculate

pytestmark = pytest.mark.exact

DEALS = int(os.environ.get("OPENSPM_DEALS", 1_000_000))
COLUMNS = (
    *("event_id", "payee_id", "component_id", "credit_kind_code", "line_kind_code", "cause", "period_id"),
    "earned_amount",
)
ENGINE = """
    select event_id, payee_id, component_id, split_part(credit_id, ':', 6) as credit_kind_code, line_kind_code,
        cast(null as varchar) as cause, period_id, cast(earned_amount as varchar) as earned_amount
    from warehouse.marts.fct_payout_lines"""


def test_every_line_of_a_million_deals(tmp_path: Path) -> None:
    """Splits, overlays, a manager's override, four tiers over a quarter's quota, four currencies."""
    database, typed, told = (
        make(round(DEALS * FOUR_TIERS.lines_per_deal), tmp_path),
        tmp_path / "typed",
        tmp_path / "told",
    )
    told.mkdir()
    settings = load_settings(Path.cwd())
    build_pay(settings, settings.state("exactness").model_copy(update={"root": tmp_path / "state"}), database)
    with duckdb.connect() as connection:
        managers = connection.execute(
            f"select payee_id from read_parquet('{typed}/payees.parquet') where plan_id = 'manager' order by all"
        ).fetchall()
    with ProcessPoolExecutor(max_workers=os.cpu_count()) as pool:
        list(pool.map(tell, [(typed, told, manager) for (manager,) in managers]))
    with duckdb.connect() as connection:
        connection.execute(f"attach '{database}' as warehouse (read_only)")
        reference = f"select {', '.join(COLUMNS)} from read_parquet('{told}/*.parquet')"
        ((lines, deals),) = connection.execute(
            "select count(*), count(distinct event_id) from warehouse.marts.fct_payout_lines"
        ).fetchall()
        missing = connection.execute(f"{reference} except all {ENGINE} limit 5").fetchall()
        surplus = connection.execute(f"{ENGINE} except all {reference} limit 5").fetchall()
    assert deals == DEALS
    assert lines > 2 * DEALS
    assert (missing, surplus) == ([], [])


def tell(task: tuple[Path, Path, str]) -> None:
    """Write what the reference pays a manager's team."""
    typed, told, manager = task
    result = calculate(team(typed, manager), lambda _plan, _component, name: CONVENTIONS.get(name))
    rows = [
        (line.event, line.payee, line.component, line.credit, line.kind, line.cause, line.period, cents(line.pay))
        for line in result.lines
    ]
    columns = [pa.array(values, pa.string()) for values in zip(*rows, strict=True)]
    pq.write_table(pa.table(columns, names=list(COLUMNS)), told / f"{manager}.parquet")


def cents(pay: Any) -> str:
    """Pay as the mart writes it: two decimals of money, and ten zeros."""
    assert (pay * 100).denominator == 1
    sign, minor = "-" if pay < 0 else "", abs(int(pay * 100))
    return f"{sign}{minor // 100}.{minor % 100:02d}{'0' * 10}"


def team(typed: Path, manager: str) -> dict[str, Any]:
    """The case of a manager, the sellers below, and their deals."""
    with duckdb.connect() as connection:

        def rows(query: str) -> list[dict[str, Any]]:
            found = connection.execute(query, {"manager": manager} if "$manager" in query else {})
            names = [column[0] for column in found.description]
            return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

        for path in typed.glob("*.parquet"):
            connection.execute(f"create view {path.stem} as select * from read_parquet('{path}')")
        members = "(select payee_id from payees where manager_id = $manager or payee_id = $manager)"
        people = rows(
            "select payee_id as id, plan_id as plan, manager_id as manager from payees "
            f"where payee_id in {members} order by id"
        )
        quotas = rows(
            "select payee_id as payee, case plan_id when 'seller' then 'sales' else 'override' end as component, "
            f"period_id as period, cast(quota_amount as varchar) as quota from quotas where payee_id in {members}"
        )
        bookings = rows(
            "select deal_id as id, close_date as date, cast(deal_amount as varchar) as amount, "
            f"currency_code as currency, seller_id as owner, 'new' as kind from deals where seller_id in {members}"
        )
        splits = rows(
            'select deal_id, kind, payee_id as "to", cast(ratio as varchar) as share from splits '
            f"where deal_id in (select deal_id from deals where seller_id in {members})"
        )
        rates = rows(
            "select 'spot' as kind, from_currency_code as \"from\", 'EUR' as \"to\", rate_date as date, "
            "cast(exchange_rate as varchar) as rate from rates"
        )
    deals = {deal["id"]: deal for deal in bookings}
    for split in splits:
        name = "splits" if split["kind"] == "revenue" else "overlays"
        deals[split["deal_id"]].setdefault(name, []).append({"to": split["to"], "share": split["share"]})
    return {
        "case": manager,
        "conventions": CONVENTIONS,
        "plans": [yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(FOUR_TIERS.plans.glob("*.yml"))],
        "people": [{name: value for name, value in person.items() if value is not None} for person in people],
        "quotas": quotas,
        "rates": rates,
        "bookings": bookings,
    }
