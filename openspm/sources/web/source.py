"""A source over HTTP: what is common to the `extract` and `check` of every vendor."""

from __future__ import annotations

import dataclasses
import datetime
import shutil
import sys
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa

from openspm.contract import Contract, Table
from openspm.errors import OpenspmError, SourceRefused
from openspm.landing.batches import SCRATCH_PREFIX
from openspm.settings import StatePaths
from openspm.sources import Extract, ExtractRequest, Finding, RawFile, SourceCheck
from openspm.sources.web.cursors import (
    Cursor,
    objects_to_compare,
    objects_without_mark,
    read_cursor,
    read_in_full,
)
from openspm.sources.web.extraction import Extraction, ObjectRead, Plan, mapped_rows
from openspm.sources.web.mapping import (
    MAPPING_FILE,
    VendorMapping,
    fields_of,
    hidden_for_all_rows,
    load_mapping,
    macros_of,
    map_table,
)
from openspm.sources.web.pages import Record, fields_in_pages, object_of
from openspm.sources.web.reading import Client, read_all
from openspm.sources.web.session import Patience
from openspm.sources.web.settings import WebSourceSettings

SHOWN_FIELDS = 20


class WebSource(ABC):
    """Extracts of the tables that a vendor's objects make."""

    # What stands behind the name of a field that is worked out from it, such as its label; None where nothing is.
    derived_suffix: ClassVar[str | None] = None
    # A gap between nights after which the vendor no longer tells what was deleted; None where it always or never does.
    most_gap_days: ClassVar[int | None] = None

    def __init__(self, source_settings: WebSourceSettings) -> None:
        """Take the source's block of company.yml."""
        self.settings = source_settings
        self._folder = Path(sys.modules[type(self).__module__].__file__ or "").parent

    @abstractmethod
    def connect(self, request: ExtractRequest, state: StatePaths | None) -> Client:
        """Let us in.

        Args:
            request: what the run knows.
            state: where rotated secrets may be kept; None where nothing may be written.

        Raises:
            SourceRefused: a secret is missing or not accepted.
            SourceUnreachable: the system does not answer.
        """

    def patience(self) -> Patience:
        """How long this source is waited for, from now on."""
        return Patience.of(self.settings.answer_seconds, self.settings.most_tries, self.settings.deadline_seconds)

    @abstractmethod
    def records(
        self, object_name: str, pages: Iterator[tuple[str, Any]], fields: Collection[str] | None
    ) -> Iterator[Record]:
        """The records of an object from its JSON pages: flat, by the names of the fields.

        Args:
            object_name: the object.
            pages: what was asked and the body, in their order.
            fields: the fields that are wanted, so that no others are worked out; None for all that there may be.
        """

    def fitted(
        self,
        mapping: VendorMapping,
        client: Client | None,
        visible: Mapping[str, Collection[str]],
        request: ExtractRequest,
    ) -> VendorMapping:
        """The mapping as this account needs it; a vendor whose accounts differ says how.

        The client is None when archived pages are mapped again. What cannot be known without it is an error then, not
        a guess.
        """
        del client, visible, request
        return mapping

    def remarks(
        self, mapping: VendorMapping, client: Client, visible: Mapping[str, Collection[str]]
    ) -> Iterator[Finding]:
        """What `openspm check` says of this account beside what it says of every one; nothing is asked any more."""
        del mapping, client, visible
        yield from ()

    def extract(self, contract: Contract, state: StatePaths, request: ExtractRequest) -> Iterator[Extract]:
        """One extract a table that can be given, in the order of the contract; each object is read once.

        Raises:
            OpenspmError: a mapping that does not fit.
            SourceUnreachable: the system does not answer, or not in full. Nothing lands.
            SourceRefused: it lets us not in.
        """
        mapping = load_mapping(self._folder, self.settings, contract)
        client = self.connect(request, state)
        state.landing.mkdir(mode=0o700, parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=SCRATCH_PREFIX, dir=state.landing))
        try:
            visible = client.visible(tuple(mapping.objects))
            mapping = self.fitted(mapping, client, visible, request)
            plan = self._plan(mapping, contract, visible, request)
            self._check_still_visible(mapping, plan, request)
            extraction = Extraction(self.settings.name, state, request, scratch, plan, self.records)
            read_all(client, extraction, self.settings.parallel_requests)
            for table in contract:
                if table.name in plan.tables:
                    yield self._extract_one(table, extraction)
                elif table.name in request.cursors and self._is_gone(table.name, mapping, request):
                    columns = {name: pa.array([], pa.string()) for name in table.required_names}
                    yield Extract(table.name, "full", pa.table(columns))
        finally:
            client.close()
            shutil.rmtree(scratch, ignore_errors=True)

    def _is_gone(self, table: str, mapping: VendorMapping, request: ExtractRequest) -> bool:
        """Whether what a table had is gone: it is left out now, or hidden and the run says that this counts."""
        is_hidden = request.settings.full_compare and table in mapping.tables
        return is_hidden or table in self.settings.leave_out

    def reland(
        self,
        contract: Contract,
        state: StatePaths,
        request: ExtractRequest,
        archived: Sequence[RawFile],
        tables: Collection[str],
    ) -> Iterator[Extract]:
        """Some tables from archived pages; the fields are those that the pages have. The cursor is left out."""
        mapping = load_mapping(self._folder, self.settings, contract)
        files: dict[str, list[RawFile]] = {}
        for raw in archived:
            files.setdefault(object_of(raw), []).append(raw)
        state.landing.mkdir(mode=0o700, parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=SCRATCH_PREFIX, dir=state.landing))
        try:
            roots = {name: mapping.roots((name,))[0] for name in mapping.objects}
            visible = {
                name: fields_in_pages(state, name, files[root], self.records, scratch)
                or fields_of(mapping, name, str(self._folder / MAPPING_FILE))
                for name, root in roots.items()
                if root in files
            }
            mapping = self.fitted(mapping, None, visible, request)
            plan = self._plan(mapping, contract, visible, request)
            extraction = Extraction(self.settings.name, state, request, scratch, plan, self.records)
            extraction.read.update({name: ObjectRead(tuple(raws), False, None, None) for name, raws in files.items()})
            for name, needed in extraction.plan.roots.items():
                if name in tables and set(needed) <= set(files):
                    yield dataclasses.replace(self._extract_one(contract[name], extraction), cursor=None)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    def check(self, contract: Contract, request: ExtractRequest) -> SourceCheck:
        """Log in and ask what we may see; no record is read."""
        subject = f"source {self.settings.name}"
        try:
            mapping = load_mapping(self._folder, self.settings, contract)
            client = self.connect(request, None)
        except OpenspmError as error:
            return SourceCheck.of_failure(subject, error)
        try:
            visible = client.visible(tuple(mapping.objects))
            mapping = self.fitted(mapping, client, visible, request)
            plan = self._plan(mapping, contract, visible, request)
        except OpenspmError as error:
            return SourceCheck.of_failure(subject, error)
        finally:
            client.close()
        tables = {name: table.columns for name, table in plan.tables.items()}
        findings = (*self._findings(mapping, contract, visible, plan), *self.remarks(mapping, client, visible))
        return SourceCheck(True, True, tables, findings)

    def _findings(
        self, mapping: VendorMapping, contract: Contract, visible: Mapping[str, Collection[str]], plan: Plan
    ) -> Iterator[Finding]:
        """Objects and fields that we may not see, and those that nobody reads."""
        subject = f"source {self.settings.name}"
        for name in mapping.objects:
            used_by = [
                table
                for table, parts in mapping.tables.items()
                if any(name == part.object_name or name in part.look_ups for part in parts)
            ]
            if name not in visible and used_by:
                yield Finding(
                    "warn",
                    f"{subject}, {name}",
                    f"is not visible, so nothing of it reaches {', '.join(used_by)}",
                    f"Give the user of the secret the right to read {name}, or put the tables under `leave_out`.",
                )
        for table in (name for name in mapping.tables if name not in plan.tables):
            lacking = hidden_for_all_rows(mapping, table, contract, visible, self._folder / MAPPING_FILE)
            if lacking:
                yield Finding(
                    "warn",
                    f"{subject}, {table}",
                    f"is not given: every row of it needs {', '.join(lacking)}, which we may not see",
                    "Give the right to read the field, or name another one under `fields` in company.yml.",
                )
        for table, made in plan.tables.items():
            for column, fields in made.absent.items():
                yield Finding(
                    "warn",
                    f"{subject}, {table}.{column}",
                    f"is absent: {', '.join(fields)} is not visible",
                    "Give the right to read the field, or name another one under `fields` in company.yml.",
                )
        for name, fields in plan.unmapped.items():
            if fields:
                more = f" and {len(fields) - SHOWN_FIELDS} more" if len(fields) > SHOWN_FIELDS else ""
                yield Finding(
                    "ok", f"{subject}, {name}", f"fields that nothing reads: {', '.join(fields[:SHOWN_FIELDS])}{more}"
                )

    def _plan(
        self,
        mapping: VendorMapping,
        contract: Contract,
        visible: Mapping[str, Collection[str]],
        request: ExtractRequest,
    ) -> Plan:
        """What can be given of what we may see."""
        path = self._folder / MAPPING_FILE
        macros = macros_of(self._folder, request.company)
        made = {
            table.name: map_table(mapping, table.name, contract, visible, path, macros)
            for table in contract
            if table.name in mapping.tables
        }
        tables = {name: table for name, table in made.items() if table is not None}
        roots = {name: mapping.roots(table.objects) for name, table in tables.items()}
        rows_of = dict.fromkeys(name for table in tables.values() for name in table.objects)
        rows_of |= dict.fromkeys(name for names in roots.values() for name in names)
        used = rows_of | dict.fromkeys(name for table in tables.values() for name in table.look_ups)
        read = {name: set(fields_of(mapping, name, str(path))) for name in used}
        compared = objects_to_compare(
            {name: (table.sql.sha256, roots[name]) for name, table in tables.items()},
            request,
            self.settings.full_compare_days,
            self.most_gap_days,
        )
        compared |= {name for name in rows_of if mapping.objects[name].stamp not in visible[name]}
        compared = read_in_full(compared, roots) | objects_without_mark(roots, request)
        return Plan(
            mapping,
            tables,
            roots,
            {name: tuple(field for field in visible[name] if field in read[name]) for name in used},
            {name: tuple(self._unread(visible[name], read[name])) for name in used},
            compared,
            macros,
        )

    def _unread(self, visible: Collection[str], read: Collection[str]) -> Iterator[str]:
        """The visible fields that nothing reads, neither themselves nor what is worked out from them."""
        for field in visible:
            if field not in read and (self.derived_suffix is None or f"{field}{self.derived_suffix}" not in read):
                yield field

    def _check_still_visible(self, mapping: VendorMapping, plan: Plan, request: ExtractRequest) -> None:
        """Refuse to go on without an object that was read before: what it gave would count as deleted, or grow old.

        Raises:
            SourceRefused: with the table and the objects. A full compare goes on with what is visible.
        """
        if request.settings.full_compare:
            return
        for table in mapping.tables:
            cursor = read_cursor(request.cursors.get(table))
            known = mapping.roots(part.object_name for part in mapping.tables[table])
            before = [name for name in cursor.marks if name in known] if cursor is not None else []
            lost = [name for name in before if name not in plan.roots.get(table, ())]
            if lost:
                raise SourceRefused(
                    f"{' and '.join(lost)} gave rows of {table} before, and cannot be read as before any more",
                    where=f"source {self.settings.name}",
                    next_step="Give the right to read it back (`openspm check` says what is hidden), or let what it "
                    "gave be gone: put the table under `leave_out`, or openspm run --full-compare.",
                )

    def _extract_one(self, table: Table, extraction: Extraction) -> Extract:
        """One table from the objects that were read."""
        plan, request = extraction.plan, extraction.request
        made = plan.tables[table.name]
        roots = {name: extraction.read[name] for name in plan.roots[table.name]}
        looked_up = {name: extraction.read[name] for name in made.look_ups}
        objects = {name: roots[plan.mapping.roots((name,))[0]] for name in made.objects} | looked_up
        is_full = all(read.is_full for read in roots.values())
        now = (request.extracted_at or datetime.datetime.now(datetime.UTC)).isoformat()
        before = read_cursor(request.cursors.get(table.name))
        full_at = now if is_full or before is None else before.full_at
        cursor = Cursor({name: read.mark for name, read in roots.items()}, made.sql.sha256, now, full_at)
        filtered: list[int] = []

        def rows() -> pa.RecordBatchReader:
            return mapped_rows(table, extraction, objects, is_full, filtered)

        return Extract(
            table.name,
            "full" if is_full else "delta",
            rows,
            raw_files=tuple(raw for read in (roots | looked_up).values() for raw in read.files),
            filtered_count=lambda: filtered[-1],
            cursor=cursor.text(),
            mapping_sha256=made.sql.sha256,
            ignored_columns=tuple(f"{name}.{field}" for name in objects for field in plan.unmapped[name]),
        )
