"""What `openspm check` says of a `files` source: its folder, the headers of its files, and what its mappings give.

No row is read and nothing is archived: what the rows hold is judged when they land.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from openspm.contract import Contract, Table
from openspm.errors import OpenspmError, SourceUnreachable
from openspm.sources import ExtractRequest, Finding, RawFile, SourceCheck
from openspm.sources.files.csv_reader import read_csv_header
from openspm.sources.files.mapping import describe_mapping, read_mapping
from openspm.sources.files.parquet_reader import read_parquet
from openspm.sources.files.raw_rows import RawRows
from openspm.sources.files.relations import (
    CSV_SUFFIXES,
    PARQUET_SUFFIXES,
    Relation,
    data_files,
    sort_into_relations,
    united_columns,
)
from openspm.sources.files.settings import FilesSourceSettings
from openspm.sources.files.workbook_reader import read_workbook
from openspm.sources.mapping_files import mapping_files


@dataclass
class _Folder:
    """The files of a source by name, sorted into relations, and what was found on the way."""

    settings: FilesSourceSettings
    paths: dict[str, Path]
    relations: dict[str, Relation]
    findings: list[Finding] = field(default_factory=list)

    def headers(self, relation: Relation) -> list[RawRows]:
        """The files of a relation, with their columns and no row."""
        given = self.settings.headers.get(relation.name)
        return [
            RawRows(raw.name, self._columns(raw.name, relation.sheet_name, given), lambda: iter(()))
            for raw in relation.files
        ]

    def _columns(self, name: str, sheet_name: str | None, given: tuple[str, ...] | None) -> tuple[str, ...]:
        path = self.paths[name]
        suffix = path.suffix.lower()
        if suffix in CSV_SUFFIXES:
            return given or read_csv_header(path, name, self.settings)
        if suffix in PARQUET_SUFFIXES:
            return read_parquet(path, name, self.settings).columns
        return read_workbook(path, name, sheet_name, self.settings, given).columns


def check_files(settings: FilesSourceSettings, contract: Contract, request: ExtractRequest) -> SourceCheck:
    """Look at a source without reading a row."""
    subject = f"source {settings.name}"
    try:
        paths = data_files(request.company.folder / settings.path, settings)
    except SourceUnreachable as error:
        return SourceCheck(False, None, {}, (Finding.of_error(subject, error),))
    try:
        mappings = mapping_files(request.company.folder, settings.name, contract)
        relations = sort_into_relations(
            settings, sorted(paths), lambda name: RawFile(name, "", 0), is_whole=bool(paths)
        )
    except OpenspmError as error:
        return SourceCheck(True, None, {}, (Finding.of_error(subject, error),))
    if not paths:
        empty = Finding(
            "warn", subject, f"{settings.path} holds no file yet", "Put CSV, Parquet or Excel files into it."
        )
        return SourceCheck(True, None, {}, (empty,))
    folder = _Folder(settings, paths, relations)
    tables = dict(_tables(folder, contract, mappings, request))
    if not tables and not folder.findings:
        folder.findings.append(
            Finding(
                "warn",
                subject,
                f"none of {len(paths)} files has a canonical table's name and no mapping names one",
                f"Write sources/{settings.name}/<table>.sql; docs/how-to/add_a_source.md shows how.",
            )
        )
    return SourceCheck(True, None, tables, tuple(folder.findings))


def _tables(
    folder: _Folder, contract: Contract, mappings: Mapping[str, Path], request: ExtractRequest
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The tables that would land, with the columns that they would have."""
    for table in contract:
        if table.name not in mappings and table.name not in folder.relations:
            continue
        subject = f"source {folder.settings.name}, {table.name}"
        try:
            if table.name in mappings:
                columns = _mapped_columns(folder, table, mappings[table.name], request)
            else:
                columns = _direct_columns(folder, table)
        except OpenspmError as error:
            folder.findings.append(Finding.of_error(subject, error))
            continue
        missing = [name for name in table.required_names if name not in columns]
        if missing:
            folder.findings.append(
                Finding(
                    "fail",
                    subject,
                    f"lacks {', '.join(missing)}, which every record needs",
                    f"Name the columns so, or write sources/{folder.settings.name}/{table.name}.sql.",
                )
            )
            continue
        yield table.name, columns


def _mapped_columns(folder: _Folder, table: Table, path: Path, request: ExtractRequest) -> tuple[str, ...]:
    """The columns that a mapping gives over the headers of the files."""
    mapping = read_mapping(path)
    unknown = [name for name in mapping.relation_names if name not in folder.relations]
    if unknown:
        raise OpenspmError(
            f"reads {unknown[0]!r}, which the source does not have",
            where=str(path),
            next_step=f"Read one of: {', '.join(sorted(folder.relations))}.",
        )
    headers = {name: folder.headers(folder.relations[name]) for name in mapping.relation_names}
    return describe_mapping(mapping, table, headers, request.settings)


def _direct_columns(folder: _Folder, table: Table) -> tuple[str, ...]:
    """The canonical columns that the files of the table's own name have."""
    found = united_columns(folder.headers(folder.relations[table.name]))
    return tuple(name for name in table.column_names if name in found)
