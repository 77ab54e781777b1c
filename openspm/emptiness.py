"""When a query can give no row, told from its text alone: which of the relations that it reads have to be empty for it.

Half of the models of a small company have no rows, because no plan has the rule that they compute, and planning their
queries takes as long as that of the others. Where this module says why a model must be empty, a night looks whether it
is so, and makes the table without the query (openspm.recordings).

It never says too much: what it does not know may have rows. Filters and join conditions are not looked at.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any, Literal

import duckdb

# `schema.table`, which has to be empty, or several conditions of which any or all have to hold.
Condition = str | tuple[Literal["any", "all"], tuple["Condition", ...]]
Conditions = Mapping[str, Condition | None]


def empty_when(connection: duckdb.DuckDBPyConnection, query: str, views: Conditions) -> Condition | None:
    """What has to be so that a query can give no row; None where nothing is known.

    Args:
        connection: any; it parses the query, and reads nothing that the query reads.
        query: a SELECT.
        views: the conditions of views by `schema.view`, for asking a view for rows takes as long as the query.
    """
    said = connection.execute(
        "select json_serialize_sql(?, skip_null := true, skip_default := true)", [query]
    ).fetchone()
    parsed = json.loads(said[0]) if said else {"error": True}
    if parsed["error"] or len(parsed["statements"]) != 1:
        return None
    return _Reader(_aggregates(), views).query(parsed["statements"][0]["node"], {})


def is_met(condition: Condition, is_empty: Callable[[str], bool]) -> bool:
    """Whether a condition holds.

    Args:
        is_empty: says of `schema.table` whether it has no row.
    """
    if isinstance(condition, str):
        return is_empty(condition)
    kind, parts = condition
    return (any if kind == "any" else all)(is_met(part, is_empty) for part in parts)


@cache
def _aggregates() -> frozenset[str]:
    """The names of all aggregate functions; asking for them takes longer than reading a query."""
    with duckdb.connect() as connection:
        names = connection.execute("select function_name from duckdb_functions() where function_type = 'aggregate'")
        return frozenset(name for (name,) in names.fetchall())


class _Reader:
    """Goes through the parts of a parsed query."""

    def __init__(self, aggregates: frozenset[str], views: Conditions) -> None:
        """Take the names of all aggregate functions, and the conditions of views."""
        self._aggregates = aggregates
        self._views = views

    def query(self, node: Mapping[str, Any], known: Conditions) -> Condition | None:
        """The condition of a query, with those of the common table expressions that it can name."""
        here = dict(known)
        for entry in node.get("cte_map", {}).get("map", ()):
            here[entry["key"].lower()] = self.query(entry["value"]["query"]["node"], here)
        kind = node["type"]
        if kind == "SELECT_NODE":
            return None if self._has_row_of_nothing(node) else self._source(node["from_table"], here)
        if kind == "SET_OPERATION_NODE" and "left" in node:
            left, right = self.query(node["left"], here), self.query(node["right"], here)
            if node["setop_type"] == "UNION":
                return _all_of((left, right))
            return left if node["setop_type"] == "EXCEPT" else None
        return None

    def _has_row_of_nothing(self, node: Mapping[str, Any]) -> bool:
        """Whether a SELECT gives a row where it reads none: aggregates without groups do, and so do empty groupings."""
        if node["aggregate_handling"] != "STANDARD_HANDLING":
            return True
        if node.get("group_expressions"):
            return any(not group for group in node["group_sets"])
        return "having" in node or self._has_aggregate(
            [node["select_list"], node.get("modifiers"), node.get("qualify")]
        )

    def _has_aggregate(self, expression: Any) -> bool:
        """Whether an aggregate stands anywhere in an expression."""
        if isinstance(expression, Mapping):
            if expression.get("class") == "FUNCTION" and expression["function_name"].lower() in self._aggregates:
                return True
            return self._has_aggregate(list(expression.values()))
        return isinstance(expression, list) and any(self._has_aggregate(part) for part in expression)

    def _source(self, table: Mapping[str, Any], known: Conditions) -> Condition | None:
        """The condition of what stands in a FROM."""
        kind = table["type"]
        if kind == "BASE_TABLE":
            name = table["table_name"]
            if not table.get("schema_name"):
                return known.get(name.lower())
            relation = f"{table['schema_name']}.{name}"
            return self._views.get(relation, relation)
        if kind == "SUBQUERY":
            return self.query(table["subquery"]["node"], known)
        if kind == "JOIN" and table["ref_type"] in ("REGULAR", "CROSS", "DEPENDENT"):
            left, right = self._source(table["left"], known), self._source(table["right"], known)
            sides = {
                "INNER": _any_of((left, right)),
                "SEMI": _any_of((left, right)),
                "LEFT": left,
                "ANTI": left,
                "RIGHT": right,
                "FULL": _all_of((left, right)),
            }
            return sides.get(table["join_type"])
        return None


def _any_of(conditions: Iterable[Condition | None]) -> Condition | None:
    """One of these is enough."""
    given = tuple(dict.fromkeys(condition for condition in conditions if condition is not None))
    return None if not given else given[0] if len(given) == 1 else ("any", given)


def _all_of(conditions: Iterable[Condition | None]) -> Condition | None:
    """All of these are needed."""
    given = tuple(dict.fromkeys(conditions))
    wanted = tuple(condition for condition in given if condition is not None)
    if len(wanted) < len(given):
        return None
    return wanted[0] if len(wanted) == 1 else ("all", wanted)
