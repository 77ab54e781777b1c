"""Reading Parquet as text: each value in the one form that its type has, so nothing is rounded on the way.

Decimals, whole numbers, dates and booleans have such a form. A floating-point number comes with the digits that tell it
from its neighbours (0.1, 1e+20); the grammar of amounts then takes or refuses it. A timestamp without a zone comes
without an offset.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from openspm.errors import OpenspmError
from openspm.sources.files.header import check_header
from openspm.sources.files.raw_rows import BATCH_ROWS, RawRows
from openspm.sources.files.settings import FilesSourceSettings


def read_parquet(path: Path, name: str, settings: FilesSourceSettings) -> RawRows:
    """Make the rows of a Parquet file readable.

    Raises:
        OpenspmError: no Parquet file, or a column whose values have no text form.
    """
    try:
        schema = pq.read_schema(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise OpenspmError(
            f"The file is no Parquet file that can be read: {error}", where=name, next_step="Export it again."
        ) from None
    check_header(schema.names, name)
    for field in schema:
        if pa.types.is_nested(field.type) or pa.types.is_binary(field.type):
            raise OpenspmError(
                f"The column {field.name!r} holds {field.type}, which has no text form",
                where=name,
                next_step="Leave it out of the export, or give its parts columns of their own.",
            )
    columns = tuple(schema.names)
    return RawRows(name, columns, lambda: _batches(path, columns, settings.null_texts))


def _batches(path: Path, columns: tuple[str, ...], null_texts: tuple[str, ...]) -> Iterator[pa.RecordBatch]:
    """The rows as text, in their order."""
    absent = ", ".join(_literal(text) for text in ("", *null_texts))
    texts = ", ".join(f"case when {_text(column)} not in ({absent}) then {_text(column)} end" for column in columns)
    connection = duckdb.connect()
    try:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(
            f"select {texts}, file_row_number + 1 from read_parquet(?, file_row_number = true)", [str(path)]
        )
        for batch in connection.to_arrow_reader(BATCH_ROWS):
            yield pa.RecordBatch.from_arrays(batch.columns, [*columns, "_row"])
    finally:
        connection.close()


def _text(column: str) -> str:
    """SQL for a column as text."""
    return 'cast("' + column.replace('"', '""') + '" as varchar)'


def _literal(text: str) -> str:
    """Text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"
