"""Which tables and columns readers get: every mart for the full file, an allow-list for the open file without pay.

Both are read from dbt's manifest, so a mart states its audience where it is declared. A mart or column that says
nothing stays closed: a table is open when its meta says `audience: all` and it is no payout mart; a column of it is
open when it is declared, is not `pay: true`, and does not sound like pay unless its meta says `pay: false`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openspm.errors import OpenspmError

PUBLISHED_SCHEMAS = ("marts", "meta")
OPEN_AUDIENCE = "all"
CLOSED_AREAS = frozenset({"payout"})
PAY_WORDS = re.compile(
    r"(^|_)(pay|payout|payable|paid_out|earned|earning|salary|base_salary|variable|commission|bonus|draw|rate|accelerator|wage)(_|$)"
)


@dataclass(frozen=True)
class PublishedColumn:
    """A column as declared; `is_open` says whether readers who must not see pay get it."""

    name: str
    description: str
    is_open: bool


@dataclass(frozen=True)
class PublishedTable:
    """A mart or meta table as declared.

    Attributes:
        schema: marts or meta.
        area: its folder under models/marts.
        audience: who may read it: all, finance.
    """

    schema: str
    name: str
    area: str
    audience: str
    description: str
    columns: tuple[PublishedColumn, ...]

    @property
    def is_open(self) -> bool:
        """Whether it is in the open file."""
        return self.audience == OPEN_AUDIENCE and self.area not in CLOSED_AREAS

    @property
    def column_names(self) -> tuple[str, ...]:
        """All columns of it, as the full file has them."""
        return tuple(column.name for column in self.columns)

    @property
    def open_columns(self) -> tuple[str, ...]:
        """The columns of it that the open file has."""
        return tuple(column.name for column in self.columns if column.is_open) if self.is_open else ()


def load_published_tables(manifest: Path) -> list[PublishedTable]:
    """Every mart that dbt's manifest declares, by schema and name.

    Raises:
        OpenspmError: a mart that is no table, or lies in a schema that is not published.
    """
    nodes: dict[str, Any] = json.loads(manifest.read_text(encoding="utf-8"))["nodes"]
    tables = [
        _published_table(node)
        for node in nodes.values()
        if node["resource_type"] == "model" and node["fqn"][1] == "marts" and node["config"]["enabled"]
    ]
    return sorted(tables, key=lambda table: (table.schema, table.name))


def _published_table(node: Mapping[str, Any]) -> PublishedTable:
    """One model of the manifest."""
    if node["schema"] not in PUBLISHED_SCHEMAS or node["config"]["materialized"] == "view":
        raise OpenspmError(
            f"The mart {node['name']} is a {node['config']['materialized']} in the schema {node['schema']}",
            where=node["original_file_path"],
            next_step=f"Make it a table in one of the schemas {', '.join(PUBLISHED_SCHEMAS)}; readers get tables.",
        )
    return PublishedTable(
        schema=node["schema"],
        name=node["alias"],
        area=node["fqn"][2],
        audience=str(_meta(node).get("audience", "")),
        description=node["description"],
        columns=tuple(
            PublishedColumn(name, column["description"], _is_open(name, _meta(column).get("pay")))
            for name, column in node["columns"].items()
        ),
    )


def _is_open(name: str, pay: object) -> bool:
    """Whether a column of an open mart is open; one that sounds like pay must say that it is none."""
    return pay is False or (pay is None and PAY_WORDS.search(name) is None)


def _meta(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """The meta of a model or column, wherever this dbt puts it."""
    merged: dict[str, Any] = {**entry.get("meta", {}), **entry.get("config", {}).get("meta", {})}
    return merged
