"""A published file with a few due actions, and the company that they belong to."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import yaml

from tests.conventions.model_files import declared_marts

AS_OF = "2026-03-31"
COMPANY = {
    "id": "acme",
    "name": "Acme",
    "currency_code": "EUR",
    "timezone_name": "Europe/Berlin",
    "calendar": {"first_year": 2025, "last_year": 2026},
}


def action(number: int, email: str | None = "ada@example.org", **changed: Any) -> dict[str, Any]:
    """One row of fct_due_actions."""
    return {
        "action_id": f"deal_gone_quiet:o{number}:2026-03-01",
        "rule_code": "deal_gone_quiet",
        "action_kind_code": "call",
        "priority_code": "medium",
        "payee_id": "p1",
        "payee_name": "Ada",
        "email_text": email,
        "user_id": "u1",
        "record_kind_code": "opportunity",
        "record_id": f"o{number}",
        "record_name": f"Deal {number}",
        "opportunity_id": f"o{number}",
        "account_id": "a1",
        "since_date": "2026-03-01",
        "due_date": "2026-03-15",
        "overdue_days": 100 - number,
        "as_of_date": AS_OF,
        "value_company_amount": "1234.5",
        "company_currency_code": "EUR",
        "reason_text": "No activity since 2026-03-01, and no next step is planned.",
        "suggested_time_text": "No hour is better than the others.",
        **changed,
    }


def write_marts(path: Path, marts: Mapping[str, Sequence[dict[str, Any]]]) -> Path:
    """Write rows of marts, with the columns and types of their contracts, into a published file."""
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema if not exists marts")
        for name, rows in marts.items():
            columns = _contracts()[name]
            declared = ", ".join(f"{column} {data_type}" for column, data_type in columns.items())
            connection.execute(f"create or replace table marts.{name} ({declared})")
            for row in rows:
                values = [row.get(column) for column in columns]
                connection.execute(f"insert into marts.{name} values ({', '.join('?' for _ in columns)})", values)
    return path


@functools.cache
def _contracts() -> dict[str, dict[str, str]]:
    """For each mart its columns with their types."""
    return {mart.name: {column["name"]: column["data_type"] for column in mart.columns} for mart in declared_marts()}


def write_company(folder: Path, **blocks: Any) -> Path:
    """A company folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "company.yml").write_text(yaml.safe_dump({**COMPANY, **blocks}), encoding="utf-8")
    return folder


def publish(home: Path, rows: list[dict[str, Any]]) -> Path:
    """Publish these actions for the company; returns the file without pay."""
    generation = home / "acme" / "published" / "generations" / "1"
    generation.mkdir(parents=True, exist_ok=True)
    path = write_marts(generation / "warehouse_open.duckdb", {"fct_due_actions": rows})
    (generation / "warehouse.duckdb").unlink(missing_ok=True)
    (generation / "warehouse.duckdb").hardlink_to(path)
    current = home / "acme" / "published" / "current"
    if not current.is_symlink():
        current.symlink_to("generations/1")
    return path
