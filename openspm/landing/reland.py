"""Archived raw files through the mapping of today: what landed before lands again, as the mapping reads it now.

For each table of a source whose raw records are archived, the batches that count are made again in their order. The
first of them lands as a full batch, so that rows which the new mapping leaves out are gone. Batches that landed before
stay as they are. A source that remembers how far it read forgets it, and reads everything in the next night: what the
new mapping needs may never have been asked for.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterator, Sequence

from openspm.company import Company
from openspm.contract import Contract, load_contract
from openspm.errors import UsageError
from openspm.landing.batches import land
from openspm.landing.manifest import Manifest, read_manifests
from openspm.landing.registration import current_batch_ids
from openspm.settings import Settings, StatePaths
from openspm.sources import Extract, ExtractRequest, RawFile, RelandableSource, open_source
from openspm.sources.files.source import FilesSource


def reland(
    settings: Settings,
    state: StatePaths,
    company: Company,
    source_name: str,
    landed_at: datetime.datetime | None = None,
) -> list[Manifest]:
    """Land the archived files of a source again.

    Args:
        settings: settings of the machine.
        state: the company's state; the caller holds its lock.
        company: the company, with the mappings of today.
        source_name: a source whose raw records are archived.
        landed_at: the aware time from which the batches are known; now if absent.

    Returns:
        One manifest a batch; empty where nothing of the source ever landed.

    Raises:
        UsageError: no such source, or one whose raw records are not files.
        OpenspmError: an archived file is gone, or a mapping does not fit; nothing lands.
    """
    source = next((open_source(source) for source in company.sources if source.name == source_name), None)
    if not isinstance(source, RelandableSource):
        raise UsageError(
            f"No source whose raw records are archived is named {source_name!r}",
            where="company.yml, sources",
            next_step="Name another one of the sources there; databases and simulated companies keep no raw records.",
        )
    contract = company.extend(load_contract())
    extracts = _extracts(source, source_name, contract, settings, state, company)
    return land(
        state, contract, extracts, source=source_name, landed_at=landed_at or datetime.datetime.now(datetime.UTC)
    )


def _extracts(
    source: RelandableSource,
    source_name: str,
    contract: Contract,
    settings: Settings,
    state: StatePaths,
    company: Company,
) -> Iterator[Extract]:
    """The extracts of every table, batch after batch."""
    manifests = read_manifests(state)
    current = current_batch_ids(manifests)
    mine = [manifest for manifest in manifests if manifest.source == source_name]
    counting = [manifest for manifest in mine if manifest.batch_id in current]
    request = ExtractRequest(company=company, settings=settings)
    replayed = {manifest.table for manifest in counting}
    for table in contract:
        for number, manifest in enumerate(batch for batch in counting if batch.table == table.name):
            for extract in source.reland(contract, state, request, _raw_files([manifest]), {table.name}):
                yield dataclasses.replace(extract, kind="full") if number == 0 else extract
    new_tables = set(contract.tables) - replayed
    if counting and new_tables and isinstance(source, FilesSource):
        yield from source.reland(contract, state, request, _raw_files(counting), new_tables)


def _raw_files(manifests: Sequence[Manifest]) -> list[RawFile]:
    """The archived files of some batches, the newest of each name."""
    files = {raw.name: raw for manifest in manifests for raw in manifest.raw_files}
    return [RawFile(raw.name, raw.sha256, raw.size_bytes) for raw in files.values()]
