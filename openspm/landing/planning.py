"""The company's own tables, landed like any other so that a warehouse follows from landed batches alone.

source `company`    compiled: company_settings and calendars from company.yml, plan tables from plans/
source `planning`   planning/<table>.csv, canonical tables of the group planning kept by hand
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa

from openspm.calendars import periods_of
from openspm.company import Company
from openspm.contract import Contract, Table
from openspm.sources import Extract

COMPILED_SOURCE = "company"
PLANNING_SOURCE = "planning"
PLANNING_FOLDER = "planning"


def compiled_extracts(company: Company, contract: Contract) -> Iterator[Extract]:
    """Full extracts of every table that is compiled from the company folder.

    Raises:
        OpenspmError: a plan that cannot be compiled.
    """
    tables = {
        "company_settings": _text_table(contract["company_settings"], [_settings_row(company)]),
        "calendars": _text_table(contract["calendars"], _calendar_rows(company)),
    }
    if (company.folder / "plans").is_dir():
        compile_plans = importlib.import_module("openspm.plans.compile").compile_plans
        for name, table in compile_plans(company).items():
            parts = [tables[name], table] if name in tables else [table]
            tables[name] = pa.concat_tables(parts, promote_options="default")
    for name, table in tables.items():
        yield Extract(name, "full", with_source_file(table, "company.yml"))


def with_source_file(table: pa.Table, file: str) -> pa.Table:
    """The rows with the file that they come from, unless they say so themselves."""
    if "_file" in table.column_names:
        return table
    return table.append_column("_file", pa.repeat(pa.scalar(file), table.num_rows))


def _settings_row(company: Company) -> dict[str, str | None]:
    """The one row of company_settings."""
    reporting: dict[str, Any] = company.reporting.model_dump()
    return {
        "company_id": company.id,
        "company_name": company.name,
        "currency_code": company.currency_code,
        "timezone_name": company.timezone_name,
        "calendar_id": company.calendar.id,
        **{name: str(value) for name, value in reporting.items()},
        **dict(company.due_actions.columns()),
    }


def _calendar_rows(company: Company) -> list[dict[str, str | None]]:
    """The periods of the company's calendar."""
    settings = company.calendar
    return periods_of(
        settings.id,
        settings.fiscal_year_start_month,
        settings.first_year,
        settings.last_year,
        None if settings.weeks is None else settings.weeks.as_weeks(),
    )


def _text_table(table: Table, rows: Sequence[dict[str, str | None]]) -> pa.Table:
    """Rows as a canonical table of text."""
    return pa.table({name: pa.array([row.get(name) for row in rows], pa.string()) for name in table.column_names})
