"""Reads a published warehouse for a report: read-only, without access to other files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb

from openspm.errors import OpenspmError

Row = dict[str, Any]

# The marts that a report reads. A publication holds every one of them, with no row where its inputs were absent.
MARTS = frozenset(
    {
        "dim_accounts",
        "dim_payees",
        "dim_periods",
        "dim_teams",
        "fct_attainment",
        "fct_attainment_forecasts",
        "fct_crm_finance_matches",
        "fct_forecast_accuracy",
        "fct_goals",
        "fct_invoices",
        "fct_kpis",
        "fct_landed_rows",
        "fct_opportunities",
        "fct_opportunity_scores",
        "fct_revenue_forecasts",
        "fct_validation_results",
    }
)


@dataclass(frozen=True)
class Publication:
    """Which publication a report speaks of; grain: the newest row of meta.publications."""

    run_id: str
    generation_number: int | None
    published_at: datetime | None
    as_of_date: date


class PublishedFile:
    """One published DuckDB file. Use it as a context manager; the file is closed on leaving."""

    def __init__(self, path: Path) -> None:
        # A link to the current generation must not move under a report that is being written.
        self.path = path.resolve()
        if not self.path.is_file():
            raise OpenspmError(
                "There is no published warehouse to report on.", str(path), "Run `openspm run` first, then try again."
            )
        try:
            self._connection = duckdb.connect(
                str(self.path), read_only=True, config={"enable_external_access": "false"}
            )
        except duckdb.Error as error:
            raise OpenspmError(
                f"The published warehouse cannot be opened: {error}", str(self.path), "Check it with `openspm doctor`."
            ) from error
        self.publication = self._read_publication()

    def __enter__(self) -> Self:
        """Return the open file."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self._connection.close()

    def rows(self, sql: str, parameters: list[Any] | None = None) -> list[Row]:
        """The rows of a query, one dict a row. The query must order them: a report is the same each time."""
        cursor = self._connection.execute(sql, parameters or [])
        names = [column[0] for column in cursor.description or []]
        return [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]

    def has_rows(self, mart: str) -> bool:
        """Whether a mart has a row. Its inputs were not delivered, or nothing qualified, where it has none."""
        return bool(self.rows(f'select 1 as found from marts."{mart}" limit 1'))

    def previous(self) -> Path | None:
        """The same file of the newest generation before this one, where it is still kept."""
        folder = self.path.parent
        if not folder.name.isdigit():
            return None
        earlier = [
            neighbour
            for neighbour in folder.parent.iterdir()
            if neighbour.name.isdigit()
            and int(neighbour.name) < int(folder.name)
            and (neighbour / self.path.name).is_file()
        ]
        return max(earlier, key=lambda neighbour: int(neighbour.name)) / self.path.name if earlier else None

    def _absent_marts(self) -> list[str]:
        found = self.rows("select table_name from information_schema.tables where table_schema = 'marts'")
        return sorted(MARTS - {row["table_name"] for row in found})

    def _read_publication(self) -> Publication:
        try:
            found = self.rows(
                "select run_id, generation_number, published_at, as_of_date from meta.publications "
                "order by published_at desc nulls last, generation_number desc nulls last limit 1"
            )
        except duckdb.Error:
            found = []
        absent = self._absent_marts()
        if not found or absent:
            self._connection.close()
            reason = "it has no row in meta.publications" if not found else f"it lacks {', '.join(absent)}"
            raise OpenspmError(
                f"The file is not a published warehouse of this version: {reason}.",
                str(self.path),
                "Name a file of a folder below published/generations/, or publish anew with `openspm run`.",
            )
        return Publication(**found[0])
