"""Extracts of the ECB's reference rates."""

from __future__ import annotations

import datetime
import hashlib
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pyarrow as pa

from openspm import __version__
from openspm.company import Company
from openspm.contract import Contract
from openspm.errors import OpenspmError, SourceUnreachable
from openspm.landing.archive import archive_file
from openspm.landing.batches import SCRATCH_PREFIX
from openspm.settings import StatePaths
from openspm.sources import Extract, ExtractRequest, Finding, RawFile, SourceCheck
from openspm.sources.ecb.rates import EURO, RateTable, rates, read_table
from openspm.sources.ecb.settings import EcbSourceSettings
from openspm.sources.web.session import Patience, WebSession

URL = "https://www.ecb.europa.eu/stats/eurofxref/eurofxref-hist.zip"
TABLE = "fx_rates"
ANSWER_SECONDS, MOST_TRIES, DEADLINE_SECONDS = 60, 6, 1800
COLUMNS = ("rate_table_id", "rate_kind_code", "from_currency_code", "to_currency_code", "rate_date", "exchange_rate")


class EcbSource:
    """The table `fx_rates` from one file."""

    def __init__(self, source_settings: EcbSourceSettings) -> None:
        """Take the source's block of company.yml."""
        self.settings = source_settings

    def patience(self) -> Patience:
        """How long the address is waited for."""
        return Patience.of(ANSWER_SECONDS, MOST_TRIES, DEADLINE_SECONDS)

    def extract(self, contract: Contract, state: StatePaths, request: ExtractRequest) -> Iterator[Extract]:
        """The rates of the file.

        Raises:
            OpenspmError: the file is not as the ECB publishes it.
            SourceUnreachable: it is not there, or the address does not answer.
        """
        del contract
        where, content = self._content(request.company)
        raw = self._archive(state, where, content)
        table = read_table(content, where)
        settings, company = self.settings, request.company
        facts = [raw.sha256, settings.model_dump(mode="json"), self._into(company), str(self._since(company))]
        fingerprint = hashlib.sha256(json.dumps([facts, __version__], sort_keys=True).encode()).hexdigest()

        def rows() -> pa.RecordBatchReader:
            return self._rows(table, company).to_reader()

        kind = "delta" if settings.keeps_earlier_days else "full"
        yield Extract(TABLE, kind, rows, raw_files=(raw,), fingerprint=fingerprint)  # type: ignore[arg-type]

    def _rows(self, table: RateTable, company: Company) -> pa.Table:
        """The rates as landing takes them."""
        settings = self.settings
        found = rates(table, settings.currency_codes, self._into(company), self._since(company))
        rows = [(settings.rate_table_id, settings.rate_kind_code, *rate) for rate in found]
        return pa.table(
            {name: pa.array([row[place] for row in rows], pa.string()) for place, name in enumerate(COLUMNS)}
        )

    def _into(self, company: Company) -> tuple[str, ...]:
        """The currencies that all others are converted into."""
        into = self.settings.to_currency_codes
        return (company.currency_code,) if into is None else into

    def _since(self, company: Company) -> datetime.date:
        """The first day wanted."""
        return self.settings.since or datetime.date(company.calendar.first_year - 1, 1, 1)

    def _content(self, company: Company) -> tuple[str, bytes]:
        """Where the file is, and what is in it."""
        settings = self.settings
        if settings.path is not None:
            path = company.folder / settings.path
            try:
                return str(path), path.read_bytes()
            except OSError as error:
                raise SourceUnreachable(
                    f"The file of the source {settings.name!r} cannot be read: {error.strerror}",
                    where=str(path),
                    next_step="Put it there, or correct `path` of the source in company.yml.",
                ) from None
        url = settings.url or URL
        parts = urlsplit(url)
        session = WebSession(f"source {settings.name}", f"{parts.scheme}://{parts.netloc}", self.patience())
        try:
            answer = session.send(
                "GET", url, is_json=False, wrong_with=lambda said: None if said.body else "sent nothing"
            )
            return url, answer.body
        finally:
            session.close()

    def _archive(self, state: StatePaths, where: str, content: bytes) -> RawFile:
        """Keep the file as it came."""
        state.landing.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=SCRATCH_PREFIX, dir=state.landing) as scratch:
            path = Path(scratch) / where.rpartition("/")[2]
            path.write_bytes(content)
            return archive_file(state, path, path.name)

    def check(self, contract: Contract, request: ExtractRequest) -> SourceCheck:
        """Read the file and land nothing."""
        del contract
        subject = f"source {self.settings.name}"
        try:
            where, content = self._content(request.company)
        except OpenspmError as error:
            return SourceCheck.of_failure(subject, error)
        try:
            table = read_table(content, where)
        except OpenspmError as error:
            return SourceCheck(True, None, {}, (Finding.of_error(subject, error),))
        wanted = dict.fromkeys([*self.settings.currency_codes, *self._into(request.company)])
        findings = [
            Finding("warn", f"{subject}, {name}", "is not in the file", "Correct the currency; no rate of it lands.")
            for name in wanted
            if name not in table.currencies and name != EURO
        ]
        return SourceCheck(True, None, {TABLE: COLUMNS}, tuple(findings))
