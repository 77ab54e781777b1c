"""A company's landed data with other plans or other events, computed by the engine of a night in a file thrown away.

Nothing of the company's state is written: landed batches are read where they lie. What-ifs put a second rule set beside
the live one; estimates put a deal in that nobody has closed.
"""

from __future__ import annotations

import datetime
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from openspm.company import Company
from openspm.contract import METADATA_COLUMNS, Table, load_contract
from openspm.errors import OpenspmError
from openspm.landing.registration import RunIdentity, register
from openspm.plans.case_runs import STATE_NAME, build_pay
from openspm.plans.compile import PLAN_TABLES, Row, Surroundings, compile_rows
from openspm.plans.load import LoadedPlan
from openspm.settings import Settings, StatePaths

LIVE = "live"
BATCH = "scenario"
Record = dict[str, Any]


class Scenario:
    """One warehouse that is thrown away, with the landed data of a company.

    Attributes:
        database: the DuckDB file; its schema `landing` may be changed until `build`.
    """

    def __init__(self, company: Company, settings: Settings, state: StatePaths, folder: Path) -> None:
        """Register what has landed by now.

        Raises:
            OpenspmError: nothing has landed yet.
        """
        if not state.landing.exists():
            raise OpenspmError(
                "Nothing has landed yet, so there is no history to compute on",
                where=str(state.landing),
                next_step=f"Run it once: openspm run --company {company.folder}",
            )
        self.database = folder / "warehouse.duckdb"
        self._company, self._settings = company, settings
        self._contract = company.extend(load_contract())
        self._dbt_state = settings.state(STATE_NAME)
        now = datetime.datetime.now(datetime.UTC)
        register(self.database, state, self._contract, company, now, RunIdentity("scenario", "scenario"))

    def add_rule_set(self, rule_set_id: str, plans: Sequence[LoadedPlan]) -> None:
        """Put a rule set beside the live one: these plans, and what else the live rule set holds.

        Args:
            rule_set_id: its name.
            plans: every plan of it, checked.
        """
        company = self._company
        surroundings = Surroundings(
            company.calendar.id, company.reporting.rate_table_id, company.reporting.rate_kind_code
        )
        compiled = compile_rows(plans, surroundings, rule_set_id)
        with duckdb.connect(str(self.database)) as connection:
            for table in self._contract:
                if "rule_set_id" not in table.column_names:
                    continue
                if table.name not in PLAN_TABLES or table.name == "calendars":
                    _copy_rule_set(connection, table, rule_set_id)
                if table.name in PLAN_TABLES:
                    have = self._periods(connection, rule_set_id) if table.name == "calendars" else set()
                    rows = [row for row in compiled[table.name] if row.get("period_id") not in have or not have]
                    _append(connection, table, rows)

    def set_rows(self, name: str, rows: Sequence[Row]) -> None:
        """Put rows beside those that landed in a table, as text, in place of those put there before."""
        with duckdb.connect(str(self.database)) as connection:
            _as_table(connection, name)
            connection.execute(f"delete from landing.{name} where _batch_id = '{BATCH}'")
            _append(connection, self._contract[name], rows)

    def execute(self, statement: str, values: Sequence[object] = ()) -> None:
        """Change the landed rows, or what the run is, by a statement."""
        with duckdb.connect(str(self.database)) as connection:
            connection.execute(statement, list(values))

    def build(self, changed: str | None = None) -> None:
        """Compute the pay marts of every rule set.

        Args:
            changed: the one staging model whose landed rows changed since the last build.

        Raises:
            OpenspmError: a model failed.
        """
        build_pay(self._settings, self._dbt_state, self.database, changed)

    def rows(self, query: str, values: Sequence[object] = ()) -> list[Record]:
        """The rows of a query."""
        with duckdb.connect(str(self.database), read_only=True) as connection:
            cursor = connection.execute(query, list(values))
            names = [column[0] for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    @staticmethod
    def _periods(connection: duckdb.DuckDBPyConnection, rule_set_id: str) -> set[str]:
        """The periods that a rule set has already."""
        found = connection.execute("select period_id from landing.calendars where rule_set_id = ?", [rule_set_id])
        return {row[0] for row in found.fetchall()}


@contextmanager
def scenario(company: Company, settings: Settings, state: StatePaths) -> Iterator[Scenario]:
    """A scenario whose file is gone afterwards; pay is private, so the folder is its owner's alone."""
    with tempfile.TemporaryDirectory(prefix="openspm_scenario_") as folder:
        yield Scenario(company, settings, state, Path(folder))


def _copy_rule_set(connection: duckdb.DuckDBPyConnection, table: Table, rule_set_id: str) -> None:
    """Give a rule set the rows of the live one."""
    _as_table(connection, table.name)
    connection.execute(
        f"insert into landing.{table.name} select * replace ('{rule_set_id}' as rule_set_id) "
        f"from landing.{table.name} where rule_set_id = '{LIVE}' and _is_current"
    )


def _append(connection: duckdb.DuckDBPyConnection, table: Table, rows: Sequence[Row]) -> None:
    """Add rows of text, as one more batch."""
    if not rows:
        return
    _as_table(connection, table.name)
    metadata: dict[str, Any] = dict.fromkeys(METADATA_COLUMNS) | {
        "_batch_id": BATCH,
        "_batch_sequence": 2**31,
        "_source": "scenario",
        "_file": "scenario",
        "_is_deleted": False,
        "_is_current": True,
    }
    names = [*table.column_names, *metadata]
    statement = f"insert into landing.{table.name} ({', '.join(names)}) values ({', '.join('?' for _ in names)})"
    for number, row in enumerate(rows, start=1):
        landed = [row.get(name) for name in table.column_names]
        connection.execute(statement, [*landed, *(metadata | {"_row": number}).values()])


def _as_table(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Turn a view on landed files into a table that rows can be added to."""
    found = connection.execute(
        "select table_type from information_schema.tables where table_schema = 'landing' and table_name = ?", [name]
    ).fetchone()
    if found is not None and found[0] == "VIEW":
        connection.execute(f"create table landing.{name}_copied as select * from landing.{name}")
        connection.execute(f"drop view landing.{name}")
        connection.execute(f"alter table landing.{name}_copied rename to {name}")
