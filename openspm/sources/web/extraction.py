"""One extraction: what it was planned to read, what it has read, and the rows of a table from that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from openspm.contract import Table
from openspm.settings import StatePaths
from openspm.sources import ExtractRequest, RawFile
from openspm.sources.files.mapping import MappedRows, run_mapping
from openspm.sources.files.raw_rows import RawRows
from openspm.sources.web.children import lost_rows
from openspm.sources.web.mapping import TableMapping, VendorMapping
from openspm.sources.web.pages import JSON_SUFFIX, ReadRecords, open_pages
from openspm.sources.web.row_files import open_rows

# Of DuckDB, while a table is mapped; what is more goes to the scratch folder. With Python, its libraries and the pages
# and rows under way, a source stays below 500 MB.
MEMORY_LIMIT = "80MB"


@dataclass
class ObjectRead:
    """An object as one extraction read it.

    Attributes:
        files: its archived pages.
        is_full: whether all records were read.
        mark: highest stamp seen; the earlier mark where no record came.
        since: the mark from which was read; None where all was.
        rows: the records as rows, for itself and for each object inside it; none where archived pages are read again.
    """

    files: tuple[RawFile, ...]
    is_full: bool
    mark: str | None
    since: str | None
    rows: Mapping[str, Path] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """What an extraction will do.

    Attributes:
        mapping: the vendor's mapping.
        tables: the tables that can be given.
        roots: for each of them the objects that are read for it.
        fields: for each object the visible fields that are wanted.
        unmapped: for each object the visible fields that no mapping reads.
        compared: the objects of which all records are read.
        macros: SQL that the mappings call.
    """

    mapping: VendorMapping
    tables: Mapping[str, TableMapping]
    roots: Mapping[str, tuple[str, ...]]
    fields: Mapping[str, tuple[str, ...]]
    unmapped: Mapping[str, tuple[str, ...]]
    compared: set[str]
    macros: str


@dataclass
class Extraction:
    """What is shared by the tables of one extraction.

    Attributes:
        source_name: the source.
        state: the company's state.
        request: what the run knows.
        scratch: a folder of this extraction.
        plan: what it will do.
        read_records: makes records from pages.
        read: the objects that were read so far.
    """

    source_name: str
    state: StatePaths
    request: ExtractRequest
    scratch: Path
    plan: Plan
    read_records: ReadRecords
    read: dict[str, ObjectRead] = field(default_factory=dict)


def mapped_rows(
    table: Table,
    extraction: Extraction,
    objects: Mapping[str, ObjectRead],
    is_full: bool,
    filtered: list[int],
) -> pa.RecordBatchReader:
    """The rows of a table as landing takes them.

    Args:
        table: the canonical table.
        extraction: what its tables share.
        objects: the objects that it is made of, and those that are looked up.
        is_full: whether all records came; else the rows that changed records lost follow as tombstones.
        filtered: takes the number of records that the mapping left out.
    """
    made = extraction.plan.tables[table.name]
    plan, scratch = extraction.plan, extraction.scratch
    relations = {name: open_read(extraction, name, read, plan.fields[name]) for name, read in objects.items()}
    mapped = run_mapping(made.sql, table, relations, extraction.request.settings, scratch, plan.macros, MEMORY_LIMIT)
    filtered.append(mapped.filtered_count)
    schema = pa.schema(
        [
            *((name, pa.string()) for name in mapped.columns),
            ("_file", pa.string()),
            ("_row", pa.int64()),
            ("_is_deleted", pa.bool_()),
        ]
    )

    def batches() -> Iterator[pa.RecordBatch]:
        try:
            for batch in mapped.batches():
                yield pa.RecordBatch.from_arrays(
                    [batch.column(column.name).cast(column.type) for column in schema], schema=schema
                )
            if not is_full:
                yield from _lost(table, extraction, objects, mapped, schema)
        finally:
            mapped.connection.close()

    return pa.RecordBatchReader.from_batches(schema, batches())


def open_read(extraction: Extraction, name: str, read: ObjectRead, columns: Sequence[str]) -> list[RawRows]:
    """The records of an object that was read, as rows: from its row file, or else from its archived pages."""
    opened = []
    for raw in read.files:
        if raw.name.endswith(JSON_SUFFIX) and name in read.rows:
            opened.append(open_rows(read.rows[name], raw.name, columns))
        else:
            opened += open_pages(extraction.state, name, [raw], columns, extraction.read_records, extraction.scratch)
    return opened


def _lost(
    table: Table,
    extraction: Extraction,
    objects: Mapping[str, ObjectRead],
    mapped: MappedRows,
    schema: pa.Schema,
) -> Iterator[pa.RecordBatch]:
    """Rows that changed records lost, as tombstones behind the rows that came."""
    plan, state = extraction.plan, extraction.state
    for part in plan.mapping.tables[table.name]:
        if part.parent is None or part.object_name not in objects:
            continue
        root, read = plan.mapping.roots((part.object_name,))[0], objects[part.object_name]
        key = plan.mapping.objects[root].key
        parents = {
            text
            for rows in open_read(extraction, root, read, (key,))
            for batch in rows.batches()
            for text in batch.column(key).to_pylist()
        }
        is_replay = extraction.request.extracted_at is None
        yield from lost_rows(
            state, extraction.source_name, table, part.parent, parents, mapped, schema, read.files[0].name, is_replay
        )
