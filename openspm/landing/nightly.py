"""Landing everything that a company has: each of its sources, what it compiles and what it keeps by hand.

What a company takes out of its folder is gone: a table that is no longer compiled or kept under planning/, and every
table of a source that company.yml no longer names, lands once more as an empty full batch. A file that is missing from
a source's folder is another matter: its table keeps what it had.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping

import pyarrow as pa

from openspm.company import Company
from openspm.contract import Contract
from openspm.landing.batches import land
from openspm.landing.manifest import Manifest, newest_by_table, read_manifests
from openspm.landing.planning import COMPILED_SOURCE, PLANNING_FOLDER, PLANNING_SOURCE, compiled_extracts
from openspm.settings import Settings, StatePaths
from openspm.sources import Extract, ExtractRequest, open_source
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
        source_name: one of source_names, or one that gave batches before and is no longer among them.
        landed_at: the aware time from which the batches are known.

    Raises:
        OpenspmError: the source cannot be read, or does not fit the contract; nothing of it lands.
    """
    newest = newest_by_table(read_manifests(state), source_name)
    extracts: Iterable[Extract]
    if source_name not in source_names(company):
        extracts = ()
    elif source_name == COMPILED_SOURCE:
        extracts = compiled_extracts(company, contract)
    else:
        request = ExtractRequest(
            company=company,
            settings=settings,
            fingerprints={name: batch.fingerprint for name, batch in newest.items() if batch.fingerprint is not None},
            cursors={name: batch.cursor for name, batch in newest.items() if batch.cursor is not None},
            extracted_at=landed_at,
        )
        extracts = open_source(_source_settings(company, source_name)).extract(contract, state, request)
    if source_name not in {source.name for source in company.sources}:
        extracts = _with_retired(extracts, newest, contract)
    return land(state, contract, extracts, source=source_name, landed_at=landed_at)


def _with_retired(extracts: Iterable[Extract], newest: Mapping[str, Manifest], contract: Contract) -> Iterator[Extract]:
    """The extracts, and an empty one for each table that had rows and is not given any more."""
    given = set()
    for extract in extracts:
        given.add(extract.table)
        yield extract
    for name, manifest in newest.items():
        if name not in given and manifest.row_count and name in contract:
            columns = contract[name].required_names
            yield Extract(name, "full", pa.table({column: pa.array([], pa.string()) for column in columns}))


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
    known = (manifest.source for manifest in read_manifests(state))
    for name in dict.fromkeys((*source_names(company), *known)):
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
