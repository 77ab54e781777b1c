"""mapping.yml of a vendor: which canonical columns come from which fields, one line a column.

    objects:
      Opportunity: {key: Id, stamp: SystemModstamp, deleted: IsDeleted}
    tables:
      opportunities:
        - from: Opportunity
          columns:
            opportunity_id: Id
            deal_amount: Amount

A column is a field or an SQL expression over fields; all fields are text, and a name with a point in it is quoted.
`where` keeps some records, and the others are counted as filtered. A table may be made of several objects. Under
`look_ups` a part names objects that tell more about its records: of those whose field `by` holds a record's key the
first in `order` counts, and its fields are written with its name before them (CampaignMember.CampaignId). `key` and
`stamp` tell versions of a record apart that came in one reading, as when it was changed meanwhile: the newest counts.
Records that come inside those of another object, such as lines in an invoice, are an object of their own that is
`inside` it; `parent` says which record of it a row belongs to, so that lines which a changed invoice lost are deleted.
A company puts its own expressions in place of ours under `fields` in company.yml. A column whose field the vendor does
not show us is absent, which is not NULL.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import yaml
from pydantic import BaseModel, ConfigDict, Field

from openspm.company import Company
from openspm.contract import Contract
from openspm.errors import OpenspmError
from openspm.sources.files.mapping import SqlMapping
from openspm.sources.web.settings import WebSourceSettings

MAPPING_FILE = "mapping.yml"
MACROS_FILE = "macros.sql"


class ObjectMapping(BaseModel):
    """An object of a vendor.

    Attributes:
        key: the field that names a record.
        stamp: the field that grows with every change; None where the vendor has none, and all is read every night.
        deleted: a field or condition that says that the record was deleted.
        inside: the object in whose pages the records come; they are read with it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    stamp: str | None = None
    deleted: str | None = None
    inside: str | None = None


class LookUp(BaseModel):
    """An object that tells more about the records of another one.

    Attributes:
        by: its field that holds the key of the record.
        order: its field by which the first of several counts.
        where: which of its records count.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    by: str
    order: str
    where: str | None = None


class Part(BaseModel):
    """The rows that one object gives to a table.

    Attributes:
        object_name: the object.
        columns: canonical column -> field or expression over fields.
        where: keeps some records.
        parent: for records inside another object, an expression over the canonical columns that gives its key.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    object_name: str = Field(alias="from")
    columns: dict[str, str]
    where: str | None = None
    parent: str | None = None
    look_ups: dict[str, LookUp] = Field(default_factory=dict)


class VendorMapping(BaseModel):
    """The whole of mapping.yml."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    objects: dict[str, ObjectMapping]
    tables: dict[str, tuple[Part, ...]]

    def roots(self, objects: Iterable[str]) -> tuple[str, ...]:
        """The objects that have to be read for some objects: themselves, or those that they are inside."""
        return tuple(dict.fromkeys(self.objects[name].inside or name for name in objects))


@dataclass(frozen=True)
class TableMapping:
    """How one canonical table is made of what a vendor shows us.

    Attributes:
        sql: the SELECT over the objects, one relation each.
        columns: canonical columns that it gives.
        absent: canonical columns whose fields the vendor does not show, with those fields; `column of Object` where
            other objects give the column.
        objects: the objects whose records are its rows, in their order.
        look_ups: the objects that tell more about them, each with the object that it tells about.
    """

    sql: SqlMapping
    columns: tuple[str, ...]
    absent: Mapping[str, tuple[str, ...]]
    objects: tuple[str, ...]
    look_ups: Mapping[str, str]


def load_mapping(folder: Path, settings: WebSourceSettings, contract: Contract) -> VendorMapping:
    """The mapping of a vendor with a company's own fields, without the tables that it leaves out.

    Raises:
        OpenspmError: a table or column that there is not.
    """
    mapping = VendorMapping.model_validate(yaml.load((folder / MAPPING_FILE).read_text("utf-8"), yaml.CSafeLoader))
    where = f"company.yml, sources, {settings.name}"
    for name in (*settings.fields, *settings.leave_out):
        if name not in mapping.tables:
            raise OpenspmError(
                f"A source of this kind gives no table {name!r}",
                where=where,
                next_step=f"Name one of: {', '.join(mapping.tables)}.",
            )
    tables = {}
    for name, parts in mapping.tables.items():
        own = settings.fields.get(name, {})
        unknown = next((column for column in own if column not in contract[name].column_names), None)
        if unknown is not None:
            raise OpenspmError(
                f"The table {name!r} has no column {unknown!r}",
                where=f"{where}, fields",
                next_step="Name a canonical column, or declare a column x_<name> under extension_columns.",
            )
        if name not in settings.leave_out:
            tables[name] = tuple(part.model_copy(update={"columns": {**part.columns, **own}}) for part in parts)
    return mapping.model_copy(update={"tables": tables})


def macros_of(folder: Path, company: Company) -> str:
    """The SQL macros that a vendor's expressions use, and `company_zone()`, the zone in which its days begin."""
    path = folder / MACROS_FILE
    own = path.read_text("utf-8") if path.exists() else ""
    return f"create macro company_zone() as '{company.timezone_name}';\n{own}"


def fields_of(mapping: VendorMapping, object_name: str, where: str) -> tuple[str, ...]:
    """Every field of an object that a mapping reads, in the order in which they first come."""
    spec = mapping.objects[object_name]
    names = [name for text in (spec.key, spec.stamp, spec.deleted) if text for name in expression_fields(text, where)]
    for part in (part for parts in mapping.tables.values() for part in parts):
        texts = [text for text in (*part.columns.values(), part.where) if text is not None]
        read = [name for text in texts for name in expression_fields(text, where)]
        if part.object_name == object_name:
            names += [name for name in read if name.partition(".")[0] not in part.look_ups]
        if object_name in part.look_ups:
            names += _look_up_fields(part.look_ups[object_name], where)
            names += [name.partition(".")[2] for name in read if name.partition(".")[0] == object_name]
    return tuple(dict.fromkeys(names))


def _look_up_fields(look_up: LookUp, where: str) -> tuple[str, ...]:
    """The fields without which an object cannot be looked up."""
    return (look_up.by, look_up.order, *(expression_fields(look_up.where, where) if look_up.where else ()))


def map_table(
    mapping: VendorMapping,
    table: str,
    contract: Contract,
    visible: Mapping[str, Collection[str]],
    path: Path,
    macros: str = "",
) -> TableMapping | None:
    """How a table is made of the fields that the vendor shows.

    Args:
        mapping: the vendor's, with the company's fields.
        table: the canonical table.
        contract: the canonical tables.
        visible: for each object that we may see, its fields.
        path: of mapping.yml, for messages.
        macros: SQL that the expressions call; a change of it is a change of the mapping.

    Returns:
        None where the table has no object that we may see, or lacks a column that every record needs.
    """
    seen = [part for part in mapping.tables[table] if part.object_name in visible]
    shown = {id(part): _shown(part, visible, str(path)) for part in seen}
    hidden = {id(part): _hidden_columns(part, shown[id(part)], str(path)) for part in seen}
    required = set(contract[table].required_names)
    # A part whose every row would be refused gives none.
    parts = [part for part in seen if not required & set(hidden[id(part)])]
    given = {column for part in parts for column in part.columns if column not in hidden[id(part)]}
    columns = tuple(name for name in contract[table].column_names if name in given)
    if not parts or not required <= given:
        return None
    selects = [_select(mapping, part, columns, shown[id(part)], str(path)) for part in parts]
    text = " union all ".join(selects)
    objects = tuple(dict.fromkeys(part.object_name for part in parts))
    look_ups = {
        name: part.object_name for part in parts for name in part.look_ups if f"{name}." in "".join(shown[id(part)])
    }
    names = (*objects, *look_ups)
    facts = json.dumps([text, macros, [mapping.objects[name].model_dump() for name in names]], sort_keys=True)
    sql = SqlMapping(table, path, text, names, hashlib.sha256(facts.encode()).hexdigest())
    absent = {
        f"{column} of {part.object_name}" if column in given else column: fields
        for part in seen
        for column, fields in hidden[id(part)].items()
    }
    return TableMapping(sql, columns, absent, objects, look_ups)


def _hidden_columns(part: Part, visible: Collection[str], where: str) -> dict[str, tuple[str, ...]]:
    """The columns of a part whose fields the vendor does not show, with those fields."""
    hidden = {
        column: _hidden(expression_fields(expression, where), visible) for column, expression in part.columns.items()
    }
    return {column: fields for column, fields in hidden.items() if fields}


def hidden_for_all_rows(
    mapping: VendorMapping, table: str, contract: Contract, visible: Mapping[str, Collection[str]], path: Path
) -> tuple[str, ...]:
    """The fields for want of which a table is not given, as Object.field, where its objects can be seen."""
    required = set(contract[table].required_names)
    return tuple(
        f"{part.object_name}.{field}"
        for part in mapping.tables[table]
        if part.object_name in visible
        for column, fields in _hidden_columns(part, _shown(part, visible, str(path)), str(path)).items()
        if column in required
        for field in fields
    )


def _shown(part: Part, visible: Mapping[str, Collection[str]], where: str) -> tuple[str, ...]:
    """The fields that a part's expressions may read: its object's, and those of the objects that are looked up."""
    names = list(visible[part.object_name])
    for name, look_up in part.look_ups.items():
        fields = visible.get(name, ())
        if not _hidden(_look_up_fields(look_up, where), fields):
            names += [f"{name}.{field}" for field in fields]
    return tuple(names)


def _select(
    mapping: VendorMapping,
    part: Part,
    columns: tuple[str, ...],
    visible: Collection[str],
    where: str,
) -> str:
    """The SELECT of one part: all columns of the table, NULL where another part alone gives one."""
    spec = mapping.objects[part.object_name]
    lines = []
    for column in columns:
        expression = part.columns.get(column)
        is_shown = expression is not None and not _hidden(expression_fields(expression, where), visible)
        lines.append(f"cast({expression if is_shown else 'null'} as varchar) as {column}")
    records = _newest(part.object_name, spec, visible)
    deleted = _deleted(spec, visible, where)
    for name, look_up in part.look_ups.items():
        fields = [field.partition(".")[2] for field in visible if field.startswith(f"{name}.")]
        if fields:
            looked_up = _first_of(name, look_up, mapping.objects[name], fields, where)
            records += f" left join {looked_up} on {quoted(f'{name}.by')} = {quoted(spec.key)}"
    condition = f" where {part.where}" if part.where else ""
    return f"select {', '.join(lines)}, _file, _row, {deleted} as _is_deleted from {records}{condition}"


def _newest(name: str, spec: ObjectMapping, visible: Collection[str]) -> str:
    """The newest version of each record of an object that came in one reading."""
    stamp = f"{quoted(spec.stamp)} desc nulls last, " if spec.stamp is not None and spec.stamp in visible else ""
    return (
        f"(select * from {quoted(name)} "
        f"qualify row_number() over (partition by {quoted(spec.key)} order by {stamp}_file desc, _row desc) = 1)"
    )


def _deleted(spec: ObjectMapping, visible: Collection[str], where: str) -> str:
    """Whether a record was deleted."""
    if spec.deleted is None or _hidden(expression_fields(spec.deleted, where), visible):
        return "false"
    return f"coalesce(cast({spec.deleted} as boolean), false)"


def _first_of(name: str, look_up: LookUp, spec: ObjectMapping, visible: Collection[str], where: str) -> str:
    """The first record for each key that is looked up: the key as `<name>.by`, the whole record as `<name>`."""
    condition = f" and ({look_up.where})" if look_up.where else ""
    return (
        f"(select {quoted(look_up.by)} as {quoted(f'{name}.by')}, record as {quoted(name)} "
        f"from {_newest(name, spec, visible)} as record "
        f"where not {_deleted(spec, visible, where)} and {quoted(look_up.by)} is not null{condition} "
        f"qualify row_number() over (partition by {quoted(look_up.by)} "
        f"order by {quoted(look_up.order)}, {quoted(spec.key)}) = 1)"
    )


def _hidden(fields: tuple[str, ...], visible: Collection[str]) -> tuple[str, ...]:
    """The fields of an expression that the vendor does not show."""
    return tuple(name for name in fields if name not in visible)


@cache
def _parser() -> duckdb.DuckDBPyConnection:
    """A DuckDB that only parses."""
    return duckdb.connect(config={"threads": 1})


@cache
def expression_fields(expression: str, where: str) -> tuple[str, ...]:
    """The fields that an expression reads, in their order.

    Raises:
        OpenspmError: it is no expression.
    """
    row = (
        _parser()
        .cursor()
        .execute("select cast(json_serialize_sql(cast(? as varchar)) as varchar)", [f"select {expression}"])
        .fetchone()
    )
    parsed = json.loads(row[0]) if row else {"error": True}
    nodes = [] if parsed.get("error") else [statement["node"] for statement in parsed["statements"]]
    if len(nodes) != 1 or len(nodes[0]["select_list"]) != 1 or nodes[0]["from_table"].get("type") != "EMPTY":
        raise OpenspmError(
            f"The expression {expression!r} of a mapping is no expression over fields",
            where=where,
            next_step='Write a field, quoted where it has odd characters ("hs_object id"), or SQL over fields.',
        )
    return tuple(dict.fromkeys(_fields(nodes[0]["select_list"][0])))


def _fields(node: Any) -> Iterator[str]:
    """The names of the columns that a parsed expression reads."""
    if isinstance(node, list):
        for part in node:
            yield from _fields(part)
    elif isinstance(node, dict):
        if node.get("type") == "COLUMN_REF":
            yield ".".join(node["column_names"])
        for part in node.values():
            yield from _fields(part)


def quoted(name: str) -> str:
    """A field or object as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'
