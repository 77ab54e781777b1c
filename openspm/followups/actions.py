"""The due actions of the last publication, read from the file without pay: what a mail says can hold none."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, fields
from decimal import Decimal
from pathlib import Path

from openspm.errors import OpenspmError

PRIORITIES = ("high", "medium", "low")


@dataclass(frozen=True)
class DueAction:
    """One row of fct_due_actions; the mart's description says what each column means."""

    action_id: str
    rule_code: str
    action_kind_code: str
    priority_code: str
    payee_id: str | None
    payee_name: str | None
    email_text: str | None
    user_id: str | None
    record_kind_code: str
    record_id: str
    record_name: str
    opportunity_id: str | None
    account_id: str | None
    due_date: datetime.date
    overdue_days: int
    as_of_date: datetime.date
    value_company_amount: Decimal | None
    company_currency_code: str
    win_probability_ratio: Decimal | None
    score_ratio: Decimal | None
    reason_text: str
    suggested_date: datetime.date | None
    suggested_hour_number: int | None
    suggested_time_text: str


def read_due_actions(warehouse: Path) -> list[DueAction]:
    """Every due action, the most urgent first: by priority, then by how long it is overdue.

    Args:
        warehouse: a published file; the one without pay suffices.

    Raises:
        OpenspmError: the publication was made before there were due actions.
    """
    import duckdb

    columns = ", ".join(field.name for field in fields(DueAction))
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        connection.execute("set enable_external_access = false")
        try:
            rows = connection.execute(f"select {columns} from marts.fct_due_actions").fetchall()
        except duckdb.CatalogException:
            raise OpenspmError(
                "The last publication has no due actions",
                where=str(warehouse),
                next_step="Publish again with this version: openspm run.",
            ) from None
    actions = [DueAction(*row) for row in rows]
    return sorted(
        actions, key=lambda action: (PRIORITIES.index(action.priority_code), -action.overdue_days, action.action_id)
    )


def check_age(as_of_date: datetime.date, today: datetime.date, most_age_days: int) -> str | None:
    """Why numbers for a day are too old to be acted upon today; None when they are not."""
    age = (today - as_of_date).days
    if age <= most_age_days:
        return None
    return f"The last publication is for {as_of_date}, {age} days ago; at most {most_age_days} days are allowed"
