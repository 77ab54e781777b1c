"""The canonical input tables, read from the one place that declares them: the dbt sources under models/staging.

Lives here: what a table and a column are, and reading them. Not here: casting (dbt_project/macros/staging) or landing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, cast, get_args

import yaml

from openspm.errors import OpenspmError

MODELS_DIR = Path(__file__).resolve().parent.parent / "models" / "staging"

ColumnType = Literal["id", "text", "integer", "amount", "ratio", "rate", "date", "timestamp", "boolean", "currency"]
COLUMN_TYPES: tuple[str, ...] = get_args(ColumnType)
EXTENSION_PREFIX = "x_"

# What landing adds to every row; see docs/landing.md.
METADATA_COLUMNS: Mapping[str, str] = {
    "_batch_id": "VARCHAR",
    "_batch_sequence": "BIGINT",
    "_extracted_at": "TIMESTAMP",
    "_source": "VARCHAR",
    "_file": "VARCHAR",
    "_row": "BIGINT",
    "_is_deleted": "BOOLEAN",
    "_is_current": "BOOLEAN",
    "_fault_code": "VARCHAR",
    "_fault_text": "VARCHAR",
}


@dataclass(frozen=True)
class Column:
    """One column of a canonical table.

    Attributes:
        name: the column's name, the same in landing, staging and wherever it is passed on.
        type: the grammar that staging casts by.
        is_required: whether a row without it is quarantined.
        description: meaning and unit.
    """

    name: str
    type: ColumnType
    is_required: bool
    description: str


@dataclass(frozen=True)
class Table:
    """One canonical table; `key` names the columns that identify a record."""

    name: str
    group: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    description: str

    @property
    def column_names(self) -> tuple[str, ...]:
        """The names of its columns, in the order of their declaration."""
        return tuple(column.name for column in self.columns)

    @property
    def required_names(self) -> tuple[str, ...]:
        """The columns that no row may lack."""
        return tuple(column.name for column in self.columns if column.is_required)

    def column(self, name: str) -> Column:
        """The column of that name.

        Raises:
            KeyError: there is none.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.name} has no column {name}")


@dataclass(frozen=True)
class Contract:
    """All canonical tables by name."""

    tables: Mapping[str, Table]

    def __iter__(self) -> Iterator[Table]:
        return iter(self.tables.values())

    def __contains__(self, name: object) -> bool:
        return name in self.tables

    def __getitem__(self, name: str) -> Table:
        return self.tables[name]

    def extended(self, extensions: Mapping[str, tuple[Column, ...]]) -> Contract:
        """The contract with a company's extension columns, which come after a table's own.

        Raises:
            OpenspmError: a table or a column name that cannot be extended.
        """
        tables = dict(self.tables)
        for name, columns in extensions.items():
            if name not in tables:
                raise OpenspmError(
                    f"extension_columns names the table {name!r}, which is not in the contract",
                    where="company.yml, extension_columns",
                    next_step=f"Use one of: {', '.join(sorted(tables))}.",
                )
            table = tables[name]
            tables[name] = Table(table.name, table.group, table.key, table.columns + columns, table.description)
        return Contract(tables)


@cache
def load_contract(models_dir: Path = MODELS_DIR) -> Contract:
    """Read every `_<group>__sources.yml` below the staging models.

    Raises:
        OpenspmError: a file that declares something no reader understands.
    """
    tables: dict[str, Table] = {}
    for path in sorted(models_dir.glob("*/_*__sources.yml")):
        document = cast(dict[str, Any], yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader))
        for source in document["sources"]:
            for entry in source["tables"]:
                table = _table(entry, path)
                if table.name in tables:
                    raise OpenspmError(
                        f"The table {table.name!r} is declared twice",
                        where=str(path),
                        next_step="Keep one declaration; table names are unique over all groups.",
                    )
                tables[table.name] = table
    return Contract(tables)


def _table(entry: dict[str, Any], path: Path) -> Table:
    """One table of a sources file, checked."""
    meta = entry["config"]["meta"]
    columns = tuple(_column(column, entry["name"], path) for column in entry["columns"])
    table = Table(entry["name"], meta["group"], tuple(meta["key"]), columns, entry["description"])
    missing = [name for name in table.key if name not in table.required_names]
    if missing:
        raise OpenspmError(
            f"The key of {table.name!r} names {', '.join(missing)}, which is no required column",
            where=str(path),
            next_step="Declare every key column with required: true.",
        )
    return table


def _column(entry: dict[str, Any], table: str, path: Path) -> Column:
    """One column of a sources file, checked."""
    meta = entry["config"]["meta"]
    if meta["type"] not in COLUMN_TYPES:
        raise OpenspmError(
            f"The column {table}.{entry['name']} has the unknown type {meta['type']!r}",
            where=str(path),
            next_step=f"Use one of: {', '.join(COLUMN_TYPES)}.",
        )
    return Column(entry["name"], meta["type"], bool(meta.get("required", False)), entry["description"])
