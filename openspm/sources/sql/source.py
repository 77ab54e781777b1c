"""The source kind `sql`: canonical tables from SELECTs that run in a database, all of them on one state of it.

Each table comes from `sources/<source>/<table>.sql` in the company folder, in the database's own SQL. Its rows are
streamed, every value as text; `_file` names the mapping and `_row` numbers its rows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from openspm.contract import Contract, Table
from openspm.errors import OpenspmError
from openspm.settings import StatePaths
from openspm.sources import Extract, ExtractRequest, Finding, SourceCheck
from openspm.sources.mapping_files import mapping_files
from openspm.sources.sql.changes import next_cursor
from openspm.sources.sql.database import Database, ResultColumn, Statement, open_database, read_address
from openspm.sources.sql.settings import SqlSourceSettings
from openspm.sources.zones import declare_zone

DELETED_COLUMN = "_is_deleted"
# How databases without a type for it say true and false.
NUMBERED_BOOLEANS = {"1": "true", "0": "false"}


@dataclass(frozen=True)
class MappedTable:
    """A mapping, and what the database says of its result.

    Attributes:
        table: the canonical table.
        statement: the mapping.
        columns: all columns of its result.
        given: the canonical columns among them, in the contract's order.
        cursor_column: the column by which changes are found.
    """

    table: Table
    statement: Statement
    columns: tuple[ResultColumn, ...]
    given: tuple[str, ...]
    cursor_column: ResultColumn | None


class SqlSource:
    """Extracts of the tables that a database has."""

    def __init__(self, source_settings: SqlSourceSettings) -> None:
        """Take the source's block of company.yml."""
        self.settings = source_settings

    def extract(self, contract: Contract, state: StatePaths, request: ExtractRequest) -> Iterator[Extract]:
        """One extract a mapping, in the order of the contract.

        Raises:
            OpenspmError: a mapping that does not run or does not fit.
            SourceUnreachable: the database does not answer.
            SourceRefused: it lets us not in.
        """
        del state
        statements = self._statements(request.company.folder, contract)
        database = open_database(read_address(self.settings, request.company.folder))
        try:
            for table in contract:
                if table.name in statements:
                    yield self._extract_one(database, self._describe(database, table, statements[table.name]), request)
        finally:
            database.close()

    def check(self, contract: Contract, request: ExtractRequest) -> SourceCheck:
        """Connect, and ask for the columns of every mapping's result; no row is read."""
        subject = f"source {self.settings.name}"
        try:
            statements = self._statements(request.company.folder, contract)
            address = read_address(self.settings, request.company.folder)
            database = open_database(address)
        except OpenspmError as error:
            return SourceCheck.of_failure(subject, error)
        tables: dict[str, tuple[str, ...]] = {}
        findings = []
        try:
            for table in contract:
                if table.name not in statements:
                    continue
                try:
                    tables[table.name] = self._describe(database, table, statements[table.name]).given
                except OpenspmError as error:
                    findings.append(Finding.of_error(f"{subject}, {table.name}", error))
        finally:
            database.close()
        if not statements:
            findings.append(
                Finding(
                    "warn",
                    subject,
                    "no mapping names a table",
                    f"Write sources/{self.settings.name}/<table>.sql; docs/how-to/add_a_source.md shows how.",
                )
            )
        return SourceCheck(True, True, tables, tuple(findings))

    def _statements(self, company_folder: Path, contract: Contract) -> dict[str, Statement]:
        """The mappings by table.

        Raises:
            OpenspmError: a mapping for no canonical table, or `incremental` for a table without a mapping.
        """
        files = mapping_files(company_folder, self.settings.name, contract)
        unmapped = next((name for name in self.settings.incremental if name not in files), None)
        if unmapped is not None:
            raise OpenspmError(
                f"`incremental` names the table {unmapped!r}, which no mapping gives",
                where=f"company.yml, sources, {self.settings.name}",
                next_step=f"Write sources/{self.settings.name}/{unmapped}.sql, or remove the table there.",
            )
        return {
            name: Statement(path, path.read_text(encoding="utf-8").rstrip().rstrip(";")) for name, path in files.items()
        }

    def _describe(self, database: Database, table: Table, statement: Statement) -> MappedTable:
        """What a mapping gives, checked against the contract.

        Raises:
            OpenspmError: SQL that does not run, or columns that are unknown, repeated or missing.
        """
        incremental = self.settings.incremental.get(table.name)
        columns = tuple(database.describe(statement))
        names = [column.name for column in columns]
        cursor_name = incremental.column if incremental else None
        _check_columns(names, table, statement, cursor_name)
        given = tuple(name for name in table.column_names if name in names)
        return MappedTable(
            table, statement, columns, given, next((column for column in columns if column.name == cursor_name), None)
        )

    def _extract_one(self, database: Database, mapped: MappedTable, request: ExtractRequest) -> Extract:
        """One table: all of it, or what changed."""
        table, statement = mapped.table, mapped.statement
        sha256 = hashlib.sha256(statement.text.encode()).hexdigest()
        incremental = self.settings.incremental.get(table.name)
        cursor, since = None, None
        if incremental is not None and mapped.cursor_column is not None:
            highest = database.highest(statement, mapped.cursor_column)
            days = self.settings.full_compare_days
            cursor, since = next_cursor(table.name, incremental, sha256, highest, days, request)
        condition = _condition(database, mapped.cursor_column, since)
        wanted = [column for column in mapped.columns if column.name in (*mapped.given, DELETED_COLUMN)]

        def rows() -> pa.RecordBatchReader:
            return self._reader(database.rows(statement, wanted, condition), mapped, database.has_booleans)

        return Extract(
            table.name,
            "full" if since is None else "delta",
            rows,
            cursor=cursor.text() if cursor else None,
            mapping_sha256=sha256,
        )

    def _reader(
        self, batches: Iterator[pa.RecordBatch], mapped: MappedTable, has_booleans: bool
    ) -> pa.RecordBatchReader:
        """Rows as landing takes them: canonical columns, numbered, with booleans and zones as the grammar has them."""
        types = {name: mapped.table.column(name).type for name in mapped.given}
        file = f"sources/{self.settings.name}/{mapped.statement.path.name}"
        schema = pa.schema(
            [
                *((name, pa.string()) for name in mapped.given),
                ("_file", pa.string()),
                ("_row", pa.int64()),
                (DELETED_COLUMN, pa.bool_()),
            ]
        )

        def shaped() -> Iterator[pa.RecordBatch]:
            before = 0
            for batch in batches:
                count = batch.num_rows
                arrays = [self._shaped(batch.column(name), types[name], has_booleans) for name in mapped.given]
                arrays.append(pa.repeat(pa.scalar(file), count))
                arrays.append(pa.array(np.arange(before + 1, before + count + 1), pa.int64()))
                arrays.append(_deleted(batch, mapped.statement))
                before += count
                yield pa.RecordBatch.from_arrays(arrays, schema=schema)

        return pa.RecordBatchReader.from_batches(schema, shaped())

    def _shaped(self, texts: pa.Array, kind: str, has_booleans: bool) -> pa.Array:
        """The texts of a column: databases without a boolean type say 1 and 0, types without a zone no offset."""
        if kind == "boolean" and not has_booleans:
            return _booleans(texts)
        if kind == "timestamp" and self.settings.timestamp_zone:
            return declare_zone(texts, self.settings.timestamp_zone)
        return texts


def _check_columns(names: Sequence[str], table: Table, statement: Statement, cursor_name: str | None) -> None:
    """Refuse a result that does not fit the canonical table.

    Raises:
        OpenspmError: with the column.
    """
    where = str(statement.path)
    repeated = next((name for name in names if names.count(name) > 1), None)
    if repeated is not None:
        raise OpenspmError(
            f"The mapping gives {repeated!r} twice", where=where, next_step="Give each column a name of its own."
        )
    if cursor_name is not None and cursor_name not in names:
        raise OpenspmError(
            f"The mapping does not give {cursor_name!r}, by which company.yml finds changes",
            where=where,
            next_step="Select it beside the canonical columns; it is not landed.",
        )
    unknown = next((name for name in names if name not in (*table.column_names, DELETED_COLUMN, cursor_name)), None)
    if unknown is not None:
        raise OpenspmError(
            f"The mapping gives {unknown!r}, which the table {table.name!r} does not have",
            where=where,
            next_step="Leave it out, or declare a column x_<name> under extension_columns in company.yml.",
        )
    missing = next((name for name in table.required_names if name not in names), None)
    if missing is not None:
        raise OpenspmError(
            f"The mapping does not give {missing!r}, which every record of {table.name!r} needs",
            where=where,
            next_step="Select it under that name.",
        )


def _condition(database: Database, column: ResultColumn | None, since: str | None) -> str:
    """The rows from a value on; those without a value can never be known to be old."""
    if column is None or since is None:
        return ""
    name = database.quote(column.name)
    is_bare = column.is_number or since.lstrip("-").isdigit()
    value = since if is_bare else "'" + since.replace("'", "''") + "'"
    return f"{name} >= {value} or {name} is null"


def _booleans(texts: pa.Array) -> pa.Array:
    """1 and 0 as true and false; other texts as they are."""
    for text, meaning in NUMBERED_BOOLEANS.items():
        texts = pc.if_else(pc.fill_null(pc.equal(texts, text), False), meaning, texts)
    return texts


def _deleted(batch: pa.RecordBatch, statement: Statement) -> pa.Array:
    """Which rows say that their record was deleted.

    Raises:
        OpenspmError: a value that is neither true nor false.
    """
    if DELETED_COLUMN not in batch.schema.names:
        return pa.repeat(pa.scalar(False), batch.num_rows)
    try:
        return pc.fill_null(_booleans(batch.column(DELETED_COLUMN)).cast(pa.bool_()), False)
    except pa.ArrowInvalid:
        raise OpenspmError(
            f"{DELETED_COLUMN} is neither true nor false",
            where=str(statement.path),
            next_step="Give it as a condition, such as `deleted_at is not null as _is_deleted`.",
        ) from None
