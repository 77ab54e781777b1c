"""Small random companies as staged rows, with everything that is awkward: unknown owners, currencies, dates and stages.

A company is a mapping from staging relation to rows; a row is a mapping from column to value, absent columns NULL.
"""

from __future__ import annotations

import datetime
import random
from decimal import Decimal
from typing import Any

Row = dict[str, Any]
Company = dict[str, list[Row]]

AS_OF_DATE = datetime.date(2026, 3, 20)
FIRST_DAY = datetime.date(2025, 1, 1)
STAGES = [("One", "s1", 1, "open"), ("Two", "s2", 2, "open"), ("Won", "won", 3, "won"), ("Lost", "lost", 4, "lost")]
PAYEES = ("p1", "p2", "p3", "p4")


def random_company(seed: int) -> Company:
    """A company of four payees in two teams, one of whom moves; amounts in EUR, USD and a currency without a rate."""
    luck = random.Random(seed)
    company: Company = {
        "stg_planning__company_settings": [_settings()],
        "stg_planning__calendars": _calendars(),
        "stg_planning__stage_map": [
            {"stage_name": name, "stage_code": code, "stage_order": order, "stage_status_code": status}
            for name, code, order, status in STAGES
        ],
        "stg_people__employees": [
            {"employee_id": payee, "full_name": payee.upper(), "hire_date": FIRST_DAY} for payee in PAYEES
        ],
        "stg_people__assignments": _assignments(luck),
        "stg_crm__users": [{"user_id": f"u_{payee}", "employee_id": payee} for payee in PAYEES]
        + [{"user_id": "u_outside", "employee_id": "left_long_ago"}],
        "stg_finance__fx_rates": [
            {
                "rate_table_id": "main",
                "rate_kind_code": "spot",
                "from_currency_code": "USD",
                "to_currency_code": "EUR",
                "rate_date": datetime.date(2025, month, 1),
                "exchange_rate": Decimal(luck.randint(800_000, 990_000)) / 1_000_000,
            }
            for month in (1, 4, 8)
        ],
        "stg_crm__accounts": [
            {"account_id": f"a{number}", "account_name": f"A{number}", "owner_user_id": _user(luck)}
            for number in range(8)
        ],
        "stg_finance__customers": [
            {"customer_id": f"c{number}", "account_id": f"a{number}", "customer_name": f"C{number}"}
            for number in range(7)
        ],
    }
    company["stg_crm__opportunities"] = [_opportunity(luck, number) for number in range(luck.randint(0, 60))]
    company["stg_crm__opportunity_stages"] = _stage_changes(luck, company["stg_crm__opportunities"])
    company["stg_crm__leads"] = [_lead(luck, number) for number in range(luck.randint(0, 30))]
    company["stg_crm__activities"] = [
        {
            "activity_id": f"v{number}",
            "activity_kind_code": luck.choice(("call", "email", "demo")),
            "user_id": _user(luck),
            "occurred_at": _moment(luck),
        }
        for number in range(luck.randint(0, 60))
    ]
    company["stg_finance__invoices"] = [_invoice(luck, number) for number in range(luck.randint(0, 40))]
    company["stg_finance__credit_notes"] = [
        {
            "credit_note_id": f"n{number}",
            "invoice_id": f"i{luck.randrange(40)}",
            "credit_note_date": _day(luck),
            "net_amount": _amount(luck) / 10,
            "currency_code": luck.choice(("EUR", "USD")),
        }
        for number in range(luck.randint(0, 6))
    ]
    company["stg_finance__contracts"] = _contracts(luck)
    return company


def _settings() -> Row:
    return {
        "company_id": "acme",
        "company_name": "Acme",
        "currency_code": "EUR",
        "timezone_name": "Europe/Berlin",
        "calendar_id": "company",
        "rate_table_id": "main",
        "rate_kind_code": "spot",
        "match_amount_tolerance_ratio": Decimal("0.01"),
        "match_tolerance_days": 10,
        "invoice_expected_days": 20,
        "stale_after_days": 30,
        "customer_lifetime_years": Decimal(5),
    }


def _calendars() -> list[Row]:
    rows: list[Row] = []

    def add(kind: str, period: str, sequence: int, start: datetime.date, months: int, **parents: str) -> None:
        end_month = start.month - 1 + months
        end = datetime.date(start.year + end_month // 12, end_month % 12 + 1, 1) - datetime.timedelta(days=1)
        rows.append(
            {
                "rule_set_id": "live",
                "calendar_id": "company",
                "period_id": period,
                "period_kind_code": kind,
                "period_name": period,
                "start_date": start,
                "end_date": end,
                "period_sequence": sequence,
                "year_period_id": str(start.year),
                **parents,
            }
        )

    for index in range(24):
        year, month = 2025 + index // 12, index % 12 + 1
        quarter = f"{year}-Q{(month + 2) // 3}"
        start = datetime.date(year, month, 1)
        add("month", f"{year}-{month:02}", index + 1, start, 1, quarter_period_id=quarter)
        if month % 3 == 1:
            add("quarter", quarter, index // 3 + 1, start, 3)
        if month == 1:
            add("year", str(year), index // 12 + 1, start, 12)
    return rows


def _assignments(luck: random.Random) -> list[Row]:
    rows: list[Row] = [
        {"employee_id": payee, "team_id": team, "region_id": region, "valid_from_date": FIRST_DAY}
        for payee, team, region in (("p1", "t1", "r1"), ("p2", "t1", "r1"), ("p3", "t2", "r2"), ("p4", None, None))
    ]
    rows.append({"employee_id": "p1", "team_id": "t2", "region_id": "r2", "valid_from_date": _day(luck)})
    return [{"assignment_id": f"s{number}", "role_code": "rep", **row} for number, row in enumerate(rows)]


def _opportunity(luck: random.Random, number: int) -> Row:
    stage = luck.choice([name for name, *_ in STAGES] * 4 + ["Unmapped"])
    return {
        "opportunity_id": f"o{number:03}",
        "account_id": luck.choice([None, *(f"a{index}" for index in range(8))]),
        "owner_user_id": _user(luck),
        "stage_name": stage,
        "deal_amount": luck.choice([None, *[_amount(luck)] * 8]),
        "currency_code": luck.choice((None, "EUR", "EUR", "EUR", "USD", "XXX")),
        "created_at": luck.choice([None, *[_moment(luck)] * 6]),
        "close_date": luck.choice([None, *[_day(luck)] * 9]),
        "lead_id": luck.choice([None, None, f"l{luck.randrange(30)}"]),
        "is_held": False,
    }


def _stage_changes(luck: random.Random, opportunities: list[Row]) -> list[Row]:
    rows = []
    for opportunity in opportunities:
        for _ in range(luck.randint(0, 4)):
            rows.append(
                {
                    "stage_change_id": f"g{len(rows)}",
                    "opportunity_id": opportunity["opportunity_id"],
                    "stage_name": luck.choice([name for name, *_ in STAGES] + ["Unmapped"]),
                    "entered_at": _moment(luck),
                }
            )
    return rows


def _lead(luck: random.Random, number: int) -> Row:
    return {
        "lead_id": f"l{number}",
        "owner_user_id": _user(luck),
        "created_at": luck.choice([None, *[_moment(luck)] * 5]),
        "converted_at": luck.choice([None, None, _moment(luck)]),
        "is_converted": luck.choice((None, False, True)),
    }


def _invoice(luck: random.Random, number: int) -> Row:
    return {
        "invoice_id": f"i{number}",
        "customer_id": luck.choice([None, *(f"c{index}" for index in range(8))]),
        "opportunity_id": luck.choice([None, f"o{luck.randrange(60):03}"]),
        "salesperson_user_id": _user(luck),
        "invoice_date": _day(luck),
        "net_amount": _amount(luck),
        "currency_code": luck.choice(("EUR", "EUR", "USD", "XXX")),
        "is_void": luck.random() < 0.1,
    }


def _contracts(luck: random.Random) -> list[Row]:
    rows: list[Row] = []
    for number in range(luck.randint(0, 15)):
        start = _day(luck) - datetime.timedelta(days=200)
        rows.append(
            {
                "contract_id": f"k{number}",
                "customer_id": f"c{luck.randrange(7)}",
                "start_date": start,
                "end_date": start + datetime.timedelta(days=luck.choice((180, 364))),
                "annual_value_amount": _amount(luck),
                "currency_code": luck.choice(("EUR", "USD")),
                "renewed_from_contract_id": luck.choice([None, f"k{luck.randrange(15)}"]),
                "cancelled_date": luck.choice([None, None, start + datetime.timedelta(days=90)]),
            }
        )
    return rows


def _user(luck: random.Random) -> str | None:
    return luck.choice([None, "u_outside", *[f"u_{payee}" for payee in PAYEES] * 2])


def _amount(luck: random.Random) -> Decimal:
    return Decimal(luck.randint(1, 5_000_000)) / 100


def _day(luck: random.Random) -> datetime.date:
    """A day of the calendar, rarely one outside it."""
    if luck.random() < 0.03:
        return datetime.date(2031, 5, 5)
    return FIRST_DAY + datetime.timedelta(days=luck.randrange(500))


def _moment(luck: random.Random) -> datetime.datetime:
    """A UTC time, often in the hours in which Berlin is already a day ahead."""
    hour = luck.choice((10, 21, 22, 23))
    return datetime.datetime.combine(_day(luck), datetime.time(hour, luck.randrange(60)))
