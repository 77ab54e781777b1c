"""One PostgreSQL a session, and a company folder whose source is a database."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from openspm.company import load_company
from openspm.contract import load_contract
from openspm.landing import Manifest, land_all
from openspm.landing.manifest import batch_path
from openspm.settings import Settings, load_settings
from openspm.sources import ExtractRequest, SourceCheck, open_source
from tests.sources.sql.servers import PostgresqlServer, Served, mariadb, sqlite_file

NOON = datetime.datetime(2026, 6, 1, 12, tzinfo=datetime.UTC)


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresqlServer]:
    """A running PostgreSQL."""
    server = PostgresqlServer(tmp_path_factory.mktemp("postgresql"))
    yield server
    server.stop()


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Served]:
    """An empty database of the kind that the test is parametrized with; PostgreSQL without."""
    kind = getattr(request, "param", "postgresql")
    if kind == "mariadb":
        with mariadb(tmp_path) as served:
            yield served
        return
    server: PostgresqlServer | None = request.getfixturevalue("postgresql") if kind == "postgresql" else None
    served = server.database() if server else sqlite_file(tmp_path)
    yield served
    served.connection.close()


class SqlCompany:
    """A company folder with one source `erp` of kind sql."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.url = url
        self.configure()

    def configure(self, **options: Any) -> None:
        """Write company.yml; options are written in the source's block."""
        block = {"name": "erp", "kind": "sql", **({"url": self.url} if self.url else {}), **options}
        lines = [f"    {name}: {json.dumps(value)}" for name, value in block.items()]
        lines[0] = "  - " + lines[0].strip()
        (self.folder / "company.yml").write_text(
            "id: acme\nname: Acme\ncurrency_code: EUR\ntimezone_name: Europe/Berlin\n"
            "calendar: {first_year: 2026, last_year: 2026}\nsources:\n" + "\n".join(lines) + "\n",
            encoding="utf-8",
        )

    def map(self, table: str, sql: str) -> None:
        """Write a mapping."""
        path = self.folder / "sources" / "erp" / f"{table}.sql"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(sql, encoding="utf-8")

    def settings(self, **environ: str) -> Settings:
        """Settings whose state lies in the folder."""
        return load_settings(self.folder, {"OPENSPM_HOME": str(self.folder / "home"), **environ})

    def land(self, days: float = 0, **environ: str) -> dict[str, Manifest]:
        """Land after some days; the manifests of the source's tables."""
        settings = self.settings(**environ)
        company = load_company(self.folder)
        at = NOON + datetime.timedelta(days=days)
        landed = land_all(settings, settings.state(company.id), company, company.extend(load_contract()), at)
        return {manifest.table: manifest for manifest in landed if manifest.source == "erp"}

    def rows(self, manifest: Manifest) -> list[dict[str, Any]]:
        """The rows of a batch as they were stored."""
        path = batch_path(self.settings().state("acme"), manifest.table, manifest.stored_batch_id)
        rows: list[dict[str, Any]] = pq.read_table(path).to_pylist()
        return rows

    def check(self) -> SourceCheck:
        """What the source shows."""
        company = load_company(self.folder)
        contract = company.extend(load_contract())
        return open_source(company.sources[0]).check(contract, ExtractRequest(company, self.settings()))


@pytest.fixture
def company_of(tmp_path: Path) -> Callable[[str], SqlCompany]:
    """Makes a company whose source is a database."""

    def make(url: str) -> SqlCompany:
        folder = tmp_path / "company"
        folder.mkdir(exist_ok=True)
        return SqlCompany(folder, url)

    return make
