"""The source kind `simulated`: lands a generated company as if its systems had been asked for everything."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from openspm.contract import Contract
from openspm.sources import Extract, ExtractRequest, SourceCheck
from openspm.sources.simulated.company import CHUNK_TABLES, COMPANY_TABLES, SimulatedCompany, generate
from openspm.sources.simulated.settings import SimulationSettings

if TYPE_CHECKING:
    from openspm.company import SimulatedSourceSettings
    from openspm.settings import StatePaths


class SimulatedSource:
    """Full extracts of every table of a simulated company.

    The company is generated when the first rows are asked for: with an unchanged fingerprint nobody asks.
    """

    def __init__(self, source_settings: SimulatedSourceSettings) -> None:
        """Take the source's block of company.yml.

        Raises:
            OpenspmError: sizes that make no company.
        """
        self.settings = SimulationSettings(**source_settings.model_dump(exclude={"name", "kind"}))
        self._company: SimulatedCompany | None = None

    def extract(self, contract: Contract, state: StatePaths, request: ExtractRequest) -> Iterator[Extract]:
        """One full extract a table, in the order of the contract."""
        del state
        company = request.company
        fingerprint = self._fingerprint(company.id, company.calendar.id)
        made = set(CHUNK_TABLES) | set(COMPANY_TABLES)
        for table in contract:
            if table.name in made:

                def rows(name: str = table.name) -> pa.RecordBatchReader:
                    if self._company is None:
                        self._company = generate(self.settings, company.id, company.calendar.id)
                    return self._company.tables[name].to_reader()

                yield Extract(table.name, "full", rows, fingerprint=fingerprint)

    def check(self, contract: Contract, request: ExtractRequest) -> SourceCheck:
        """It is always there; its columns are those of the contract that the generator fills."""
        del request
        made = set(CHUNK_TABLES) | set(COMPANY_TABLES)
        return SourceCheck(True, None, {table.name: None for table in contract if table.name in made})

    def _fingerprint(self, company_id: str, calendar_id: str) -> str:
        """A hash over the settings, the generator's own files and numpy, whose random streams may change."""
        digest = hashlib.sha256()
        for path in sorted(Path(__file__).parent.glob("*.py")):
            digest.update(path.read_bytes())
        facts = [company_id, calendar_id, np.__version__, repr(self.settings)]
        digest.update(json.dumps(facts).encode())
        return digest.hexdigest()
