"""Landing everything that a company has: each of its sources, what it compiles and what it keeps by hand."""

from __future__ import annotations

import datetime

from openspm.company import Company
from openspm.contract import Contract
from openspm.landing.batches import land
from openspm.landing.manifest import Manifest, newest_by_table, read_manifests
from openspm.landing.planning import COMPILED_SOURCE, PLANNING_FOLDER, PLANNING_SOURCE, compiled_extracts
from openspm.settings import Settings, StatePaths
from openspm.sources import ExtractRequest, open_source
from openspm.sources.files.settings import FilesSourceSettings


def land_source(
    settings: Settings,
    state: StatePaths,
    company: Company,
    contract: Contract,
    source_name: str,
    landed_at: datetime.datetime,
) -> list[Manifest]:
    """Land one source of a company; `company` and `planning` are the company folder itself.

    Args:
        settings: settings of the machine.
        state: the company's state; the caller holds its lock.
        company: the company.
        contract: canonical tables with the company's extension columns.
        source_name: one of source_names.
        landed_at: the aware time from which the batches are known.

    Raises:
        OpenspmError: the source cannot be read, or does not fit the contract; nothing of it lands.
    """
    if source_name == COMPILED_SOURCE:
        extracts = compiled_extracts(company, contract)
    else:
        newest = newest_by_table(read_manifests(state), source_name)
        request = ExtractRequest(
            company=company,
            settings=settings,
            fingerprints={name: batch.fingerprint for name, batch in newest.items() if batch.fingerprint is not None},
            cursors={name: batch.cursor for name, batch in newest.items() if batch.cursor is not None},
        )
        extracts = open_source(_source_settings(company, source_name)).extract(contract, state, request)
    return land(state, contract, extracts, source=source_name, landed_at=landed_at)


def source_names(company: Company) -> tuple[str, ...]:
    """Everything that a night lands, in order."""
    own = (PLANNING_SOURCE,) if (company.folder / PLANNING_FOLDER).is_dir() else ()
    return (*(source.name for source in company.sources), *own, COMPILED_SOURCE)


def land_all(
    settings: Settings, state: StatePaths, company: Company, contract: Contract, landed_at: datetime.datetime
) -> list[Manifest]:
    """Land every source of a company, one after the other.

    Raises:
        OpenspmError: a source that cannot be read; the ones before it have landed, and are recorded as equal next time.
    """
    manifests: list[Manifest] = []
    for name in source_names(company):
        manifests += land_source(settings, state, company, contract, name, landed_at)
    return manifests


def _source_settings(company: Company, source_name: str) -> object:
    """The block of company.yml that describes a source."""
    if source_name == PLANNING_SOURCE:
        return FilesSourceSettings(name=PLANNING_SOURCE, kind="files", path=PLANNING_FOLDER)
    for source in company.sources:
        if source.name == source_name:
            return source
    raise KeyError(source_name)
