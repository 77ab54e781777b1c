"""A published company with scores, attainment, pay and due actions, and a CRM in memory."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from openspm.followups.actions import DueAction
from openspm.sync.writer import Change, WriteResult
from tests.followups.published_actions import AS_OF, action, write_marts

PERIODS = [
    {"calendar_id": "company", "period_id": "2026-02", "end_date": "2026-02-28", "is_complete": True},
    {"calendar_id": "company", "period_id": "2026-03", "end_date": "2026-03-31", "is_complete": True},
]


def score(key: str, probability: str, **changed: Any) -> dict[str, Any]:
    """One row of fct_opportunity_scores."""
    return {
        "opportunity_id": key,
        "as_of_date": AS_OF,
        "win_probability_ratio": probability,
        "company_currency_code": "EUR",
        **changed,
    }


def publish_scores(home: Path, scores: Sequence[dict[str, Any]], **marts: Sequence[dict[str, Any]]) -> Path:
    """Publish these rows for the company acme; returns the generation's folder."""
    generation = home / "acme" / "published" / "generations" / "1"
    generation.mkdir(parents=True, exist_ok=True)
    rows = {
        "fct_opportunity_scores": scores,
        "fct_due_actions": [action(1)],
        "dim_periods": PERIODS,
        "dim_payees": [{"payee_id": "p1", "user_id": "u1", "is_active": True}],
        **marts,
    }
    tables = {"fct_lead_scores": [], "fct_attainment": [], **rows}
    with_pay = {"fct_payouts": [], **tables}
    without_pay = {name: of_mart for name, of_mart in tables.items() if name != "fct_payouts"}
    for name, written in (("warehouse.duckdb", with_pay), ("warehouse_open.duckdb", without_pay)):
        write_marts(generation / name, written)
        with duckdb.connect(str(generation / name)) as connection:
            connection.execute("create schema if not exists meta")
            connection.execute(
                "create or replace table meta.publications as "
                f"select 1 as generation_number, date '2026-12-31' as as_of_date union all select 2, date '{AS_OF}'"
            )
    current = home / "acme" / "published" / "current"
    if not current.is_symlink():
        current.symlink_to("generations/1")
    return generation


class MemoryCrm:
    """A CRM in memory.

    Attributes:
        records: for each object and key its fields.
        refused: keys that it refuses, with the reason.
        doubtful: tasks of which it does not say whether they were made.
        written: batches, as the keys that were in them.
        tasks: the tasks that it has.
    """

    batch_size = 2

    def __init__(self, records: dict[str, dict[str, dict[str, str | None]]]) -> None:
        self.records = records
        self.refused: dict[str, str] = {}
        self.doubtful: set[str] = set()
        self.written: list[list[str]] = []
        self.tasks: list[str] = []

    def read(
        self, object_name: str, external_id: str | None, keys: Sequence[str], fields: Collection[str]
    ) -> Mapping[str, Mapping[str, str | None]]:
        there = self.records.get(object_name, {})
        return {key: {name: there[key].get(name) for name in fields} for key in keys if key in there}

    def write(self, object_name: str, external_id: str | None, changes: Sequence[Change]) -> list[WriteResult]:
        self.written.append([change.key for change in changes])
        results = []
        for change in changes:
            if change.key in self.refused:
                results.append(WriteResult(change.key, "failed", self.refused[change.key]))
                continue
            texts = {name: None if value is None else str(value) for name, value in change.values.items()}
            self.records[object_name][change.key].update(texts)
            results.append(WriteResult(change.key, "sent", reference=change.key))
        return results

    def create_tasks(self, actions: Sequence[DueAction]) -> list[WriteResult]:
        results = []
        for made in actions:
            if made.action_id in self.doubtful:
                results.append(WriteResult(made.action_id, "intended", "the line went dead"))
            else:
                self.tasks.append(made.action_id)
                results.append(WriteResult(made.action_id, "sent", reference=str(len(self.tasks))))
        return results

    def close(self) -> None:
        pass


def at_noon(day: str = "2026-04-01") -> datetime.datetime:
    """A moment."""
    return datetime.datetime.fromisoformat(f"{day}T12:00:00+00:00")
