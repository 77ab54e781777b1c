"""What can be written back: rows of the published file by the key of a record in the CRM."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openspm.errors import OpenspmError
from openspm.sync.settings import PAY_SUBJECTS, RecordSettings
from openspm.sync.writer import Value
from openspm.warehouse.generation_files import FULL_FILE, OPEN_FILE

_ACTION_COLUMNS = (
    "rule_code", "action_kind_code", "priority_code", "due_date", "overdue_days", "reason_text", "suggested_date",
    "suggested_hour_number", "suggested_time_text", "as_of_date",
)  # fmt: skip


@dataclass(frozen=True)
class Subject:
    """A kind of rows.

    Attributes:
        key: expression of the record's key.
        columns: what can be written.
        query: everything behind `select`; {key} and {columns} are filled in.
    """

    key: str
    columns: tuple[str, ...]
    query: str


def _next_actions(key: str, condition: str) -> Subject:
    """The most urgent due action of each record."""
    urgency = "case priority_code when 'high' then 1 when 'medium' then 2 else 3 end, overdue_days desc, action_id"
    return Subject(
        key,
        _ACTION_COLUMNS,
        f"{{key}}, {{columns}} from marts.fct_due_actions where {condition} "
        f"qualify row_number() over (partition by {key} order by {urgency}) = 1",
    )


SUBJECTS: Mapping[str, Subject] = {
    "lead_scores": Subject(
        "lead_id",
        ("score_ratio", "score_band_code", "as_of_date", "is_baseline"),
        "{key}, {columns} from marts.fct_lead_scores",
    ),
    "win_probabilities": Subject(
        "opportunity_id",
        (
            "win_probability_ratio", "expected_company_amount", "company_currency_code", "expected_close_date",
            "as_of_date", "is_baseline",
        ),
        "{key}, {columns} from marts.fct_opportunity_scores",
    ),
    "next_lead_actions": _next_actions("record_id", "record_kind_code = 'lead'"),
    "next_opportunity_actions": _next_actions("opportunity_id", "opportunity_id is not null"),
    "next_account_actions": _next_actions("account_id", "account_id is not null"),
    # What is held is not written: it may still change.
    "attainments": Subject(
        "payees.user_id",
        ("attainment_ratio", "measure_amount", "quota_amount", "attainments.currency_code", "window_period_id"),
        """
        {key}, {columns}
        from marts.fct_attainment as attainments
        inner join marts.dim_payees as payees on attainments.payee_id = payees.payee_id
        inner join marts.dim_periods as periods
            on attainments.calendar_id = periods.calendar_id and attainments.period_id = periods.period_id
        where
            attainments.rule_set_id = 'live' and attainments.component_id = $component_id and not attainments.is_held
            and payees.is_active and payees.user_id is not null
        qualify row_number() over (
            partition by payees.user_id
            order by periods.end_date desc, attainments.plan_id, attainments.plan_version desc
        ) = 1
        """,
    ),
    "payouts": Subject(
        "user_id",
        ("period_id", "earned_amount", "to_pay_amount", "currency_code"),
        """
        {key}, {columns}
        from (
            select
                payees.user_id, payouts.period_id, payouts.currency_code, periods.end_date,
                sum(payouts.earned_amount) as earned_amount, sum(payouts.to_pay_amount) as to_pay_amount
            from marts.fct_payouts as payouts
            inner join marts.dim_payees as payees on payouts.payee_id = payees.payee_id
            inner join marts.dim_periods as periods
                on payouts.calendar_id = periods.calendar_id and payouts.period_id = periods.period_id
            where payouts.rule_set_id = 'live' and periods.is_complete and payees.user_id is not null
            group by payees.user_id, payouts.period_id, payouts.currency_code, periods.end_date
            having not bool_or(payouts.is_held)
        )
        qualify
            row_number() over (partition by user_id order by end_date desc, period_id) = 1
            and count(*) over (partition by user_id, period_id) = 1
        """,
    ),
}  # fmt: skip


def read_subject(generation: Path, settings: RecordSettings) -> dict[str, dict[str, Value]]:
    """For each record's key the columns that are written.

    Args:
        generation: folder of the published files.
        settings: what is written; only pay is read from the file with pay.

    Raises:
        OpenspmError: a column that the subject does not have, or a publication of an older version.
    """
    import duckdb

    subject = SUBJECTS[settings.subject]
    names = {column.rpartition(".")[2]: column for column in subject.columns}
    unknown = sorted(set(settings.columns) - set(names))
    if unknown:
        raise OpenspmError(
            f"{settings.subject} has no {', '.join(unknown)}",
            where="company.yml, sync",
            next_step=f"It has: {', '.join(names)}.",
        )
    path = generation / (FULL_FILE if settings.subject in PAY_SUBJECTS else OPEN_FILE)
    wanted = [names[column] for column in settings.columns]
    query = "select " + subject.query.format(key=subject.key, columns=", ".join(wanted))
    parameters: dict[str, Any] = {"component_id": settings.component_id} if settings.component_id else {}
    with duckdb.connect(str(path), read_only=True) as connection:
        connection.execute("set enable_external_access = false")
        try:
            rows = connection.execute(query, parameters).fetchall()
        except duckdb.CatalogException as error:
            raise OpenspmError(
                f"The last publication lacks what {settings.subject} needs: {str(error).splitlines()[0]}",
                where=str(path),
                next_step="Publish again with this version: openspm run.",
            ) from None
    return {str(key): dict(zip(settings.columns, values, strict=True)) for key, *values in rows}
