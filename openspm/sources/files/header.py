"""What a header must be, in files of every kind."""

from __future__ import annotations

from collections.abc import Sequence

from openspm.errors import OpenspmError

RESERVED_NAMES = frozenset({"_file", "_row"})


def check_header(columns: Sequence[str], where: str) -> None:
    """Refuse a header that does not name each column once.

    Args:
        columns: the names as they stand.
        where: the file and line or sheet, for the error.

    Raises:
        OpenspmError: a name that is empty, stands twice, or is one that openspm adds itself.
    """
    for position, column in enumerate(columns, start=1):
        if not column.strip():
            raise OpenspmError(
                f"Column {position} of the header has no name",
                where=where,
                next_step="Name it in the export; if the file has no header row, declare `headers` for the source.",
            )
        if column.lower() in RESERVED_NAMES:
            raise OpenspmError(
                f"The header names a column {column!r}, which openspm adds itself",
                where=where,
                next_step="Rename it in the export.",
            )
    folded = [column.lower() for column in columns]
    repeated = next((column for column in columns if folded.count(column.lower()) > 1), None)
    if repeated is not None:
        raise OpenspmError(
            f"The header names the column {repeated!r} twice",
            where=where,
            next_step="Rename one of them in the export; names that differ in case only count as the same.",
        )
