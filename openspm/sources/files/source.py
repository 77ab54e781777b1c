"""The source kind `files`: canonical tables from a folder of CSV, Parquet and Excel files.

A table comes from its mapping `sources/<source>/<table>.sql` in the company folder, or, without one, from the relation
that has its name and its columns. Files are archived first and read from the archive, so what landed is what is kept.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from openspm.contract import Contract, Table
from openspm.errors import OpenspmError
from openspm.landing.batches import SCRATCH_PREFIX
from openspm.settings import StatePaths
from openspm.sources import Extract, ExtractKind, ExtractRequest, RawFile, SourceCheck
from openspm.sources.files.check import check_files
from openspm.sources.files.mapping import SqlMapping, read_mapping, run_mapping
from openspm.sources.files.raw_rows import RaggedRecord, RawRows
from openspm.sources.files.relations import Relation, find_relations, open_relation, read_batches, united_columns
from openspm.sources.files.settings import FilesSourceSettings
from openspm.sources.mapping_files import mapping_files
from openspm.sources.zones import declare_zone

# Part of every fingerprint: raised when a reader gives other rows for the same file.
READER_VERSION = 1
RAGGED_CODE = "ragged_record"


class FilesSource:
    """Extracts of the tables that a folder of files holds."""

    def __init__(self, source_settings: FilesSourceSettings) -> None:
        """Take the source's block of company.yml."""
        self.settings = source_settings

    def extract(
        self,
        contract: Contract,
        state: StatePaths,
        request: ExtractRequest,
        archived: Sequence[RawFile] | None = None,
        tables: Collection[str] | None = None,
    ) -> Iterator[Extract]:
        """One extract a table, in the order of the contract.

        Args:
            contract: canonical tables with the company's extension columns.
            state: the company's state.
            request: what the run knows.
            archived: raw files of an earlier landing to read instead of the folder.
            tables: the tables to give; all if absent. Without the folder, those whose files are archived.

        Raises:
            OpenspmError: a file or a mapping that cannot be read.
            SourceUnreachable: the folder or a declared file is not there.
        """
        company_folder = request.company.folder
        mappings = {
            name: read_mapping(path)
            for name, path in mapping_files(company_folder, self.settings.name, contract).items()
        }
        folder = company_folder / self.settings.path
        relations = find_relations(folder, self.settings, state, archived)
        state.landing.mkdir(mode=0o700, parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=SCRATCH_PREFIX, dir=state.landing))
        try:
            for table in contract:
                if tables is not None and table.name not in tables:
                    continue
                if table.name in mappings:
                    if archived is not None and not set(mappings[table.name].relation_names) <= set(relations):
                        continue
                    yield self._mapped(table, mappings[table.name], relations, state, request, scratch)
                elif table.name in relations:
                    yield self._direct(table, relations[table.name], state, request, scratch)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    def reland(
        self,
        contract: Contract,
        state: StatePaths,
        request: ExtractRequest,
        archived: Sequence[RawFile],
        tables: Collection[str],
    ) -> Iterator[Extract]:
        """Some tables from archived files; the folder is not looked at."""
        return self.extract(contract, state, request, archived, tables)

    def check(self, contract: Contract, request: ExtractRequest) -> SourceCheck:
        """Look at the folder, the headers of its files and the mappings; no row is read and nothing archived."""
        return check_files(self.settings, contract, request)

    def _kind(self, table: Table) -> ExtractKind:
        """Whether the files of a table hold all records or changes."""
        return "delta" if table.name in self.settings.deltas else "full"

    def _direct(
        self, table: Table, relation: Relation, state: StatePaths, request: ExtractRequest, scratch: Path
    ) -> Extract:
        """A table whose relation has its name and columns; files that landed before are not even looked at."""
        fingerprint = self._fingerprint(table, None, [relation])
        if request.fingerprints.get(table.name) == fingerprint:
            return Extract(table.name, self._kind(table), _unread, raw_files=relation.files, fingerprint=fingerprint)
        opened = open_relation(relation, self.settings, state, scratch)
        found = united_columns(opened)
        _check_required(table, found, relation, self.settings.name)
        known = (*table.column_names, "_is_deleted")
        columns = tuple(column for column in found if column in known)

        def rows() -> pa.RecordBatchReader:
            return _reader(_direct_batches(opened, columns), table, columns, self.settings.timestamp_zone)

        return Extract(
            table.name,
            self._kind(table),
            rows,
            raw_files=relation.files,
            fingerprint=fingerprint,
            ignored_columns=tuple(column for column in found if column not in known),
        )

    def _mapped(
        self,
        table: Table,
        mapping: SqlMapping,
        relations: dict[str, Relation],
        state: StatePaths,
        request: ExtractRequest,
        scratch: Path,
    ) -> Extract:
        """A table that a mapping makes."""
        unknown = [name for name in mapping.relation_names if name not in relations]
        if unknown:
            raise OpenspmError(
                f"The mapping reads {unknown[0]!r}, which the source {self.settings.name!r} does not have",
                where=str(mapping.path),
                next_step=f"Read one of: {', '.join(sorted(relations))}.",
            )
        used = [relations[name] for name in mapping.relation_names]
        filtered: list[int] = []

        def rows() -> pa.RecordBatchReader:
            opened = {relation.name: open_relation(relation, self.settings, state, scratch) for relation in used}
            mapped = run_mapping(mapping, table, opened, request.settings, scratch)
            filtered.append(mapped.filtered_count)

            def batches() -> Iterator[pa.RecordBatch]:
                try:
                    yield from mapped.batches()
                    yield from _ragged_batches(mapped.ragged)
                finally:
                    mapped.connection.close()

            return _reader(batches(), table, mapped.columns, self.settings.timestamp_zone)

        return Extract(
            table.name,
            self._kind(table),
            rows,
            raw_files=tuple(dict.fromkeys(raw for relation in used for raw in relation.files)),
            filtered_count=lambda: filtered[-1],
            fingerprint=self._fingerprint(table, mapping, used),
            mapping_sha256=mapping.sha256,
        )

    def _fingerprint(self, table: Table, mapping: SqlMapping | None, relations: Sequence[Relation]) -> str:
        """A hash over all that decides the rows of a table."""
        facts = {
            "reader": READER_VERSION,
            "columns": [(column.name, column.type) for column in table.columns],
            "settings": self.settings.model_dump(mode="json", exclude={"path"}),
            "mapping": mapping.sha256 if mapping else None,
            "files": [
                [relation.name, relation.sheet_name, [(raw.name, raw.sha256) for raw in relation.files]]
                for relation in relations
            ],
        }
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def _unread() -> pa.RecordBatchReader:
    """The rows of files that landed before: landing knows them by their fingerprint and does not ask."""
    raise AssertionError("rows were asked for that have landed already")


def _check_required(table: Table, found: Sequence[str], relation: Relation, source: str) -> None:
    """Refuse a file without a column that every record needs.

    Raises:
        OpenspmError: with the file and the column.
    """
    missing = [name for name in table.required_names if name not in found]
    if missing:
        raise OpenspmError(
            f"The table {table.name!r} needs the column {missing[0]!r}, which the file does not have",
            where=f"{', '.join(raw.name for raw in relation.files)}, line 1",
            next_step=f"Name the column so, or write the mapping sources/{source}/{table.name}.sql.",
        )


def _direct_batches(opened: Sequence[RawRows], columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """The rows of several files, and then the records that could not be split."""
    for rows in opened:
        yield from read_batches(rows, columns)
    yield from _ragged_batches([(rows.name, record) for rows in opened for record in rows.ragged])


def _ragged_batches(ragged: Sequence[tuple[str, RaggedRecord]]) -> Iterator[pa.RecordBatch]:
    """Records that could not be split, as rows without values."""
    if ragged:
        yield pa.RecordBatch.from_pydict(
            {
                "_file": pa.array([name for name, _ in ragged], pa.string()),
                "_row": pa.array([record.row for _, record in ragged], pa.int64()),
                "_fault_code": pa.array([RAGGED_CODE] * len(ragged), pa.string()),
                "_fault_text": pa.array([record.text for _, record in ragged], pa.string()),
            }
        )


def _reader(
    batches: Iterator[pa.RecordBatch], table: Table, columns: Sequence[str], zone: str | None
) -> pa.RecordBatchReader:
    """Batches as landing takes them: all columns in each, and zones declared."""
    names = [column for column in columns if column != "_is_deleted"]
    schema = pa.schema(
        [
            *((name, pa.string()) for name in names),
            ("_file", pa.string()),
            ("_row", pa.int64()),
            ("_is_deleted", pa.bool_()),
            ("_fault_code", pa.string()),
            ("_fault_text", pa.string()),
        ]
    )
    zoned = {column.name for column in table.columns if column.type == "timestamp"} if zone else set()

    def shaped() -> Iterator[pa.RecordBatch]:
        for batch in batches:
            given = dict(zip(batch.schema.names, batch.columns, strict=True))
            try:
                arrays = [
                    given[field.name].cast(field.type) if field.name in given else _default(field, batch.num_rows)
                    for field in schema
                ]
            except pa.ArrowInvalid as error:
                raise OpenspmError(
                    f"_is_deleted is neither true nor false: {error}",
                    where=f"{given['_file'][0]}, table {table.name}",
                    next_step="Correct the column, or give it in the mapping as a boolean.",
                ) from None
            yield pa.RecordBatch.from_arrays(
                [
                    declare_zone(array, zone) if zone and field.name in zoned else array
                    for field, array in zip(schema, arrays, strict=True)
                ],
                schema=schema,
            )

    return pa.RecordBatchReader.from_batches(schema, shaped())


def _default(field: pa.Field, count: int) -> pa.Array:
    """A column that a batch lacks: not deleted, and absent otherwise."""
    return pa.repeat(pa.scalar(False), count) if field.name == "_is_deleted" else pa.nulls(count, field.type)
