"""Listens to a dbt command and makes a recording of it: the statements of each node, as dbt says that it sends them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import duckdb
from dbt.contracts.graph.manifest import Manifest

from openspm.emptiness import Condition, empty_when
from openspm.recordings import RecordedNode, Recording, Statement, TableWithoutRows, digest_of_inputs

# What macros/materializations/send_where.sql logs: a list of {condition, statement}.
CONDITIONAL_MARK = "openspm conditional statements "
COMMENTS = re.compile(r"(\s|/\*.*?\*/|--[^\n]*\n)+", re.DOTALL)
# Transactions are the replay's own; a relation that is in the way it drops itself.
LEFT_OUT = frozenset({"begin", "commit", "drop"})
QUERIES = frozenset({"select", "with", "describe"})
# The column of dbt's query of a data test that says whether it refuses.
VERDICT = "should_error"
CHANGES = frozenset({"create", "insert"})


class Recorder:
    """Hears dbt's events; `recording` says afterwards what was sent."""

    def __init__(self) -> None:
        """Nothing was heard yet."""
        self._statements: dict[str, list[Statement]] = {}
        self._verdicts: dict[str, list[str]] = {}
        self._is_understood = True

    def hear(self, event: Any) -> None:
        """Take one event; those of other kinds pass."""
        if event.info.name == "SQLQuery" and event.data.node_info.unique_id:
            self._sent(event.data.node_info.unique_id, event.data.sql)
        elif event.info.name == "JinjaLogDebug" and event.data.msg.startswith(CONDITIONAL_MARK):
            statements = self._statements.setdefault(event.data.node_info.unique_id, [])
            for entry in json.loads(event.data.msg.removeprefix(CONDITIONAL_MARK)):
                statements.append(Statement(entry["statement"].strip(), entry["condition"]))

    def recording(self, manifest: Manifest, results: Sequence[Any], database: str) -> Recording | None:
        """The recording of a command that went well; None where it did not, or did more than build and test.

        Args:
            results: dbt's results in the order in which the nodes ended.
            database: the DuckDB file, closed by dbt.
        """
        unfit = [result for result in results if str(result.status) not in ("success", "pass", "warn")]
        if unfit or not results or not self._is_understood:
            return None
        selected = {result.node.unique_id for result in results}
        nodes = [self._node(result.node, selected) for result in results]
        if None in nodes:
            return None
        inputs = sorted(
            {
                (parent.schema, parent.identifier)
                for result in results
                for name in result.node.depends_on.nodes
                if name not in selected
                for parent in (manifest.sources.get(name) or manifest.nodes[name],)
            }
        )
        with duckdb.connect(database, read_only=True) as connection:
            digest = digest_of_inputs(connection, inputs)
            recorded = _with_tables_without_rows(
                connection,
                [node for node in nodes if node is not None],
                {result.node.unique_id: str(result.node.compiled_code) for result in results},
            )
        return Recording(recorded, tuple(inputs), digest)

    def _sent(self, unique_id: str, sql: str) -> None:
        """One statement of a node."""
        text = COMMENTS.sub("", sql, count=1) if COMMENTS.match(sql) else sql
        word = re.split(r"\W", text, maxsplit=1)[0].lower()
        statements = self._statements.setdefault(unique_id, [])
        if word in QUERIES:
            if VERDICT in sql:
                self._verdicts.setdefault(unique_id, []).append(sql)
        elif word in CHANGES:
            # A statement whose condition holds is sent after it was logged.
            if not any(known.condition is not None and known.sql in sql for known in statements):
                statements.append(Statement(sql))
        elif word not in LEFT_OUT:
            self._is_understood = False

    def _node(self, node: Any, selected: set[str]) -> RecordedNode | None:
        """One node; None where it is neither a model nor a data test of one query."""
        parents = tuple(sorted(set(node.depends_on.nodes) & selected))
        kind, statements = str(node.resource_type), tuple(self._statements.get(node.unique_id, ()))
        verdicts = self._verdicts.get(node.unique_id, [])
        if kind == "model" and statements:
            relation = (node.schema, node.identifier)
            return RecordedNode(node.unique_id, node.name, kind, relation, parents, statements)
        if kind == "test" and len(verdicts) == 1 and not statements:
            severity, warn_if = node.config.severity.upper(), node.config.warn_if
            query = (Statement(verdicts[0]),)
            return RecordedNode(node.unique_id, node.name, kind, None, parents, query, severity, warn_if)
        return None


def _with_tables_without_rows(
    connection: duckdb.DuckDBPyConnection, nodes: Sequence[RecordedNode], queries: Mapping[str, str]
) -> tuple[RecordedNode, ...]:
    """Add to each model of one table what makes it where it can have no row.

    Args:
        connection: the DuckDB file with the tables.
        nodes: in the order in which they ended.
        queries: of the nodes, by unique id.
    """
    definitions = {
        (schema, table): definition
        for schema, table, definition in connection.execute(
            "select schema_name, table_name, string_agg("
            "  '\"' || column_name || '\" ' || data_type || case when is_nullable then '' else ' not null' end, ', '"
            "  order by column_index"
            ") from duckdb_columns() inner join duckdb_tables() using (database_name, schema_name, table_name) "
            "where database_name = current_database() group by schema_name, table_name"
        ).fetchall()
    }
    # Keys and checks would have to be made too; few tables have one.
    constrained = set(
        connection.execute(
            "select schema_name, table_name from duckdb_constraints() where constraint_type <> 'NOT NULL'"
        ).fetchall()
    )
    views: dict[str, Condition | None] = {}
    recorded = []
    for node in nodes:
        if node.relation is not None and sum(statement.condition is None for statement in node.statements) == 1:
            when = empty_when(connection, queries[node.unique_id], views)
            schema, table = node.relation
            if node.relation not in definitions:
                views[f"{schema}.{table}"] = when
            elif when is not None and node.relation not in constrained:
                made = f'create table "{schema}"."{table}" ({definitions[node.relation]})'
                node = replace(node, without_rows=TableWithoutRows(made, when))
        recorded.append(node)
    return tuple(recorded)
