"""Companies made for the measurement, drawn from row numbers, so that the same size gives the same rows.

Of four tiers: deals with splits and overlays in four currencies, sellers, managers, quotas; about 2.4 credit lines
come of a deal: its seller's or sellers', an overlay on every tenth, and the manager's override. Flat: what Tryton can
do, one seller a deal, one currency, one rate. Written twice: as landed text for openspm, and typed as Parquet for
whoever competes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from openspm.calendars import periods_of
from openspm.contract import METADATA_COLUMNS, load_contract
from openspm.plans.case_landing import CALENDAR_ID, RATE_TABLE_ID, company_settings, write_landing
from openspm.plans.compile import Rows, Surroundings, compile_rows
from openspm.plans.load import check_plans
from openspm.plans.reading import read_document
from openspm.plans.switches import Conventions

PLANS = Path(__file__).resolve().parent / "plans"
DEALS_PER_SELLER = 400
SELLERS_PER_MANAGER = 8
CONVENTIONS = {
    "boundary": "upper",
    "rounding": "half_up",
    "rounding_scope": "component_total",
    "negative_total": "first_tier",
    "split_tolerance": "0",
}


@dataclass(frozen=True)
class Company:
    """What a company's deals are like.

    Args:
        plans: the folder of its plans.
        lines_per_deal: credit lines that come of a deal, on average.
        currencies: of deals, one drawn for each.
        shared_deals: of ten, how many are split.
        specialist_deals: of ten, how many have an overlay.
        has_managers: somebody is paid on what sellers book.
    """

    plans: Path
    lines_per_deal: float
    currencies: tuple[str, ...]
    shared_deals: int
    specialist_deals: int
    has_managers: bool


FOUR_TIERS = Company(PLANS / "four_tiers", 2.4, ("EUR", "EUR", "USD", "GBP", "CHF"), 2, 1, has_managers=True)
FLAT = Company(PLANS / "flat", 1, ("EUR",), 0, 0, has_managers=False)

DEALS = """
    select
        'D' || lpad(cast(n as varchar), 9, '0') as deal_id,
        cast(hash(n * 7 + 1) % {sellers} as integer) as seller,
        date '2026-01-01' + cast(hash(n * 7 + 2) % 365 as integer) as close_date,
        cast(hash(n * 7 + 3) % 4000000 + 50000 as decimal(18, 4)) / 100 as deal_amount,
        [{currencies}][1 + cast(hash(n * 7 + 4) % {currency_count} as integer)] as currency_code,
        hash(n * 7 + 5) % 10 < {shared} as is_split,
        hash(n * 7 + 6) % 10 < {specialist} as has_overlay
    from range({deals}) as numbers (n)
"""
TABLES = {
    "deals": """
        select deal_id, 'S' || seller as seller_id, close_date, cast(deal_amount as decimal(18, 4)) as deal_amount,
            currency_code
        from drawn""",
    "splits": """
        select deal_id, 'S' || seller as payee_id, 'revenue' as kind, cast(0.6 as decimal(18, 12)) as ratio
        from drawn where is_split
        union all
        select deal_id, 'S' || (seller // {team} * {team} + (seller + 1) % {team}), 'revenue',
            cast(0.4 as decimal(18, 12))
        from drawn where is_split
        union all
        select deal_id, 'S' || (seller // {team} * {team} + (seller + 2) % {team}), 'overlay',
            cast(0.5 as decimal(18, 12))
        from drawn where has_overlay""",
    "payees": """
        select 'S' || n as payee_id, 'seller' as plan_id, 'M' || n // {team} as manager_id
        from range({sellers}) as r (n)
        union all
        select 'M' || n, 'manager', null from range({managers}) as r (n)""",
    "quotas": """
        select payee_id, plan_id, '2026-Q' || q as period_id,
            cast(
                case plan_id when 'seller' then 1000000 else 8000000 end + hash(payee_id || q) % 1000000
                as decimal(18, 4)) as quota_amount
        from payees, range(1, 5) as quarters (q)""",
    "rates": """
        select currency as from_currency_code, date '2026-01-01' + cast(n as integer) as rate_date,
            cast(rate + cast(hash(currency || n) % 1000 as decimal(18, 12)) / 100000 as decimal(18, 6)) as exchange_rate
        from (values ('USD', 0.9), ('GBP', 1.15), ('CHF', 1.05)) as base (currency, rate), range(365) as days (n)""",
}
LANDED = {
    "opportunities": """
        select deal_id as opportunity_id, 'new' as opportunity_kind_code, seller_id as owner_user_id,
            'Won' as stage_name, deal_amount, currency_code, close_date from deals""",
    "opportunity_splits": """
        select deal_id || '.' || kind || '.' || payee_id as split_id, deal_id as opportunity_id, payee_id as user_id,
            kind as split_kind_code, ratio as split_ratio from splits""",
    "users": "select payee_id as user_id, payee_id as employee_id from payees",
    "employees": "select payee_id as employee_id, payee_id as full_name, '2020-01-01' as hire_date from payees",
    "assignments": """
        select payee_id as assignment_id, payee_id as employee_id, plan_id as role_code,
            manager_id as manager_employee_id, '2020-01-01' as valid_from_date, plan_id from payees""",
    "quotas": """
        select 'live' as rule_set_id, payee_id || '.' || period_id as quota_id, payee_id, plan_id,
            case plan_id when 'seller' then 'sales' else 'override' end as component_id, 'company' as calendar_id,
            period_id, quota_amount, 'EUR' as currency_code from quotas""",
    "fx_rates": """
        select 'main' as rate_table_id, 'spot' as rate_kind_code, from_currency_code, 'EUR' as to_currency_code,
            rate_date, exchange_rate from rates""",
}


def make(lines: int, folder: Path, company: Company = FOUR_TIERS) -> Path:
    """Write the company of about so many credit lines.

    Args:
        lines: credit lines.
        company: what its deals are like.
        folder: gets `warehouse.duckdb` with the schema `landing`, and `typed/*.parquet`.

    Returns:
        The DuckDB file.
    """
    deals = max(100, round(lines / company.lines_per_deal))
    # Whole teams, within which deals are shared: each team's pay can be computed alone.
    teams = max(1, deals // (DEALS_PER_SELLER * SELLERS_PER_MANAGER))
    sellers = teams * SELLERS_PER_MANAGER
    sizes = {
        "deals": deals,
        "sellers": sellers,
        "managers": teams if company.has_managers else 0,
        "team": SELLERS_PER_MANAGER,
        "currencies": ", ".join(f"'{code}'" for code in company.currencies),
        "currency_count": len(company.currencies),
        "shared": company.shared_deals,
        "specialist": company.specialist_deals,
    }
    database, typed = folder / "warehouse.duckdb", folder / "typed"
    typed.mkdir(parents=True)
    write_landing(_planning_rows(company.plans), database)
    with duckdb.connect(database) as connection:
        connection.execute(f"create temp table drawn as {DEALS.format(**sizes)}")
        for name, query in TABLES.items():
            connection.execute(f"create temp table {name} as {query.format(**sizes)}")
            connection.execute(f"copy {name} to '{typed / name}.parquet' (format parquet)")
        for name, query in LANDED.items():
            _land(connection, name, query)
    return database


def _planning_rows(folder: Path) -> Rows:
    """The plans, the calendar and the settings as landed rows."""
    documents = [read_document(path) for path in sorted(folder.glob("*.yml"))]
    plans, faults = check_plans(documents, Conventions.model_validate(CONVENTIONS))
    if faults:
        raise RuntimeError("\n".join(str(fault) for fault in faults))
    rows = compile_rows(plans, Surroundings(CALENDAR_ID, RATE_TABLE_ID, "spot"), "live")
    rows["calendars"] = periods_of(CALENDAR_ID, 1, 2026, 2026)
    rows["stage_map"] = [{"stage_name": "Won", "stage_code": "won", "stage_order": "1", "stage_status_code": "won"}]
    rows["company_settings"] = [company_settings()]
    return rows


def _land(connection: duckdb.DuckDBPyConnection, name: str, query: str) -> None:
    """Fill a landed table with the text of a query's rows."""
    made = {row[0] for row in connection.execute(f"describe {query}").fetchall()}
    table = load_contract()[name]
    columns = [f"cast({column} as varchar)" if column in made else "null" for column in table.column_names]
    metadata = dict.fromkeys(METADATA_COLUMNS, "null") | {
        "_batch_id": "'benchmark'",
        "_batch_sequence": "1",
        "_source": "'benchmark'",
        "_file": "'benchmark'",
        "_row": "row_number() over ()",
        "_is_deleted": "false",
        "_is_current": "true",
    }
    connection.execute(f"insert into landing.{name} select {', '.join([*columns, *metadata.values()])} from ({query})")
