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
        self._columns = self._read_columns()
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

    def has_rows(self, *marts: str) -> bool:
        """Whether each of the marts exists and has a row."""
        return all(
            mart in self._columns and self.rows(f'select 1 as found from marts."{mart}" limit 1') for mart in marts
        )

    def has_mart(self, *marts: str) -> bool:
        """Whether each of the marts exists, empty or not."""
        return all(mart in self._columns for mart in marts)

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

    def _read_columns(self) -> dict[str, frozenset[str]]:
        columns: dict[str, set[str]] = {}
        for row in self.rows(
            "select table_schema, table_name, column_name from information_schema.columns order by all"
        ):
            if row["table_schema"] == "marts":
                columns.setdefault(row["table_name"], set()).add(row["column_name"])
        return {name: frozenset(names) for name, names in columns.items()}

    def _read_publication(self) -> Publication:
        try:
            found = self.rows(
                "select run_id, generation_number, published_at, as_of_date from meta.publications "
                "order by published_at desc nulls last, generation_number desc nulls last limit 1"
            )
        except duckdb.Error:
            found = []
        if not found:
            self._connection.close()
            raise OpenspmError(
                "The file is not a published warehouse: it has no row in meta.publications.",
                str(self.path),
                "Name a file of a folder below published/generations/.",
            )
        return Publication(**found[0])
