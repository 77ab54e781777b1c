"""A night whose database fails: what was published stays, the run ends with 5, and no secret is found anywhere.

Without these a wrong host empties a warehouse, and a password can be read in a log by everybody who may read logs.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from openspm.company import load_company
from openspm.warehouse.generations import current_generation
from tests.compiled import COMPILED
from tests.nightly.stand_in_night import run_stand_in
from tests.sources.sql.conftest import SqlCompany
from tests.sources.sql.servers import READER, Served

MakeCompany = Callable[[str], SqlCompany]
CANARY = "canary-7d1/f@ä"
FORMS = (CANARY.encode(), b"canary-7d1", b"7d1%2Ff")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_was_published_stays_while_the_database_is_away(
    database: Served, company_of: MakeCompany, tmp_path: Path
) -> None:
    database.run("create table n (id int)", "insert into n values (1)")
    made = company_of(database.url)
    made.map("accounts", "select id as account_id, 'x' as account_name from n")
    settings = made.settings()
    first = run_stand_in(settings, load_company(made.folder))
    assert (first.status, first.exit_code) == ("published", 0), first.message
    before = current_generation(settings.state("acme"))
    (tmp_path / "erp.sqlite").rename(tmp_path / "away")
    failed = run_stand_in(settings, load_company(made.folder))
    assert failed.exit_code == 5
    assert current_generation(settings.state("acme")) == before
    (tmp_path / "away").rename(tmp_path / "erp.sqlite")
    assert run_stand_in(settings, load_company(made.folder)).exit_code == 0


def test_no_secret_is_found_in_what_a_run_prints_and_keeps(
    database: Served, company_of: MakeCompany, tmp_path: Path
) -> None:
    made = company_of(database.url.replace("postgres@", f"{READER}@"))
    made.map("accounts", "select 'x' as account_id, 'x' as account_name")
    secret = tmp_path / "secret"
    secret.write_text(CANARY + "\n", encoding="utf-8")
    secret.chmod(0o600)
    environment = {
        **os.environ,
        **COMPILED,
        "OPENSPM_HOME": str(tmp_path / "home"),
        "OPENSPM_EXTRACTION_RETRIES": "0",
        "OPENSPM_SOURCE_ERP_PASSWORD_FILE": str(secret),
    }
    printed = b""
    for words, exit_code in ((["check"], 1), (["run", "--debug"], 5)):
        done = subprocess.run(
            [sys.executable, "-m", "openspm.cli.main", *words, "--company", str(made.folder)],
            env=environment, capture_output=True, check=False,
        )  # fmt: skip
        printed += done.stdout + done.stderr
        assert done.returncode == exit_code, printed.decode()
    assert b"password authentication failed" in printed, printed.decode()
    kept = [path for path in (tmp_path / "home").rglob("*") if path.is_file()]
    assert any("dagster" in path.parts for path in kept)
    leaks = [str(path) for path in kept if any(form in path.read_bytes() for form in FORMS)]
    assert (leaks, [form for form in FORMS if form in printed]) == ([], [])
