"""Raw relations: which files of a source's folder make which relation, and their rows as one stream of text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from openspm.errors import OpenspmError, SourceUnreachable
from openspm.landing.archive import archive_file, find_archived
from openspm.settings import StatePaths
from openspm.sources import RawFile
from openspm.sources.files.csv_reader import read_csv
from openspm.sources.files.parquet_reader import read_parquet
from openspm.sources.files.raw_rows import RawRows
from openspm.sources.files.settings import FilesSourceSettings
from openspm.sources.files.workbook_reader import WORKBOOK_SUFFIXES, read_workbook

CSV_SUFFIXES = frozenset({".csv", ".tsv", ".txt", ".psv"})
PARQUET_SUFFIXES = frozenset({".parquet", ".pq"})
READABLE_SUFFIXES = CSV_SUFFIXES | PARQUET_SUFFIXES | WORKBOOK_SUFFIXES


@dataclass(frozen=True)
class Relation:
    """A raw relation.

    Attributes:
        name: the name by which a mapping reads it.
        files: its archived files, in the order of their names.
        sheet_name: the sheet, for workbooks.
    """

    name: str
    files: tuple[RawFile, ...]
    sheet_name: str | None = None


def find_relations(
    folder: Path, settings: FilesSourceSettings, state: StatePaths, archived: Sequence[RawFile] | None = None
) -> dict[str, Relation]:
    """Archive the files of a source and sort them into relations.

    Args:
        folder: the source's folder.
        settings: the source's block of company.yml.
        state: the company's state.
        archived: files of an earlier landing to read instead of the folder.

    Raises:
        SourceUnreachable: the folder is not there, or a declared relation has no file.
        OpenspmError: two files would make the same relation.
    """
    paths = data_files(folder, settings) if archived is None else {}
    by_name = {raw.name: raw for raw in archived or ()}
    names = sorted(by_name) if archived is not None else sorted(paths)

    def keep(name: str) -> RawFile:
        if name not in by_name:
            by_name[name] = archive_file(state, paths[name], name)
        return by_name[name]

    return sort_into_relations(settings, names, keep, is_whole=archived is None)


def data_files(folder: Path, settings: FilesSourceSettings) -> dict[str, Path]:
    """The files of a source that a reader knows, by the names that people call them.

    Raises:
        SourceUnreachable: the folder is not there.
    """
    if not folder.is_dir():
        raise SourceUnreachable(
            f"The folder of the source {settings.name!r} is not there",
            where=str(folder),
            next_step="Correct `path` in company.yml, or mount the folder.",
        )
    return {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if _is_data(path)}


def sort_into_relations(
    settings: FilesSourceSettings, names: Sequence[str], keep: Callable[[str], RawFile], is_whole: bool
) -> dict[str, Relation]:
    """Which files make which relation.

    Args:
        settings: the source's block of company.yml.
        names: the files, in order.
        keep: called for each file that a relation takes.
        is_whole: whether these are all files of the source; a declared relation without one is then an error.

    Raises:
        SourceUnreachable: a declared relation has no file.
        OpenspmError: two files would make the same relation.
    """
    if settings.relations:
        return _declared(settings, names, keep, is_whole)
    return _by_stem(settings, names, keep)


def _is_data(path: Path) -> bool:
    """Whether a path is a file that a reader knows; files that are being written or hidden are not."""
    return path.is_file() and path.suffix.lower() in READABLE_SUFFIXES and not path.name.startswith((".", "~"))


def _declared(
    settings: FilesSourceSettings, names: Sequence[str], keep: Callable[[str], RawFile], is_whole: bool
) -> dict[str, Relation]:
    """The relations that company.yml names; without the whole source, those that have files."""
    relations = {}
    for relation, pattern in settings.relations.items():
        glob, _, sheet = pattern.partition("#")
        matched = [name for name in names if Path(name).match(glob)]
        if not matched and not is_whole:
            continue
        if not matched:
            raise SourceUnreachable(
                f"No file of the source {settings.name!r} matches {glob!r}, which makes its relation {relation!r}",
                where=f"company.yml, relations of {settings.name}",
                next_step="Put the file into the folder, or correct the pattern.",
            )
        relations[relation] = Relation(relation, tuple(keep(name) for name in matched), sheet or None)
    return relations


def _by_stem(
    settings: FilesSourceSettings, names: Sequence[str], keep: Callable[[str], RawFile]
) -> dict[str, Relation]:
    """One relation a file, named by its stem in lower case with _ for what is neither letter nor digit."""
    relations: dict[str, Relation] = {}
    for name in names:
        relation = re.sub(r"[^a-z0-9]+", "_", Path(name).stem.lower()).strip("_")
        if relation in relations:
            raise OpenspmError(
                f"Two files of the source {settings.name!r} would both be the relation {relation!r}",
                where=f"{relations[relation].files[0].name} and {name}",
                next_step="Remove one, or say under `relations` in company.yml which files make which relation.",
            )
        relations[relation] = Relation(relation, (keep(name),))
    return relations


def open_relation(relation: Relation, settings: FilesSourceSettings, state: StatePaths, scratch: Path) -> list[RawRows]:
    """Make the files of a relation readable.

    Raises:
        OpenspmError: a file that cannot be read, with file and line.
    """
    header = settings.headers.get(relation.name)
    opened = []
    for raw in relation.files:
        path = find_archived(state, raw)
        suffix = Path(raw.name).suffix.lower()
        if suffix in CSV_SUFFIXES:
            opened.append(read_csv(path, raw.name, settings, header, scratch))
        elif suffix in PARQUET_SUFFIXES:
            opened.append(read_parquet(path, raw.name, settings))
        else:
            opened.append(read_workbook(path, raw.name, relation.sheet_name, settings, header))
    return opened


def united_columns(opened: Sequence[RawRows]) -> tuple[str, ...]:
    """The columns of all files, in the order in which they first come; a file may lack some."""
    return tuple(dict.fromkeys(column for rows in opened for column in rows.columns))


def read_batches(rows: RawRows, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """The rows of one file with the given columns, `_file` and `_row`; columns that it lacks are NULL."""
    for batch in rows.batches():
        arrays: Mapping[str, pa.Array] = dict(zip(batch.schema.names, batch.columns, strict=True))
        count = batch.num_rows
        yield pa.RecordBatch.from_arrays(
            [
                *(arrays[column] if column in arrays else pa.nulls(count, pa.string()) for column in columns),
                pa.repeat(pa.scalar(rows.name), count),
                arrays["_row"],
            ],
            [*columns, "_file", "_row"],
        )
