"""What dbt sent to DuckDB for one command, kept so that the next night sends it again without dbt.

The SQL of a model is a function of the project, of the columns of what it reads, and of the columns that a company
adds. So it is the same every night and for most companies, and for a small company dbt takes several times as long to
work it out as DuckDB takes to run it. A recording is kept beside the manifest (openspm.compiled_models) and holds as
long as all of these are what they were. A statement that some nights need and others do not, because of the rows that
came, is kept with its condition. So is what makes a table without rows, where it can be told beforehand that there are
none (openspm.emptiness).

openspm.dbt_recorder writes recordings, openspm.replay runs them.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb

from openspm.durable_files import write_durably
from openspm.emptiness import Condition

FORMAT = "3"
FOLDER = "recordings"


@dataclass(frozen=True)
class Statement:
    """One statement of a node.

    Attributes:
        sql: as dbt sent it.
        condition: a boolean expression of SQL without which it is not sent; None for always.
    """

    sql: str
    condition: str | None = None


@dataclass(frozen=True)
class TableWithoutRows:
    """What makes the table of a model, in place of its statements, where it can have no row.

    Attributes:
        sql: a CREATE TABLE.
        when: what has to be so.
    """

    sql: str
    when: Condition


@dataclass(frozen=True)
class RecordedNode:
    """One model or data test.

    Attributes:
        relation: schema and name of the table or view that a model makes; None for a test.
        parents: unique ids of nodes of the same recording that come before it.
        severity, warn_if: of a test, as dbt knows them; None for a model.
        without_rows: how to make the table where the query can have no row; None where nothing is known of that.
    """

    unique_id: str
    name: str
    resource_type: str
    relation: tuple[str, str] | None
    parents: tuple[str, ...]
    statements: tuple[Statement, ...]
    severity: str | None = None
    warn_if: str | None = None
    without_rows: TableWithoutRows | None = None


@dataclass(frozen=True)
class Recording:
    """One command that went well.

    Attributes:
        nodes: in the order in which they ended.
        inputs: schema and name of what the nodes read and do not make.
        input_digest: what `digest_of_inputs` said of them.
    """

    nodes: tuple[RecordedNode, ...]
    inputs: tuple[tuple[str, str], ...]
    input_digest: str


def has_recordings(folder: Path, command: Sequence[str]) -> bool:
    """Whether there is a recording of a command, for whatever inputs, among the models compiled in a folder."""
    return bool(_paths(folder, command))


def load_recordings(folder: Path, command: Sequence[str]) -> Iterator[Recording]:
    """The recordings of a command in the folder of the compiled models, one for each inputs; those that can be read.

    One that cannot is passed over: dbt runs the command then, and records it anew.
    """
    for path in _paths(folder, command):
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            yield Recording(
                nodes=tuple(_node(node) for node in kept["nodes"]),
                inputs=tuple((schema, name) for schema, name in kept["inputs"]),
                input_digest=kept["input_digest"],
            )


def save_recording(folder: Path, command: Sequence[str], recording: Recording) -> None:
    """Keep a recording in the folder of the compiled models."""
    (folder / FOLDER).mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / FOLDER / f"{_command_key(command)}_{recording.input_digest[:16]}.json"
    write_durably(path, json.dumps(asdict(recording)))


def _paths(folder: Path, command: Sequence[str]) -> list[Path]:
    """The files of a command's recordings."""
    return sorted((folder / FOLDER).glob(f"{_command_key(command)}_*.json"))


def _command_key(command: Sequence[str]) -> str:
    """What names the recordings of a command by this version of DuckDB."""
    said = json.dumps([FORMAT, version("duckdb"), list(command)])
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def digest_of_inputs(connection: duckdb.DuckDBPyConnection, inputs: Iterable[tuple[str, str]]) -> str:
    """A hash of the columns of some relations, with their types and order, and of the columns that a company adds."""
    wanted = set(inputs)
    columns = connection.execute(
        "select schema_name, table_name, column_name, data_type from duckdb_columns() "
        "where database_name = current_database() order by schema_name, table_name, column_index"
    ).fetchall()
    added: list[tuple[Any, ...]] = []
    if any(row[:2] == ("landing", "columns") for row in columns):
        added = connection.execute(
            "select table_name, column_name, type_code from landing.columns where is_extension order by all"
        ).fetchall()
    said = json.dumps([[row for row in columns if row[:2] in wanted], added])
    return hashlib.sha256(said.encode()).hexdigest()


def _node(kept: dict[str, Any]) -> RecordedNode:
    """A node as it was kept."""
    relation, without_rows = kept["relation"], kept["without_rows"]
    return RecordedNode(
        **{
            **kept,
            "relation": None if relation is None else (relation[0], relation[1]),
            "parents": tuple(kept["parents"]),
            "statements": tuple(Statement(**statement) for statement in kept["statements"]),
            "without_rows": None
            if without_rows is None
            else TableWithoutRows(without_rows["sql"], _condition(without_rows["when"])),
        }
    )


def _condition(kept: Any) -> Condition:
    """A condition as it was kept."""
    return kept if isinstance(kept, str) else (kept[0], tuple(_condition(part) for part in kept[1]))
