"""Filters of plans beside what has landed: values that no record has, so that a rule or a factor takes nothing by them.

A misspelt product or kind of deal is no fault, since a plan may be written before the first such deal; but nobody is
paid by it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches

import duckdb

from openspm.plans.crediting import FILTER_FIELDS
from openspm.plans.lint import Finding
from openspm.plans.load import LoadedPlan
from openspm.plans.reading import Place
from openspm.plans.refusals import CheckedComponent
from openspm.plans.schema.credits import EventFilter, Not
from openspm.plans.schema.limits import FactorFilter

NAMED = 5
"""As many values as are named of those that have landed."""
TABLES = {
    "opportunity_kind": ("opportunities",),
    "activity_kind": ("activities",),
    "outcome": ("activities",),
    "lead_source": ("opportunities", "leads"),
    "account": ("accounts",),
    "country": ("accounts",),
    "segment": ("accounts",),
    "industry": ("accounts",),
    "product": ("products",),
    "product_family": ("products",),
    "territory": ("assignments",),
    "region": ("assignments",),
    "team": ("assignments",),
}
"""Tables of landing that a field of a filter is looked up in."""
KNOWN = {
    "opportunity_kind": frozenset({"new", "expansion", "renewal"}),
    "activity_kind": frozenset({"call", "meeting", "demo"}),
}
"""Words that docs/plans.md names, which a plan may well say before the first such record."""
Filter = EventFilter | FactorFilter


def remarks_on_filters(connection: duckdb.DuckDBPyConnection, plans: Sequence[LoadedPlan]) -> Iterator[Finding]:
    """Values of filters that no landed record has; where nothing has landed of a field nothing is said of it."""
    landed: dict[str, list[str]] = {}
    for loaded in plans:
        for checked in loaded.components:
            for place, name, values in _written(loaded, checked):
                if name not in landed:
                    landed[name] = _landed(connection, name)
                for value in values:
                    if landed[name] and value not in landed[name] and value not in KNOWN.get(name, ()):
                        yield Finding(
                            "warn",
                            loaded.document.path.name,
                            loaded.document.line(place),
                            f"{checked.component.component_id}: {name} {value!r} is in no record that has landed; "
                            f"{_advice(value, landed[name])}",
                        )


def _written(loaded: LoadedPlan, checked: CheckedComponent) -> Iterator[tuple[Place, str, Sequence[str]]]:
    """Each field of a filter in a component, where it stands, and the values that it names."""
    position = next(
        number
        for number, component in enumerate(loaded.plan.components)
        if component.component_id == checked.component.component_id
    )
    component = loaded.plan.components[position]
    filters: list[tuple[Place, Filter | None]] = [
        *((("credits", number, "where"), rule.where) for number, rule in enumerate(component.credits)),
        *((("multipliers", number, "where"), factor.where) for number, factor in enumerate(component.multipliers)),
    ]
    for place, written in filters:
        for name in FILTER_FIELDS:
            values = getattr(written, name, None)
            values = values.not_ if isinstance(values, Not) else values
            if isinstance(values, tuple):
                yield ("components", position, *place, name), name, values


def _landed(connection: duckdb.DuckDBPyConnection, name: str) -> list[str]:
    """The values of a field that have landed, the most frequent first."""
    column = FILTER_FIELDS[name]
    records = " union all ".join(
        f"select trim({column}) as value from landing.{table} where _is_current and not _is_deleted"
        for table in TABLES[name]
    )
    query = f"select value from ({records}) where value <> '' group by value order by count(*) desc, value"
    return [str(value) for (value,) in connection.execute(query).fetchall()]


def _advice(value: str, landed: Sequence[str]) -> str:
    """What may be meant."""
    near = get_close_matches(value, landed, n=1)
    return f"is {near[0]} meant?" if near else f"there are {', '.join(landed[:NAMED])}"
