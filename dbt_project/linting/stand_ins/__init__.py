"""What sqlfluff's jinja knows of dbt beyond its own builtins, so that linting needs neither dbt nor a database.

sqlfluff loads our macros itself; these stand in for what they call: `adapter`, `dbt`, `graph` and `target`, and for the
macros of exact arithmetic. The SQL that comes out has the right shape, not the right meaning: a macro that is
dispatched or stood in for becomes a call of a function with its name.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

_TYPES = {
    "type_string": "varchar",
    "type_bigint": "bigint",
    "type_int": "integer",
    "type_numeric": "decimal(28, 6)",
    "type_timestamp": "timestamp",
    "type_boolean": "boolean",
    "type_float": "double",
}
# .sqlfluff keeps this folder from being loaded: its expressions are too deep for the parser.
_UNFOLDED_MACROS = Path(__file__).resolve().parents[2] / "macros" / "pay"


def _call_of(name: str) -> Callable[..., str]:
    """A macro that renders as a call of a function of this name."""

    def render(*arguments: object, **named: object) -> str:
        return f"{name}({', '.join(str(value) for value in (*arguments, *named.values()))})"

    return render


class Adapter:
    """Stands in for dbt's adapter object."""

    unsafe_callable = False
    alters_data = False

    def dispatch(self, macro_name: str, macro_namespace: str | None = None) -> Callable[..., str]:  # noqa: ARG002 - as dbt calls it
        """The macro of an engine, as a call of a function."""
        return _call_of(macro_name)

    def get_relation(self, *arguments: object, **named: object) -> None:
        """No relation exists while linting."""


class CrossDatabaseMacros:
    """Stands in for dbt's own macros, such as dbt.concat and dbt.type_string."""

    unsafe_callable = False
    alters_data = False

    def __getattr__(self, name: str) -> Callable[..., str]:
        """A type by its name, every other macro as a call of a function."""
        if name in _TYPES:
            return lambda: _TYPES[name]
        if name == "concat":
            return lambda fields: " || ".join(fields)
        return _call_of(name)


class Target:
    """Stands in for dbt's target."""

    name = "candidate"
    type = "duckdb"
    schema = "main"


class Graph:
    """Stands in for dbt's graph: empty, as while dbt parses."""

    sources: dict[str, object] = {}  # noqa: RUF012 - jinja reads an attribute
    nodes: dict[str, object] = {}  # noqa: RUF012


def var(name: str, default: object = "value") -> object:  # noqa: ARG001 - as dbt calls it
    """A variable's default: sqlfluff's own stand-in is always a text."""
    return default


adapter = Adapter()
dbt = CrossDatabaseMacros()
target = Target()
graph = Graph()
execute = False

for _path in sorted(_UNFOLDED_MACROS.glob("*.sql")):
    for _name in re.findall(r"{%-? macro (\w+)\(", _path.read_text(encoding="utf-8")):
        globals()[_name] = _call_of(_name)
