"""What a changed record lost: lines of an invoice, for example, that came with it before and do not any more.

A vendor says that an invoice changed and sends it whole; it does not say which of its lines are gone. The rows that
landed before are looked at, and those of a changed or deleted record that did not come again are deleted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import duckdb
import pyarrow as pa

from openspm.contract import Table
from openspm.landing.manifest import batch_path, read_manifests
from openspm.landing.registration import current_batch_ids
from openspm.settings import StatePaths
from openspm.sources.files.mapping import MappedRows


def lost_rows(
    state: StatePaths,
    source_name: str,
    table: Table,
    parent: str,
    parents: Collection[str],
    mapped: MappedRows,
    schema: pa.Schema,
    file: str,
    is_replay: bool,
) -> Iterator[pa.RecordBatch]:
    """The newest landed rows of some records that did not come again, as they were, each marked as deleted.

    Args:
        state: the company's state.
        source_name: the source.
        table: the canonical table.
        parent: an expression over its columns that gives the key of the record that a row belongs to.
        parents: keys of the records that changed or were deleted.
        mapped: the rows that came.
        schema: columns of the extract.
        file: the file in which the changed records came; the lost rows are numbered behind those of it.
        is_replay: whether archived pages are mapped again. What was landed then was known later in part, so whatever
            did not come is deleted, even if it is already.
    """
    manifests = read_manifests(state)
    current = current_batch_ids(manifests)
    mine = [
        batch
        for batch in manifests
        if batch.table == table.name and batch.source == source_name and batch.batch_id in current
    ]
    if not parents or not mine:
        return
    columns = [name for name in schema.names if any(name in batch.columns for batch in mine)]
    keys = ", ".join(table.key)
    came = mapped.connection.execute(f"select {keys} from mapped_rows").to_arrow_table()
    last_row = mapped.connection.execute("select coalesce(max(_row), 0) from mapped_rows").fetchall()[0][0]
    with duckdb.connect() as connection:
        connection.register("changed", pa.table({"parent_key": pa.array(sorted(parents), pa.string())}))
        connection.register("came", came)
        there = "" if is_replay else "where not _is_deleted "
        lost = connection.execute(
            f"with landed as (select * from read_parquet(?, union_by_name = true) "
            f"where {parent} in (select parent_key from changed)), "
            f"newest as (select * from landed qualify row_number() over "
            f"(partition by {keys} order by _batch_sequence desc, _row desc) = 1) "
            f"select {', '.join(columns)} from newest anti join came using ({keys}) {there}"
            f"order by {keys}",
            [[str(batch_path(state, table.name, batch.batch_id)) for batch in mine]],
        ).to_arrow_reader()
        for batch in lost:
            yield _tombstones(batch, schema, file, last_row)
            last_row += batch.num_rows


def _tombstones(rows: pa.RecordBatch, schema: pa.Schema, file: str, last_row: int) -> pa.RecordBatch:
    """Lost rows in the form of an extract."""
    places: dict[str, Sequence[object]] = {
        "_file": [file] * rows.num_rows,
        "_row": range(last_row + 1, last_row + 1 + rows.num_rows),
        "_is_deleted": [True] * rows.num_rows,
    }
    arrays = []
    for column in schema:
        if column.name in places:
            arrays.append(pa.array(places[column.name], column.type))
        elif column.name in rows.schema.names:
            arrays.append(rows.column(column.name).cast(column.type))
        else:
            arrays.append(pa.nulls(rows.num_rows, column.type))
    return pa.RecordBatch.from_arrays(arrays, schema=schema)
